"""OAuth 2 client credentials (RFC 6749, 4.4): the token endpoint and its tokens, in memory only."""

import binascii
import hashlib
import hmac
import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.sandbox.options import SandboxOptions

LIFETIME_S = 3600
MAX_TOKENS = 10_000


class Tokens:
    """Opaque tokens, each valid for an hour; keeps the newest `kept`. `clock` is in seconds since 1970."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float], kept: int = MAX_TOKENS) -> None:
        self._options = options
        self._clock = clock
        self._kept = kept
        self._ends: dict[bytes, float] = {}

    def is_valid(self, token: str) -> bool:
        """Whether this token was issued here and has not expired."""
        return self._ends.get(_digest(token), 0.0) > self._clock()

    def respond(self, request: Request, body: bytes) -> Response:
        """The reply to POST /oauth2/token with HTTP Basic and grant_type=client_credentials."""
        if not self._is_client(request.headers.get("authorization", "")):
            return _error("invalid_client", 401, {"WWW-Authenticate": 'Basic realm="sandbox"'})
        try:
            form = parse_qs(body.decode("latin-1"), max_num_fields=100)
        except ValueError:
            form = {}
        grant = form.get("grant_type", [""])[-1]
        if grant != "client_credentials":
            return _error("unsupported_grant_type" if grant else "invalid_request", 400, {})
        token = {"access_token": self._issue(), "token_type": "Bearer", "expires_in": LIFETIME_S}
        return JSONResponse(token, headers={"Cache-Control": "no-store"})

    def _issue(self) -> str:
        now = self._clock()
        self._ends = {digest: end for digest, end in self._ends.items() if end > now}
        while len(self._ends) >= self._kept:
            del self._ends[next(iter(self._ends))]
        token = urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self._ends[_digest(token)] = now + LIFETIME_S
        return token

    def _is_client(self, authorization: str) -> bool:
        user, secret = _basic(authorization)
        same_user = _same(user, self._options.user)
        return _same(secret, self._options.secret) and same_user


def _same(sent: str, own: str) -> bool:
    # RFC 6749 form-encodes both; many clients send them unencoded.
    as_sent = hmac.compare_digest(sent.encode(), own.encode())
    return hmac.compare_digest(unquote_plus(sent).encode(), own.encode()) or as_sent


def _basic(authorization: str) -> tuple[str, str]:
    """User and secret of HTTP Basic; '' for both if there are none."""
    scheme, _, credentials = authorization.strip().partition(" ")
    try:
        user, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (user, secret) if scheme.lower() == "basic" else ("", "")


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _error(error: str, status: int, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": error}, status, {"Cache-Control": "no-store", **headers})
