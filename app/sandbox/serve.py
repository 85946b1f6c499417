"""The sandbox on a port: uvicorn, silent, announced once it answers, ended by ctrl+c.

Separate from the application so that using it in process never imports a server.
"""

import logging
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from app.domain.errors import AppError
from app.sandbox.protocols import SandboxProtocol
from app.sandbox.server import Sandbox

GRACE_S = 1
MAX_PORT = 65_535
BACKLOG = 2048


class ServeError(AppError):
    """The address cannot be listened on; one sentence."""


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def serve(sandbox: Sandbox, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves until ctrl+c, then returns; port 0 picks a free one.

    `announce` is told the URL once it answers. Raises ServeError for an address that
    cannot be listened on, such as a taken port.
    """
    # What clients do to a connection is no news for the terminal; a log that was asked for still gets it.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    with listen(host, port) as listener, sandbox.served():
        server = _Announcing(_config(sandbox), lambda: announce(url_of(listener)))
        try:
            server.run([listener])
        except KeyboardInterrupt:
            return


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=SandboxProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        # Who is calling decides about the controls, and a header must not.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ServeError."""
    if not 0 <= port <= MAX_PORT:
        raise ServeError(f"There is no port {port}: choose one from 0 to {MAX_PORT}.")
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
        return _bound(*found[0])
    except OSError as error:
        # A number above zero is the system's; its own words are plainer than the library's.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise ServeError(
            f"The sandbox cannot listen on {host} port {port}: {reason}. Choose another --port."
        ) from error


def _bound(
    family: int, kind: int, protocol: int, _: str, address: tuple[str | int, ...] | tuple[int, bytes]
) -> socket.socket:
    # Only for a socket that names its protocol does asyncio send small writes at once; else each reply waits 40 ms.
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL that reaches a listening socket from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - told, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
