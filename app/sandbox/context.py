"""The state that all calls of one sandbox share: account, rate limit, request log, faults; and the call that carries it."""

import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.faults import Faults
from app.sandbox.idempotency import AcceptedTriggers
from app.sandbox.options import SandboxOptions
from app.sandbox.responses import TOO_MANY, JsonReply, Rejected
from app.sandbox.sign_in import SignInCheck

DEFAULT_LIMIT = 1000
WINDOW_S = 60
MAX_REQUESTS = 1000
MAX_LOGGED_BODY = 16_384
MASK = "***"

_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_SCHEMES = ("basic", "bearer")
_DIGEST = re.compile(r'(PasswordDigest\s*=\s*")[^"]*', re.IGNORECASE)
_FORM_SECRET = re.compile(r"((?:client_secret|password|token)=)[^&]*", re.IGNORECASE)


class RateLimit:
    """Counts the signed-in requests of each minute. Every reply tells the limit; only `enforced` limits."""

    def __init__(self, enforced: int | None, clock: Callable[[], float]) -> None:
        self._enforced = enforced is not None
        self._limit = DEFAULT_LIMIT if enforced is None else enforced
        self._clock = clock
        self._minute = 0
        self._count = 0

    def count(self) -> None:
        """Counts one request. Raises Rejected (7003) past an enforced limit, and then does not count it."""
        self._turn()
        if self._enforced and self._count >= self._limit:
            raise Rejected(*TOO_MANY)
        self._count += 1

    def headers(self, *, exhausted: bool = False) -> list[tuple[bytes, bytes]]:
        """The three headers for ASGI; `exhausted` reports none left, whatever was counted.

        The reset is a minute from now, as the service says it, although its count begins with the clock's minute.
        """
        self._turn()
        left = 0 if exhausted else max(0, self._limit - self._count)
        return [
            (b"x-ratelimit-limit", b"%d" % self._limit),
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % (int(self._clock()) + WINDOW_S)),
        ]

    def reset(self) -> None:
        self._count = 0

    def _turn(self) -> None:
        minute = int(self._clock()) // WINDOW_S
        if minute != self._minute:
            self._minute, self._count = minute, 0


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

    def line(self) -> str:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"]]
        body = self.body.decode("utf-8", "replace")
        shown = {
            "at": datetime.fromtimestamp(self.at, UTC).isoformat(),
            "method": self.scope["method"],
            "path": self.scope["path"],
            "query": self.scope["query_string"].decode("latin-1"),
            "headers": {name: _masked(name, value) for name, value in headers},
            "body": _FORM_SECRET.sub(rf"\g<1>{MASK}", body) if "grant_type=" in body else body,
            "status": self.status,
            "reply": self.reply.decode("utf-8", "replace"),
            "deduplicated": list(self.deduplicated),
            "fault": self.fault,
        }
        return json.dumps(shown)


def _masked(name: str, value: str) -> str:
    if name.lower() in _SECRET_HEADERS:
        scheme = value.strip().partition(" ")[0]
        return f"{scheme} {MASK}" if scheme.lower() in _SCHEMES else MASK
    return _DIGEST.sub(rf"\g<1>{MASK}", value)


class Context:
    """The account and the state around it; `clock` is in seconds since 1970."""

    def __init__(
        self,
        account: SandboxAccount,
        accepted: AcceptedTriggers,
        options: SandboxOptions,
        clock: Callable[[], float],
    ) -> None:
        self.account = account
        self.accepted = accepted
        self.options = options
        self.clock = clock
        self.sign_in = SignInCheck(options, clock)
        self.rate_limit = RateLimit(options.rate_limit, clock)
        self.faults = Faults()
        self._log = deque[LoggedRequest](maxlen=MAX_REQUESTS)

    def log(self, at: float, scope: Scope, body: bytes, response: Response, fault: str | None = None) -> None:
        """Logs a request with the beginning of its bodies, and drops the oldest past 1000."""
        deduplicated = response.deduplicated if isinstance(response, JsonReply) else ()
        reply, status = bytes(response.body[:MAX_LOGGED_BODY]), response.status_code
        logged = LoggedRequest(at, scope, body[:MAX_LOGGED_BODY], status, reply, deduplicated, fault)
        self._log.append(logged)

    def logged_lines(self) -> Iterator[str]:
        return (f"{logged.line()}\n" for logged in self._log)

    def reset(self) -> None:
        self.accepted.clear()
        self._log.clear()
        self.faults.clear()
        self.rate_limit.reset()


class ApiRequest(Request):
    """A call of the API; `payload` is the JSON object of a POST, `length` its body's length in bytes."""

    def __init__(self, scope: Scope, receive: Receive, context: Context) -> None:
        super().__init__(scope, receive)
        self.context = context
        self.payload: Mapping[str, object] = {}
        self.length = 0


Handler = Callable[[ApiRequest], Awaitable[Response]]
