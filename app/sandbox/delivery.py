"""An answer on its way back, as HTTP: whole, or spoilt as a rehearsed failure wants it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from starlette.types import Receive, Send

from app.sandbox.answers import Answer
from app.sandbox.faults import Fault, SandboxCut

Header = tuple[bytes, bytes]

WRONG_TYPES = b'{"replyCode":"OK","replyText":0,"data":true}'
HUGE_BYTES = 4_194_304
DRAIN_S = 2.0
_CHUNK = 65_536


async def deliver(send: Send, answer: Answer, headers: Sequence[Header], fault: Fault | None = None) -> None:
    """Sends an answer. Raises SandboxCut where the connection is to be cut."""
    if fault is None:
        await _whole(send, answer, headers)
        return
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.seconds)
            await _whole(send, answer, headers)
        case "cut_before":
            raise SandboxCut("cut before the reply")
        case "cut_during":
            await _start(send, answer, headers, len(answer.body))
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            raise SandboxCut("cut during the reply")
        case "truncated":
            await _whole(send, replace(answer, body=answer.body[: len(answer.body) // 2]), headers)
        case "wrong_type":
            await _whole(send, replace(answer, body=WRONG_TYPES), headers)
        case "huge":
            await _huge(send, answer, headers)
        case _:
            await _whole(send, answer, headers)


async def deliver_early(receive: Receive, send: Send, answer: Answer, headers: Sequence[Header] = ()) -> None:
    """Sends an answer to a request that is still coming; the rest of that is dropped for two seconds.

    The reply is ended only then: closing on a client that is still sending would take the reply from it.
    """
    await _start(send, answer, [*headers, (b"connection", b"close")], len(answer.body))
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    try:
        async with asyncio.timeout(DRAIN_S):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


async def _whole(send: Send, answer: Answer, headers: Sequence[Header]) -> None:
    await _start(send, answer, headers, len(answer.body))
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, answer: Answer, headers: Sequence[Header], length: int) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.content_type),
                (b"content-length", b"%d" % length),
                *headers,
            ],
        }
    )


async def _huge(send: Send, answer: Answer, headers: Sequence[Header]) -> None:
    """A reply that is sound JSON and far longer than anybody should read."""
    before, after = b'{"replyCode":0,"replyText":"OK","data":{"padding":"', b'"}}'
    await _start(send, answer, headers, len(before) + HUGE_BYTES + len(after))
    await send({"type": "http.response.body", "body": before, "more_body": True})
    for _ in range(HUGE_BYTES // _CHUNK):
        # Whoever has hung up is noticed only while others have their turn.
        await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"x" * _CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": after})
