"""Sign-in: X-WSSE below /api/v2, OAuth 2 client credentials (RFC 6749, 4.4) below /api/v3, none if it is off.

Accepts every variant of the WSSE header that public clients send: its parts in any order and case, with and
without spaces, any nonce, `Created` with milliseconds or an offset.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.sandbox.options import SandboxOptions
from app.sandbox.responses import GATEWAY, UNAUTHORIZED, Rejected

TIMEFRAME_S = 300.0
TOKEN_LIFETIME_S = 3600
# The service's time zone, for a `Created` without one.
SERVICE_ZONES = (timezone(timedelta(hours=1)), timezone(timedelta(hours=2)))
_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"', re.ASCII)


class SignInCheck:
    """Checks requests, and issues the tokens of OAuth, in memory only; `clock` is in seconds since 1970."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._token_ends: dict[str, float] = {}

    def check(self, version: str, request: Request) -> None:
        match self._options.auth, version:
            case "none", _:
                pass
            case _, "v2":
                self._check_wsse(request.headers.get("x-wsse", request.headers.get("wsse")))
            case "oauth", "v3":
                self._check_bearer(request.headers.get("authorization", ""))
            case _:
                raise Rejected(*UNAUTHORIZED)

    def respond(self, request: Request, body: bytes) -> Response:
        """The reply to POST /oauth2/token with HTTP Basic and grant_type=client_credentials."""
        user, secret = _basic(request.headers.get("authorization", ""))
        same_user = _is_same(user, self._options.user)
        if not (_is_same(secret, self._options.secret) and same_user):
            return _token_reply(
                {"error": "invalid_client"}, 401, {"WWW-Authenticate": 'Basic realm="sandbox"'}
            )
        try:
            form = parse_qs(body.decode("latin-1"), max_num_fields=100)
        except ValueError:
            form = {}
        grant = form.get("grant_type", [""])[-1]
        if grant != "client_credentials":
            return _token_reply({"error": "unsupported_grant_type" if grant else "invalid_request"}, 400)
        now, token = self._clock(), secrets.token_urlsafe(32)
        self._token_ends = {known: end for known, end in self._token_ends.items() if end > now}
        self._token_ends[token] = now + TOKEN_LIFETIME_S
        issued = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S}
        return _token_reply(issued, 200)

    def _check_bearer(self, header: str) -> None:
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer" or self._token_ends.get(token.strip(), 0.0) <= self._clock():
            raise Rejected(*UNAUTHORIZED)

    def _check_wsse(self, header: str | None) -> None:
        parts = _parts(header)
        digest = wsse_digest(parts["nonce"], parts["created"], self._options.secret.encode())
        same_user = hmac.compare_digest(parts["username"].encode(), self._options.user.encode())
        # Some clients leave out the padding.
        sent = parts["passworddigest"].rstrip("=").encode()
        same_digest = hmac.compare_digest(sent, digest.rstrip("=").encode())
        if self._options.auth != "wsse" or not (same_user and same_digest):
            raise _gateway_rejected(GATEWAY[401])
        if not self._is_timely(parts["created"]):
            raise _gateway_rejected("Timeframe is invalid.")

    def _is_timely(self, created: str) -> bool:
        try:
            moment = datetime.fromisoformat(created)
        except ValueError:
            return False
        moments = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone) for zone in SERVICE_ZONES]
        now = datetime.fromtimestamp(self._clock(), UTC)
        return any(abs((now - moment).total_seconds()) <= TIMEFRAME_S for moment in moments)


def _parts(header: str | None) -> dict[str, str]:
    """The parts of a WSSE header by name in lower case. Raises Rejected if one is missing."""
    if header is None or not header.strip():
        how = "missing" if header is None else "empty"
        raise _gateway_rejected(f"WSSE authentication header is {how}.")
    parts = {name.lower(): value for name, value in _PART.findall(header)}
    for name in ("Username", "PasswordDigest", "Nonce", "Created"):
        if name.lower() not in parts:
            raise _gateway_rejected(f"The {name} field is missing from WSSE authentication header.")
    return parts


def _gateway_rejected(message: str) -> Rejected:
    return Rejected(1, message, 401, JSONResponse({"message": message}, 401))


def wsse_digest(nonce: str, created: str, secret: bytes) -> str:
    spelled = nonce.encode("latin-1") + created.encode("latin-1") + secret
    return b64encode(hashlib.sha1(spelled, usedforsecurity=False).hexdigest().encode()).decode()


def _is_same(sent: str, own: str) -> bool:
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


def _token_reply(content: dict[str, object], status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, status, {"Cache-Control": "no-store", **(headers or {})})
