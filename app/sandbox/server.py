"""The sandbox as one ASGI application: the API, the token endpoint, the controls, the description and the page."""

import re
import time
from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from app.sandbox import token_endpoint
from app.sandbox.account import SandboxAccount
from app.sandbox.answers import UNKNOWN_PATH
from app.sandbox.auth import SignIn
from app.sandbox.body import BodyReader
from app.sandbox.calls import Ground, Handler
from app.sandbox.controls import Controls
from app.sandbox.delivery import deliver
from app.sandbox.endpoint import Desk, Endpoint
from app.sandbox.faults import Faults
from app.sandbox.limits import RateLimit
from app.sandbox.memory import TriggerMemory
from app.sandbox.options import SandboxOptions
from app.sandbox.pages import page_routes
from app.sandbox.records import Records
from app.sandbox.routes import ROUTES, TRIGGER
from app.sandbox.tokens import Tokens

VERSIONS = ("v2", "v3")
_TRIGGER_PATH = re.compile(r"/+api/+(v[23])/+event/+(.+?)/+trigger/*")


def create_sandbox(
    account: SandboxAccount,
    options: SandboxOptions | None = None,
    clock: Callable[[], float] = time.time,
) -> "Sandbox":
    """The endpoint over an account, as an ASGI application; `clock` is in seconds since 1970.

    What it has accepted is kept beside the account's database. Raises AccountDatabaseError.
    """
    return Sandbox(account, options or SandboxOptions(), clock)


class Sandbox:
    """An ASGI application. The trigger call is found before all others, so that it costs least.

    `faults` are the failures being rehearsed, `records` what was received lately.
    """

    def __init__(self, account: SandboxAccount, options: SandboxOptions, clock: Callable[[], float]) -> None:
        self._memory = TriggerMemory(account.database.with_name(f"{account.database.stem}-triggers.db"))
        self._tokens = Tokens(options, clock)
        self.faults = Faults()
        self.records = Records()
        self._desk = Desk(
            Ground(account, self._memory, options),
            SignIn(options, self._tokens, clock),
            RateLimit(options.rate_limit, clock),
            self.faults,
            self.records,
            BodyReader(options),
            clock,
        )
        self._triggers = {
            version: Endpoint(self._desk, version, {TRIGGER.method: TRIGGER.handler}) for version in VERSIONS
        }
        self._router = Router(self._routes(), redirect_slashes=False, default=self._unknown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        found = _TRIGGER_PATH.fullmatch(scope["path"])
        if found:
            scope["path_params"] = {"event_id": found[2]}
            await self._triggers[found[1]](scope, receive, send)
        else:
            await self._router(_tidied(scope), receive, send)

    def reset(self) -> None:
        """Back to how it began: no trigger id remembered, nothing recorded, no failure set."""
        self._memory.forget()
        self.records.clear()
        self.faults.clear()
        self._desk.rate.forget()

    def close(self) -> None:
        """Closes the files that the sandbox itself opened; the account stays open."""
        self._memory.close()

    def _routes(self) -> list[BaseRoute]:
        return [
            *_api_routes(self._desk),
            token_endpoint.route(self._tokens, self._desk),
            *Controls(self._desk, self.reset).routes(),
            *page_routes(self._desk.ground),
        ]

    async def _unknown(self, _: Scope, __: Receive, send: Send) -> None:
        await deliver(send, UNKNOWN_PATH, self._desk.rate.headers())


def _api_routes(desk: Desk) -> list[Route]:
    return [
        Route(f"/api/{version}{path}", Endpoint(desk, version, methods))
        for version in VERSIONS
        for path, methods in _by_path().items()
    ]


def _by_path() -> Mapping[str, Mapping[str, Handler]]:
    methods: dict[str, dict[str, Handler]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, {})[route.method] = route.handler
    return methods


def _tidied(scope: Scope) -> Scope:
    """The request with double and trailing slashes taken out of its path, as real clients send both."""
    path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
    return {**scope, "path": path, "root_path": ""}
