"""Reading and decoding a request body: never more than the limit, never longer than the time, never an exception."""

import asyncio
import json
from collections.abc import Mapping
from typing import NoReturn

from starlette.types import Receive

from app.sandbox.answers import OVERLOADED, TOO_LARGE, TOO_SLOW, Answer
from app.sandbox.options import SandboxOptions


class ClientGone(Exception):  # noqa: N818 - a state of the connection, not a fault of the program
    """The client hung up before its body was complete."""


class BodyRefused(Exception):  # noqa: N818 - the same
    """A body that will not be read to its end; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class BodyReader:
    """Reads bodies one after the other and side by side, within the limits of the options."""

    def __init__(self, options: SandboxOptions) -> None:
        self._most = options.max_body
        self._timeout_s = options.body_timeout_s
        self._room = options.max_held

    async def read(self, receive: Receive) -> bytes:
        """The whole body. Raises BodyRefused past a limit, ClientGone where the client hung up."""
        deadline = _Deadline(self._timeout_s)
        try:
            message = await receive()
            if message.get("more_body"):
                return await self._rest(receive, bytearray(message.get("body", b"")))
        except asyncio.CancelledError:
            if deadline.was_it():
                raise BodyRefused(TOO_SLOW) from None
            raise
        finally:
            deadline.lift()
        body: bytes = _part(message)
        if len(body) > self._most:
            raise BodyRefused(TOO_LARGE)
        return body

    async def _rest(self, receive: Receive, body: bytearray) -> bytes:
        held = 0
        try:
            more = True
            while more:
                message = await receive()
                body += _part(message)
                if len(body) > self._most:
                    raise BodyRefused(TOO_LARGE)
                self._room -= len(body) - held
                held = len(body)
                if self._room < 0:
                    raise BodyRefused(OVERLOADED)
                more = message.get("more_body", False)
            return bytes(body)
        finally:
            self._room += held


class _Deadline:
    """What asyncio.timeout does, for a wait that nearly always ends at once: a third of its cost."""

    def __init__(self, seconds: float) -> None:
        self._task = asyncio.current_task()
        self._passed = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._pass)

    def _pass(self) -> None:
        self._passed = True
        if self._task is not None:
            self._task.cancel()

    def was_it(self) -> bool:
        """Whether a cancellation was this deadline's and nobody else's."""
        return self._passed and (self._task is None or self._task.uncancel() == 0)

    def lift(self) -> None:
        """Waits no longer."""
        self._timer.cancel()


def _part(message: Mapping[str, bytes | str]) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    part = message.get("body", b"")
    return part if isinstance(part, bytes) else b""


def decode(body: bytes) -> Mapping[str, object] | None:
    """The JSON object in a body; None where there is none."""
    try:
        payload = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
