"""What the tests of OAuth need: replies with tokens, and a look at which request carried which."""

import json
from collections.abc import Callable

from app.client.api import ApiClient
from tests.client.fault_server import Fault, FaultServer, Writer, reply


def token(text: object = "t1", expires_in: object = 3600) -> bytes:
    body = {"access_token": text, "token_type": "Bearer", "expires_in": expires_in}
    return reply("200 OK", json.dumps(body).encode())


def in_turn(*replies: bytes) -> Fault:
    """One reply after the other; the last one for ever."""
    left = list(replies)

    async def fault(writer: Writer) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    return fault


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


Sign = Callable[[Fault, Fault], ApiClient]


def asked(server: FaultServer) -> list[str]:
    """Which way each request went, with the token that it carried."""
    return [
        ("token" if raw.startswith(b"POST /token") else "trigger " + bearer(raw)).strip()
        for raw in server.received
    ]


def bearer(raw: bytes) -> str:
    lines = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    return next(line.split(" ")[2] for line in lines if line.lower().startswith("authorization: bearer "))
