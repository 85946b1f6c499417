"""What was received and answered lately, for a tester to look at: bounded, and shown without secrets."""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from starlette.types import Scope

from app.sandbox.answers import Answer

MAX_RECORDS = 1000
MAX_BYTES = 4_000_000
SHOWN_BODY = 16_384

_SECRET_HEADERS = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
_SCHEMES = ("basic", "bearer")
_DIGEST = re.compile(r'(PasswordDigest\s*=\s*")[^"]*', re.IGNORECASE)
_FORM_SECRET = re.compile(r"((?:client_secret|password|token)=)[^&]*", re.IGNORECASE)
MASK = "***"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its reply; `at` is in seconds since 1970, `kind` that of the failure that met it."""

    at: float
    scope: Scope
    body: bytes
    answer: Answer
    kind: str | None = None


class Records:
    """The last exchanges: at most 1000, and at most 4 MB of them."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Exchange]] = deque()
        self._size = 0

    def add(self, at: float, scope: Scope, body: bytes, answer: Answer, kind: str | None) -> None:
        """Keeps one exchange, of its bodies what will be shown, and lets the oldest go."""
        if len(answer.body) > SHOWN_BODY:
            answer = replace(answer, body=answer.body[:SHOWN_BODY])
        body = body[:SHOWN_BODY]
        size = len(body) + len(answer.body) + _length(scope)
        self._kept.append((size, Exchange(at, scope, body, answer, kind)))
        self._size += size
        while len(self._kept) > MAX_RECORDS or self._size > MAX_BYTES:
            self._size -= self._kept.popleft()[0]

    def clear(self) -> None:
        """Keeps none."""
        self._kept.clear()
        self._size = 0

    def lines(self) -> Iterator[str]:
        """One JSON object a line, oldest first, secrets masked."""
        return (json.dumps(_shown(exchange)) for _, exchange in self._kept)


def _length(scope: Scope) -> int:
    length = len(scope["path"]) + len(scope["query_string"])
    for name, value in scope["headers"]:
        length += len(name) + len(value)
    return length


def _shown(exchange: Exchange) -> dict[str, object]:
    scope = exchange.scope
    return {
        "at": datetime.fromtimestamp(exchange.at, UTC).isoformat(),
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": {name.decode("latin-1"): _masked(name, value) for name, value in scope["headers"]},
        "body": _text(exchange.body),
        "status": exchange.answer.status,
        "reply": exchange.answer.body.decode("utf-8", "replace"),
        "deduplicated": list(exchange.answer.deduplicated),
        "fault": exchange.kind,
    }


def _masked(name: bytes, value: bytes) -> str:
    text = value.decode("latin-1")
    if name.lower() in _SECRET_HEADERS:
        scheme = text.strip().partition(" ")[0]
        return f"{scheme} {MASK}" if scheme.lower() in _SCHEMES else MASK
    return _DIGEST.sub(rf"\g<1>{MASK}", text)


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return _FORM_SECRET.sub(rf"\g<1>{MASK}", text) if b"grant_type=" in body else text
