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
from app.sandbox.responses import SKEWED, UNAUTHORIZED, Rejected
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
            case "wsse", "v2":
                self._check_wsse(request.headers.get("x-wsse") or request.headers.get("wsse") or "")
            case "oauth", "v3":
                self._check_bearer(request.headers.get("authorization", ""))
            case _:
                raise Rejected(*UNAUTHORIZED)

    def _check_bearer(self, header: str) -> None:
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.is_valid(token.strip()):
            raise Rejected(*UNAUTHORIZED)

    def _check_wsse(self, header: str) -> None:
        parts = {name.lower(): value for name, value in _PART.findall(header)}
        created = parts.get("created", "")
        digest = wsse_digest(parts.get("nonce", ""), created, self._options.secret.encode())
        same_user = hmac.compare_digest(parts.get("username", "").encode(), self._options.user.encode())
        same_digest = hmac.compare_digest(parts.get("passworddigest", "").encode(), digest.encode())
        if not (same_user and same_digest):
            raise Rejected(*UNAUTHORIZED)
        if not self._is_timely(created):
            raise Rejected(*SKEWED)

    def _is_timely(self, created: str) -> bool:
        try:
            moment = datetime.fromisoformat(created)
        except ValueError:
            return False
        moments = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone) for zone in SERVICE_ZONES]
        now = datetime.fromtimestamp(self._clock(), UTC)
        return any(abs((now - moment).total_seconds()) <= WINDOW_S for moment in moments)


def wsse_digest(nonce: str, created: str, secret: bytes) -> str:
    """The PasswordDigest: base64 of the hexadecimal SHA-1 of nonce, created and secret."""
    spelled = nonce.encode("latin-1") + created.encode("latin-1") + secret
    return b64encode(hashlib.sha1(spelled, usedforsecurity=False).hexdigest().encode()).decode()
