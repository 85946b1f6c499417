"""Triggers sent over 16 kept connections as fast as they are answered; every answer is checked."""

import asyncio
import itertools
import json
from collections.abc import Iterator

from tests.benchmarks.sandbox_accounts import email

CONNECTIONS = 16


def requests(count: int, contacts: int, run: int) -> Iterator[tuple[bytes, bytes]]:
    """`count` triggers with what their replies must begin with: 85 of 100 good, the others the six errors in turn."""
    bad = itertools.cycle(_errors(contacts))
    for number in range(count):
        if number % 20 in (3, 9, 15):
            yield next(bad)
            continue
        body = {
            "key_id": "3",
            "external_id": email(number * 7919 % (contacts - 100)),
            "data": {"global": {"itemName": "hammer", "itemPrice": "123"}},
            "trigger_id": f"run-{run}-{number}",
        }
        yield _post("100", body), b'{"replyCode":0,'


def _errors(contacts: int) -> list[tuple[bytes, bytes]]:
    good = {"key_id": "3", "external_id": email(1)}
    cases = [
        ("100", good | {"key_id": "77777"}, 2004),
        ("100", good | {"external_id": ""}, 2005),
        ("100", good | {"external_id": "nobody@example.com"}, 2008),
        ("100", good | {"external_id": email(contacts - 2)}, 2010),
        ("999", good, 5001),
        ("100", {"key_id": "id", "external_id": "999999999"}, 2012),
    ]
    return [(_post(event, body), f'{{"replyCode":{code},'.encode()) for event, body, code in cases]


def _post(event: str, body: object) -> bytes:
    text = json.dumps(body).encode()
    head = f"POST /api/v2/event/{event}/trigger HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(text) + text


def drive(port: int, work: Iterator[tuple[bytes, bytes]], checked: bool) -> None:
    """Sends all of `work`. Raises AssertionError at the first wrong answer, where they are `checked`."""

    async def everything() -> None:
        await asyncio.gather(*(_one_connection(port, work, checked) for _ in range(CONNECTIONS)))

    asyncio.run(everything())


async def _one_connection(port: int, work: Iterator[tuple[bytes, bytes]], checked: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request, expected in work:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        reply = await reader.readexactly(length)
        assert not checked or reply.startswith(expected), (request, reply)
    writer.close()
    await writer.wait_closed()
