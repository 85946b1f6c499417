"""Serves the sandbox on a port, by uvicorn, until ctrl+c."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.domain.errors import AppError
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.folder import unknown_keys
from app.sandbox.app import create_sandbox
from app.sandbox.faults import SandboxCut
from app.sandbox.idempotency import AcceptedTriggers
from app.sandbox.in_process import account_folder
from app.sandbox.options import SandboxOptions
from app.sandbox.requests import Guard, has_loopback_host
from app.settings import Settings, is_loopback

SHUTDOWN_S = 1
CONNECTIONS = 1000
MAX_PORT = 65_535
BACKLOG = 2048


def serve_sandbox(
    settings: Settings,
    options: SandboxOptions,
    address: tuple[str, int],
    keep: Path | None,
    *,
    warn: Callable[[str], None],
    loading: Callable[[int, int], None],
    answering: Callable[[str], None],
) -> None:
    """Serves the profile's account folder on an address until ctrl+c; port 0 picks a free one.

    Accepted trigger ids are kept in `keep`; without it they end with the sandbox. Calls `warn` with a sentence for each
    unknown key of the folder, `loading` with the bytes of contacts loaded and in all, `answering` with the URL. Raises
    FileFaultError, AccountDatabaseError and AppError.
    """
    folder = account_folder(settings)
    for warning in unknown_keys(folder):
        warn(warning)
    with closing(SandboxAccount(folder, settings.sandbox_database, loading)) as account:
        accepted = AcceptedTriggers(keep, remember_s=options.remember_s)
        with closing(create_sandbox(account, options, accepted=accepted)) as sandbox:
            serve(sandbox, *address, answering)


def serve(sandbox: ASGIApp, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves until ctrl+c; port 0 picks a free one. Calls `announce` with the URL. Raises AppError if it cannot listen."""
    # Broken connections are not worth a line on the terminal.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    with listen(host, port) as listener:
        if is_loopback(listener.getsockname()[0]):
            sandbox = Guard(sandbox, has_loopback_host, "Ask for localhost: no other name is answered here.")
        try:
            # Requests wait in the listener's backlog until the server takes them.
            announce(url_of(listener))
            uvicorn.Server(_config(sandbox)).run([listener])
        except KeyboardInterrupt:
            return


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        # The controls trust the client's address, so no header may change it.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        limit_concurrency=CONNECTIONS,
    )


class _Protocol(AutoHTTPProtocol):  # type: ignore[valid-type, misc]  # one of two classes
    """uvicorn's protocol, whose connection a fault can cut. Both of uvicorn's hold the application in `app`."""

    app: ASGIApp

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._transport = transport
        self._sandbox, self.app = self.app, self._cuttable

    async def _cuttable(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._sandbox(scope, receive, send)
        except SandboxCut:
            self._transport.abort()
            # The server logs a missing reply as a fault unless the client has disconnected.
            while (await receive())["type"] != "http.disconnect":
                pass


def listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= MAX_PORT:
        raise AppError(f"Port {port} does not exist. Choose one from 0 to {MAX_PORT}.")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        dual = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    except OSError as error:
        # For a number above zero the system's message is plainer than the library's.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise AppError(
            f"The sandbox cannot listen on {host} port {port}: {reason}. Choose another --port."
        ) from error
    # asyncio sends small writes at once only if the socket names its protocol; else replies take 40 ms more.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
