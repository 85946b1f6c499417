"""The state that all calls of one sandbox share, and the request that a handler gets."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.auth import SignInCheck
from app.sandbox.body import Bodies
from app.sandbox.faults import Faults
from app.sandbox.idempotency import AcceptedTriggers
from app.sandbox.options import SandboxOptions
from app.sandbox.rate_limit import RateLimit
from app.sandbox.request_log import RequestLog
from app.sandbox.tokens import Tokens


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
        self.tokens = Tokens(options, clock)
        self.sign_in = SignInCheck(options, self.tokens, clock)
        self.rate_limit = RateLimit(options.rate_limit, clock)
        self.bodies = Bodies(options)
        self.faults = Faults()
        self.request_log = RequestLog()

    def reset(self) -> None:
        """Clears accepted trigger ids, logged requests, faults and the count of the rate limit."""
        self.accepted.clear()
        self.request_log.clear()
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
"""Handlers may raise Rejected."""
