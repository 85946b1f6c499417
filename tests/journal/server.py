"""An endpoint on loopback that notes what it received and what it answered, after a moment's thought.

Its own record is the truth that the history is held against, so it shares no code with the product.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

OK = (200, 0, "OK")
NOBODY = (400, 2008, "No contact found with the external id: 3 - a")
BROKEN = (500, 1, "Internal error")
CUT = (0, 0, "")
ANSWERS = (OK, OK, NOBODY, BROKEN, CUT)


@dataclass(frozen=True)
class Received:
    """One request, and the (HTTP status, reply code) given for it; `gave` is None before any byte of a reply."""

    event_id: str
    trigger_id: str
    gave: tuple[int, int] | None = None


@dataclass
class Endpoint:
    """What was received, in order; `delay_s` is the longest that a reply takes and none is given while `speaking` is not set."""

    seed: int = 0
    delay_s: float = 0.05
    answers: tuple[tuple[int, int, str], ...] = ANSWERS
    received: list[Received] = field(default_factory=list)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    on_arrival: Callable[[], object] = bool
    """Called when a request is there, before it is answered."""

    def __post_init__(self) -> None:
        self.answering: set[asyncio.Task[None] | None] = set()
        self.speaking.set()
        self._random = random.Random(self.seed)  # noqa: S311 - to be repeatable, not secret

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.answering.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()
        self.answering.discard(asyncio.current_task())

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        place = len(self.received)
        # Noted as soon as the head is there: a request of which only half arrives has left the machine too.
        self.received.append(Received(_event_id(head), ""))
        body = await reader.readexactly(_length(head))
        self.received[place] = Received(_event_id(head), json.loads(body).get("trigger_id", ""))
        self.arrival.set()
        self.on_arrival()
        await self.speaking.wait()
        await asyncio.sleep(self._random.random() * self.delay_s)
        status, code, text = self._random.choice(self.answers)
        if not status:
            return
        self.received[place] = Received(*_identity(self.received[place]), (status, code))
        writer.write(_reply(status, json.dumps({"replyCode": code, "replyText": text, "data": ""}).encode()))
        await writer.drain()

    def write_profile(self, home: Path, deadline_s: float = 30) -> None:
        """Makes a home whose profile `local` is this endpoint."""
        home.mkdir(exist_ok=True)
        text = f'default_profile = "local"\n[profiles.local]\nbase_url = "{self.url}"\ndeadline_s = {deadline_s}\n'
        (home / "config.toml").write_text(text, encoding="utf-8")


def _identity(received: Received) -> tuple[str, str]:
    return received.event_id, received.trigger_id


def _event_id(head: bytes) -> str:
    return head.split(b"/event/")[1].split(b"/")[0].decode()


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


def _reply(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} Status\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def endpoint(
    seed: int = 0, delay_s: float = 0.05, answers: tuple[tuple[int, int, str], ...] = ANSWERS
) -> AsyncIterator[Endpoint]:
    """An Endpoint that answers until the block ends."""
    running = Endpoint(seed, delay_s, answers)
    server = await asyncio.start_server(running.answer, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v2"
    try:
        yield running
    finally:
        server.close()
        running.speaking.set()
        await asyncio.gather(*filter(None, running.answering))
