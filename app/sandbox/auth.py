"""Sign-in: X-WSSE below /api/v2, a bearer token below /api/v3, none if sign-in is off.

Accepts every variant of the WSSE header that public clients send: its parts in any order and case, with and
without spaces, any nonce, `Created` with milliseconds or an offset.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from starlette.requests import Request

from app.sandbox.options import SandboxOptions
from app.sandbox.responses import GATEWAY, UNAUTHORIZED, GatewayRejected, Rejected
from app.sandbox.tokens import Tokens

WINDOW_S = 300.0
# The service's time zone, for a `Created` without one.
SERVICE_ZONES = (timezone(timedelta(hours=1)), timezone(timedelta(hours=2)))
_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"', re.ASCII)


class SignInCheck:
    """Checks requests; `clock` is in seconds since 1970."""

    def __init__(self, options: SandboxOptions, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._options = options
        self._tokens = tokens
        self._clock = clock

    def check(self, version: str, request: Request) -> None:
        """Raises Rejected (401) unless the request is signed in for this version of the API."""
        match self._options.auth, version:
            case "none", _:
                pass
            case _, "v2":
                self._check_wsse(request.headers.get("x-wsse", request.headers.get("wsse")))
            case "oauth", "v3":
                self._check_bearer(request.headers.get("authorization", ""))
            case _:
                raise Rejected(*UNAUTHORIZED)

    def _check_bearer(self, header: str) -> None:
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.is_valid(token.strip()):
            raise Rejected(*UNAUTHORIZED)

    def _check_wsse(self, header: str | None) -> None:
        parts = _parts(header)
        digest = wsse_digest(parts["nonce"], parts["created"], self._options.secret.encode())
        same_user = hmac.compare_digest(parts["username"].encode(), self._options.user.encode())
        # Some clients leave out the padding.
        sent = parts["passworddigest"].rstrip("=").encode()
        same_digest = hmac.compare_digest(sent, digest.rstrip("=").encode())
        if self._options.auth != "wsse" or not (same_user and same_digest):
            raise GatewayRejected(GATEWAY[401])
        if not self._is_timely(parts["created"]):
            raise GatewayRejected("Timeframe is invalid.")

    def _is_timely(self, created: str) -> bool:
        try:
            moment = datetime.fromisoformat(created)
        except ValueError:
            return False
        moments = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone) for zone in SERVICE_ZONES]
        now = datetime.fromtimestamp(self._clock(), UTC)
        return any(abs((now - moment).total_seconds()) <= WINDOW_S for moment in moments)


def _parts(header: str | None) -> dict[str, str]:
    """The parts of a WSSE header by name in lower case. Raises GatewayRejected if one is missing."""
    if header is None or not header.strip():
        how = "missing" if header is None else "empty"
        raise GatewayRejected(f"WSSE authentication header is {how}.")
    parts = {name.lower(): value for name, value in _PART.findall(header)}
    for name in ("Username", "PasswordDigest", "Nonce", "Created"):
        if name.lower() not in parts:
            raise GatewayRejected(f"The {name} field is missing from WSSE authentication header.")
    return parts


def wsse_digest(nonce: str, created: str, secret: bytes) -> str:
    """The PasswordDigest: base64 of the hexadecimal SHA-1 of nonce, created and secret."""
    spelled = nonce.encode("latin-1") + created.encode("latin-1") + secret
    return b64encode(hashlib.sha1(spelled, usedforsecurity=False).hexdigest().encode()).decode()
