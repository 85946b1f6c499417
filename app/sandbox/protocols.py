"""What a connection does that an ASGI application cannot: be cut, and be closed where nothing is ever asked on it.

Both of uvicorn's HTTP protocols hold the application of a connection in `app`, and the
request under way in `cycle`.
"""

import asyncio
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.sandbox.faults import SandboxCut

SILENCE_S = 30.0


class _Connection(Protocol):
    transport: asyncio.Transport
    cycle: Any
    loop: asyncio.AbstractEventLoop


class CuttableApp:
    """The application as one connection calls it: SandboxCut aborts the connection, and nothing is logged."""

    def __init__(self, app: ASGIApp, connection: _Connection) -> None:
        self._app = app
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or ends the connection."""
        try:
            await self._app(scope, receive, send)
        except SandboxCut:
            self._connection.transport.abort()
            # The server takes a reply that never began for a fault unless it knows that the client is gone.
            while (await receive())["type"] != "http.disconnect":
                pass


class _Watch:
    """Closes a connection on which half a minute passes without a request begun or under way."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._seen: Any = None
        self._arm()

    def _arm(self) -> None:
        self._timer = self._connection.loop.call_later(SILENCE_S, self._look)

    def _look(self) -> None:
        cycle = self._connection.cycle
        if cycle is None or (cycle is self._seen and cycle.response_complete):
            self._connection.transport.abort()
            return
        self._seen = cycle
        self._arm()

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()


class SandboxProtocol(AutoHTTPProtocol):  # type: ignore[valid-type, misc]
    """uvicorn's protocol, the one in C where httptools is installed."""

    app: ASGIApp

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begins a connection."""
        super().connection_made(transport)
        self.app = CuttableApp(self.app, self)
        self._watch = _Watch(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends one."""
        self._watch.stop()
        super().connection_lost(exc)
