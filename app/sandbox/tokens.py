"""The token endpoint of OAuth 2 client credentials, and the tokens it has given out: in memory only."""

import binascii
import hashlib
import hmac
import json
import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import parse_qs, unquote_plus

from app.sandbox.answers import Answer
from app.sandbox.options import SandboxOptions

LIFETIME_S = 3600
KEPT = 10_000


class Tokens:
    """Opaque tokens, each good for an hour; at most 10,000 at a time. `clock` is in seconds since 1970."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._ends: dict[bytes, float] = {}

    def valid(self, token: str) -> bool:
        """Whether this token was given out here and is still good."""
        return self._ends.get(_digest(token), 0.0) > self._clock()

    def answer(self, authorization: str, body: bytes) -> Answer:
        """The reply to POST /oauth2/token with HTTP Basic and grant_type=client_credentials (RFC 6749, 4.4)."""
        if not self._known(authorization):
            return _error(401, "invalid_client")
        try:
            form = parse_qs(body.decode("latin-1"), max_num_fields=100)
        except ValueError:
            form = {}
        grant = form.get("grant_type", [""])[-1]
        if grant != "client_credentials":
            return _error(400, "unsupported_grant_type" if grant else "invalid_request")
        return _json(200, {"access_token": self._give(), "token_type": "Bearer", "expires_in": LIFETIME_S})

    def _give(self) -> str:
        now = self._clock()
        self._ends = {digest: end for digest, end in self._ends.items() if end > now}
        while len(self._ends) >= KEPT:
            del self._ends[next(iter(self._ends))]
        token = urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self._ends[_digest(token)] = now + LIFETIME_S
        return token

    def _known(self, authorization: str) -> bool:
        if self._options.auth == "none":
            return True
        user, secret = _basic(authorization)
        # RFC 6749 encodes both like a form; many clients send them as they are.
        same_user = self._same(user, self._options.user)
        return self._same(secret, self._options.secret) and same_user

    @staticmethod
    def _same(sent: str, own: str) -> bool:
        as_sent = hmac.compare_digest(sent.encode(), own.encode())
        decoded = unquote_plus(sent).encode()
        return hmac.compare_digest(decoded, own.encode()) or as_sent


def _basic(authorization: str) -> tuple[str, str]:
    """User and secret of HTTP Basic; '' for both where there are none."""
    scheme, _, credentials = authorization.strip().partition(" ")
    try:
        user, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (user, secret) if scheme.lower() == "basic" else ("", "")


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _error(status: int, error: str) -> Answer:
    return _json(status, {"error": error})


def _json(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value).encode())
