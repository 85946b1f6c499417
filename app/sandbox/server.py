"""The sandbox as one ASGI application: the API below /api/v2 and /api/v3."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from app.sandbox.account import SandboxAccount
from app.sandbox.answers import UNKNOWN_PATH
from app.sandbox.calls import Ground, Handler
from app.sandbox.endpoint import Endpoint, reply
from app.sandbox.memory import TriggerMemory
from app.sandbox.options import SandboxOptions
from app.sandbox.routes import ROUTES, TRIGGER

VERSIONS = ("v2", "v3")
_TRIGGER_PATH = re.compile(r"/+api/+v[23]/+event/+(.+?)/+trigger/*")


def create_sandbox(account: SandboxAccount, options: SandboxOptions | None = None) -> "Sandbox":
    """The endpoint over an account, as an ASGI application. Raises AccountDatabaseError."""
    memory = TriggerMemory(account.database.with_name(f"{account.database.stem}-triggers.db"))
    return Sandbox(Ground(account, memory, options or SandboxOptions()))


class Sandbox:
    """An ASGI application. The trigger call is found before all others, so that it costs least."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._trigger = Endpoint(ground, {TRIGGER.method: TRIGGER.handler})
        self._router = Router(_api_routes(ground), redirect_slashes=False, default=_unknown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        found = _TRIGGER_PATH.fullmatch(scope["path"])
        if found:
            scope["path_params"] = {"event_id": found[1]}
            await self._trigger(scope, receive, send)
        else:
            await self._router(_tidied(scope), receive, send)

    def reset(self) -> None:
        """Back to how it began: no trigger id remembered."""
        self._ground.memory.forget()

    def close(self) -> None:
        """Closes the files that the sandbox itself opened; the account stays open."""
        self._ground.memory.close()


def _api_routes(ground: Ground) -> list[Route]:
    return [
        Route(f"/api/{version}{path}", Endpoint(ground, methods))
        for version in VERSIONS
        for path, methods in _by_path().items()
    ]


def _by_path() -> Mapping[str, Mapping[str, Handler]]:
    methods: dict[str, dict[str, Handler]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, {})[route.method] = route.handler
    return methods


def _tidied(scope: Scope) -> dict[str, Any]:
    """The request with double and trailing slashes taken out of its path, as real clients send both."""
    path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
    return {**scope, "path": path, "root_path": ""}


async def _unknown(_: Scope, __: Receive, send: Send) -> None:
    await reply(send, UNKNOWN_PATH)
