"""Everything but the trigger by its path: the other calls, the token endpoint, the controls, the page.

Separate from the server because it is not needed, nor loaded, before one of these is asked for.
"""

from collections.abc import Callable, Mapping

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox import token_endpoint
from app.sandbox.answers import UNKNOWN_PATH
from app.sandbox.calls.call import Handler
from app.sandbox.calls.routes import ROUTES
from app.sandbox.controls import Controls
from app.sandbox.delivery import deliver
from app.sandbox.endpoint import VERSIONS, Desk, Endpoint
from app.sandbox.pages import page_routes
from app.sandbox.tokens import Tokens


def router(desk: Desk, tokens: Tokens, reset: Callable[[], None]) -> ASGIApp:
    """An application for every path of the sandbox."""

    async def unknown(_: Scope, __: Receive, send: Send) -> None:
        await deliver(send, UNKNOWN_PATH, desk.rate.headers())

    routes = [
        *_api_routes(desk),
        token_endpoint.route(tokens, desk),
        *Controls(desk, reset).routes(),
        *page_routes(desk.ground),
    ]
    return Router(routes, redirect_slashes=False, default=unknown)


def _api_routes(desk: Desk) -> list[Route]:
    gathering = {route.path for route in ROUTES if route.many}
    return [
        Route(f"/api/{version}{path}", Endpoint(desk, version, methods, beside=path in gathering))
        for version in VERSIONS
        for path, methods in _by_path().items()
    ]


def _by_path() -> Mapping[str, Mapping[str, Handler]]:
    methods: dict[str, dict[str, Handler]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, {})[route.method] = route.handler
    return methods
