"""The latest requests with their replies, for testers: bounded, and without secrets."""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import Scope

from app.sandbox.responses import JsonReply

MAX_REQUESTS = 1000
MAX_BYTES = 4_000_000
MAX_BODY = 16_384
MASK = "***"

_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_SCHEMES = ("basic", "bearer")
_DIGEST = re.compile(r'(PasswordDigest\s*=\s*")[^"]*', re.IGNORECASE)
_FORM_SECRET = re.compile(r"((?:client_secret|password|token)=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request with its reply; `at` is in seconds since 1970, `fault` the kind of the applied fault."""

    at: float
    scope: Scope
    body: bytes
    status: int
    reply: bytes
    deduplicated: tuple[str, ...]
    fault: str | None

    def size(self) -> int:
        """Its approximate size in bytes."""
        headers = sum(len(name) + len(value) for name, value in self.scope["headers"])
        target = len(self.scope["path"]) + len(self.scope["query_string"])
        return len(self.body) + len(self.reply) + headers + target


class RequestLog:
    """The latest requests: at most 1000, and at most 4 MB of them."""

    def __init__(self) -> None:
        self._requests: deque[tuple[int, LoggedRequest]] = deque()
        self._size = 0

    def add(self, at: float, scope: Scope, body: bytes, response: Response, fault: str | None = None) -> None:
        """Adds a request with the beginning of its bodies, and drops the oldest past a limit."""
        deduplicated = response.deduplicated if isinstance(response, JsonReply) else ()
        reply = bytes(response.body[:MAX_BODY])
        logged = LoggedRequest(at, scope, body[:MAX_BODY], response.status_code, reply, deduplicated, fault)
        size = logged.size()
        self._requests.append((size, logged))
        self._size += size
        while len(self._requests) > MAX_REQUESTS or self._size > MAX_BYTES:
            self._size -= self._requests.popleft()[0]

    def clear(self) -> None:
        self._requests.clear()
        self._size = 0

    def lines(self) -> Iterator[str]:
        """One JSON object a line, oldest first, secrets masked."""
        return (json.dumps(_shown(logged)) for _, logged in self._requests)


def _shown(logged: LoggedRequest) -> dict[str, object]:
    scope = logged.scope
    headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return {
        "at": datetime.fromtimestamp(logged.at, UTC).isoformat(),
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": {name: _masked(name, value) for name, value in headers},
        "body": _text(logged.body),
        "status": logged.status,
        "reply": logged.reply.decode("utf-8", "replace"),
        "deduplicated": list(logged.deduplicated),
        "fault": logged.fault,
    }


def _masked(name: str, value: str) -> str:
    if name.lower() in _SECRET_HEADERS:
        scheme = value.strip().partition(" ")[0]
        return f"{scheme} {MASK}" if scheme.lower() in _SCHEMES else MASK
    return _DIGEST.sub(rf"\g<1>{MASK}", value)


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return _FORM_SECRET.sub(rf"\g<1>{MASK}", text) if b"grant_type=" in body else text
