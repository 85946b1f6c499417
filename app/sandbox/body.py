"""Reads and decodes request bodies within limits of size, time and memory."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.sandbox.options import SandboxOptions
from app.sandbox.responses import TOO_LARGE, TOO_SLOW, UNREADABLE, JsonReply, Rejected, overloaded

MAX_DIGITS = 15


class BodyRejected(Exception):  # noqa: N818 - a rejection is a reply, not an error
    """Raised if a body is not read to its end; carries the response."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Bodies:
    """Reads bodies, which together hold at most `max_held` bytes at a time."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises BodyRejected past a limit, ClientDisconnect if the client hung up."""
        options = self._options
        body = bytearray()
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and (len(declared) > MAX_DIGITS or int(declared) > options.max_body):
            raise BodyRejected(self._early(JsonReply(*TOO_LARGE)))
        try:
            async with asyncio.timeout(options.body_timeout_s):
                async for part in request.stream():
                    body += part
                    self._held += len(part)
                    if len(body) > options.max_body:
                        raise BodyRejected(self._early(JsonReply(*TOO_LARGE)))
                    if self._held > options.max_held:
                        raise BodyRejected(self._early(overloaded()))
        except TimeoutError:
            raise BodyRejected(self._early(JsonReply(*TOO_SLOW))) from None
        finally:
            self._held -= len(body)
        return bytes(body)

    def _early(self, response: Response) -> Response:
        return _EarlyResponse(response, self._options.drain_s)


class _EarlyResponse(Response):
    """Answers while the client still sends the body; reads and drops the rest for up to `drain_s` seconds.

    Closing the connection on a client that is still sending would lose the reply.
    """

    def __init__(self, response: Response, drain_s: float) -> None:
        super().__init__(response.body, response.status_code, dict(response.headers))
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
    """The JSON object in a body. Raises Rejected (1010) if there is none."""
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
