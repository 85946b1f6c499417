"""Who is calling: X-WSSE below /api/v2, a bearer token below /api/v3, nobody asked where sign-in is off.

Every variant of the header that public clients send is accepted: any order and case of
its parts, with and without spaces, any nonce, `Created` with milliseconds or an offset.
That a nonce may be used again is an assumption; a widely used client does so for a week.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone

from app.sandbox.answers import SKEWED, UNAUTHORIZED, Answer
from app.sandbox.options import SandboxOptions
from app.sandbox.tokens import Tokens

Headers = Iterable[tuple[bytes, bytes]]

WINDOW_S = 300.0
# The service's own zone, winter and summer, for a `Created` that names none.
SERVICE_ZONES = (timezone(timedelta(hours=1)), timezone(timedelta(hours=2)))
_WSSE_NAMES = (b"x-wsse", b"wsse")
_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"', re.ASCII)


class SignIn:
    """Judges the headers of a request; `clock` is in seconds since 1970."""

    def __init__(self, options: SandboxOptions, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._user = options.user
        self._secret = options.secret.encode()
        self._tokens = tokens
        self._clock = clock
        self._auth = options.auth

    def refusal(self, version: str, headers: Headers) -> Answer | None:
        """The 401 that a request earns; None for one that is signed in."""
        match self._auth, version:
            case "none", _:
                return None
            case "wsse", "v2":
                return self._wsse(_header(headers, *_WSSE_NAMES))
            case "oauth", "v3":
                return self._bearer(_header(headers, b"authorization"))
            case _:
                return UNAUTHORIZED

    def _bearer(self, header: str) -> Answer | None:
        scheme, _, token = header.strip().partition(" ")
        known = scheme.lower() == "bearer" and self._tokens.valid(token.strip())
        return None if known else UNAUTHORIZED

    def _wsse(self, header: str) -> Answer | None:
        parts = {name.lower(): value for name, value in _PART.findall(header)}
        created = parts.get("created", "")
        expected = wsse_digest(parts.get("nonce", ""), created, self._secret)
        same_user = hmac.compare_digest(parts.get("username", "").encode(), self._user.encode())
        same_digest = hmac.compare_digest(parts.get("passworddigest", "").encode(), expected.encode())
        if not (same_user and same_digest):
            return UNAUTHORIZED
        return None if self._timely(created) else SKEWED

    def _timely(self, created: str) -> bool:
        try:
            moment = datetime.fromisoformat(created)
        except ValueError:
            return False
        moments = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone) for zone in SERVICE_ZONES]
        now = datetime.fromtimestamp(self._clock(), UTC)
        return any(abs((now - moment).total_seconds()) <= WINDOW_S for moment in moments)


def wsse_digest(nonce: str, created: str, secret: bytes) -> str:
    """The PasswordDigest: base64 of the hexadecimal SHA-1 of nonce, created and secret, each taken as text."""
    spelled = nonce.encode("latin-1") + created.encode("latin-1") + secret
    return b64encode(hashlib.sha1(spelled, usedforsecurity=False).hexdigest().encode()).decode()


def _header(headers: Headers, *names: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name in names), "")
