"""Reading and decoding a request body: never more than the limit, never longer than the time, never an exception."""

import asyncio
import json
from collections.abc import Mapping
from typing import NoReturn

from starlette.types import Receive


class BodyTooLarge(Exception):  # noqa: N818 - a state of the request, not a fault of the program
    """The body went past the limit; the rest of it is still on its way."""


class ClientGone(Exception):  # noqa: N818 - the same
    """The client hung up before its body was complete."""


async def read_body(receive: Receive, limit: int, timeout_s: float) -> bytes:
    """The whole body. Raises BodyTooLarge past `limit` bytes, TimeoutError after `timeout_s`, ClientGone."""
    async with asyncio.timeout(timeout_s):
        message = await receive()
        body = message.get("body", b"")
        if message.get("more_body"):
            body = await _rest(receive, bytearray(body), limit)
    if message["type"] == "http.disconnect":
        raise ClientGone
    if len(body) > limit:
        raise BodyTooLarge
    return bytes(body)


async def _rest(receive: Receive, body: bytearray, limit: int) -> bytearray:
    more = True
    while more:
        if len(body) > limit:
            raise BodyTooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


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
