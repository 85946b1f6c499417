"""What is checked of a request before anything answers it: where it comes from, and its body."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.model import MAX_REQUEST
from app.sandbox.options import SandboxOptions
from app.sandbox.responses import TOO_LARGE, TOO_SLOW, UNREADABLE, JsonReply, Rejected
from app.settings import is_loopback

MAX_DIGITS = 15
_LOOPBACK_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?", re.ASCII | re.IGNORECASE)


class Guard:
    def __init__(self, app: ASGIApp, allows: Callable[[HTTPConnection], bool], reason: str) -> None:
        self._app = app
        self._allows = allows
        self._reason = reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = self._allows(HTTPConnection(scope))
        app = self._app if allowed else PlainTextResponse(f"{self._reason}\n", 403)
        await app(scope, receive, send)


def is_same_origin(request: HTTPConnection) -> bool:
    """Whether the request has no Origin, or this host as its Origin: no page of another site sent it."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def has_loopback_host(request: HTTPConnection) -> bool:
    """Whether the Host is a loopback name: DNS rebinding cannot point one of these to this machine."""
    return _LOOPBACK_HOST.fullmatch(request.headers.get("host", "")) is not None


def is_local(request: HTTPConnection) -> bool:
    return has_loopback_host(request) and (request.client is None or is_loopback(request.client.host))


async def read_body(request: Request, options: SandboxOptions) -> bytes:
    """The whole body. Raises Rejected past a limit, ClientDisconnect if the client hung up."""

    def early(code: int, text: str, status: int) -> Rejected:
        return Rejected(code, text, status, _EarlyReply(code, text, status, options.drain_s))

    body = bytearray()
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > MAX_DIGITS or int(declared) > MAX_REQUEST):
        raise early(*TOO_LARGE)
    try:
        async with asyncio.timeout(options.body_timeout_s):
            async for part in request.stream():
                body += part
                if len(body) > MAX_REQUEST:
                    raise early(*TOO_LARGE)
    except TimeoutError:
        raise early(*TOO_SLOW) from None
    return bytes(body)


class _EarlyReply(JsonReply):
    """Answers while the client still sends the body; reads and drops the rest for up to `drain_s` seconds.

    Closing the connection on a client that is still sending would lose the reply.
    """

    def __init__(self, code: int, text: str, status: int, drain_s: float) -> None:
        super().__init__(code, text, status)
        self.headers["connection"] = "close"
        self._drain_s = drain_s

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_s):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body", "body": b""})


def decode(body: bytes) -> Mapping[str, object]:
    try:
        payload = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise Rejected(*UNREADABLE)
    return payload


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_reject_constant)
