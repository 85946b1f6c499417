"""A counting endpoint for batches, and the bulk runs of a home whose account it is, in this process or another.

What the endpoint received is the truth that a run is held against, so it shares no code with the product.
"""

import asyncio
import json
import multiprocessing
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.bulk import Duplicates, Run, status_json
from app.service.bulk import BulkRuns, Planning
from app.service.bulk_sending import Sending
from app.service.live import LiveAccount
from app.settings import Profile
from app.store.attempts import History
from app.store.catalog import Cache

SERVER_TIME = "Mon, 30 Nov 2026 08:00:42 GMT"
TRIGGERING = (
    "ok",
    "missing",
    "empty",
    "ghost",
    "told_ghost",
    "cut_after",
    "cut_reply",
    "502",
    "refuse_some",
    "number_keys",
    "low",
    "429 with 0",
)


@dataclass
class Endpoint:
    """`steps` says how each request is answered, in order; afterwards `then`. `triggered` counts the trigger ids."""

    steps: list[str] = field(default_factory=list)
    then: str = "ok"
    refused: frozenset[str] = frozenset()
    requests: list[list[str]] = field(default_factory=list)
    triggered: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    on_batch: Callable[[], object] = bool
    url: str = ""
    tokens: int = 0
    usages: bytes | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            data = self.usages
            writer.write(
                _reply(400, b"{}")
                if data is None
                else _reply(200, b'{"replyCode":0,"replyText":"OK","data":%s}' % data)
            )
            return
        if head.startswith(b"POST /token"):
            self.tokens += 1
            writer.write(
                _reply(200, b'{"access_token":"t%d","token_type":"Bearer","expires_in":3600}' % self.tokens)
            )
            return
        step = self.steps.pop(0) if self.steps else self.then
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if step == "cut_before":
            self.requests.append([])
            return
        if step == "cut_within":
            await reader.readexactly(length // 2)
            self.requests.append([])
            return
        contacts = json.loads(await reader.readexactly(length))["contacts"]
        ids = [one["external_id"] for one in contacts]
        assert len({one.lower() for one in ids}) == len(ids) <= 1000
        self.requests.append(ids)
        self.arrival.set()
        self.on_batch()
        await self.speaking.wait()
        if step in TRIGGERING:
            reached = [one for one in contacts if one["external_id"] not in self.refused]
            self.triggered.update(one["trigger_id"] for one in reached)
            self.reached.update(one["external_id"] for one in reached)
        body = self._body(step, ids)
        if step == "cut_after":
            return
        if step == "cut_reply":
            writer.write(_reply(200, body)[:-20])
            return
        writer.write(_reply(_status(step), body, step))
        await writer.drain()

    def _body(self, step: str, ids: list[str]) -> bytes:
        errors: Any = {
            one: {"2008": f"No contact found with the external id: 3 - {one}"}
            for one in ids
            if one in self.refused
        }
        if step.isdigit():
            return json.dumps(
                {"replyCode": int(step) if len(step) == 4 else 1, "replyText": "Said so", "data": ""}
            ).encode()
        told: list[str] = [one for one in ids if one not in self.refused]
        match step:
            case "missing" | "429 with 0":
                return b'{"replyCode":0,"replyText":"OK","data":{}}'
            case "ghost":
                errors, told = {"ghost@example.com": {"2008": "No contact found"}}, []
            case "number_keys":  # PHP writes 0, 1, 2 as the places of a list
                errors = [{"2008": "No contact found"} for one in ids if one in self.refused]
            case "told_ghost":
                errors = {"ghost@example.com": {"2008": "No contact found"}}
            case _:
                errors = errors or []
        return json.dumps(
            {"replyCode": 0, "replyText": "OK", "data": {"ids": told, "errors": errors}}
        ).encode()


def _status(step: str) -> int:
    if step[:3].isdigit():
        return int(step[:3]) if len(step.split(maxsplit=1)[0]) == 3 else 400
    return 200


def _reply(status: int, body: bytes, step: str = "") -> bytes:
    left = b"50" if step == "low" else b"900"
    return (
        f"HTTP/1.1 {status} Status\r\nDate: {SERVER_TIME}\r\nX-RateLimit-Limit: 1000\r\n".encode()
        + b"X-RateLimit-Remaining: " + left + f"\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )  # fmt: skip


@asynccontextmanager
async def endpoint(*steps: str, then: str = "ok", refused: Iterable[str] = ()) -> AsyncIterator[Endpoint]:
    """An Endpoint that answers until the block ends."""
    running = Endpoint(list(steps), then, frozenset(refused))
    running.speaking.set()
    server = await asyncio.start_server(running.answer, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v2"
    try:
        yield running
    finally:
        running.speaking.set()
        server.close()


@dataclass
class Desk:
    """The bulk runs of a home, what they waited for, and the clock they see."""

    home: Path
    url: str
    profile: Profile
    team: Any = None
    auth: httpx.Auth | None = None
    waited: list[float] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 30, 8, 0, 42, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.history = History(self.home / "history.db")
        self.history.recover()
        http = open_http(auth=self.auth)
        self.live = LiveAccount(
            self.profile,
            Cache(self.home / "cache.db"),
            self.history,
            lambda: ApiClient(self.url, http, 30),
            lambda _: None,  # type: ignore[arg-type, return-value]  # never refreshed here
        )
        self.live.team = self.team
        self.bulk = BulkRuns(self.live, 0.3, sleep=self._wait, clock=lambda: self.now)

    async def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def plan(self, text: str, **given: Any) -> Run:
        path = self.home / "contacts.csv"
        path.write_text(text, encoding="utf-8")
        return await self.bulk.plan(Planning("100", "3", path, **given))

    async def plan_batches(self, count: int, size: int = 3) -> Run:
        """A plan of so many requests: each has the same few contacts, who are never twice in one."""
        return await self.plan(csv_of(addresses(size) * count), duplicates=Duplicates.EACH)

    async def run(self, run: Run, **given: Any) -> Run:
        return await self.bulk.run(self.bulk.find(run.run_id), sending(**given))


def sending(*, yes: bool = True, **given: Any) -> Sending:
    async def confirm(*_: object) -> bool:
        return yes

    return Sending(confirm=confirm, **{"canary": 0, **given})


@asynccontextmanager
async def desk(
    home: Path, url: str, team: Any = None, auth: httpx.Auth | None = None, **profile: Any
) -> AsyncIterator[Desk]:
    opened = Desk(home, url, Profile("local", url, **profile), team, auth)
    try:
        yield opened
    finally:
        await opened.live.close()


def addresses(count: int) -> list[str]:
    return [f"person{number}@example.com" for number in range(1, count + 1)]


def csv_of(values: Iterable[str]) -> str:
    return "\n".join(["external_id", *values, ""])


def counts(run: Run) -> dict[str, object]:
    """The numbers of a run that are not 0, once they add up."""
    status = status_json(run)
    numbers = {
        name: status[name] for name in ("planned", "sending", "accepted", "rejected", "unknown", "skipped")
    }
    assert sum(numbers.values()) == status["rows"]  # type: ignore[arg-type]
    return {name: number for name, number in numbers.items() if number}


# Other processes


def start_process(
    home: Path, url: str, run_id: str, file_size: int | None = None
) -> tuple[ForkServerProcess, Connection]:
    """A process that sends a run; it says how that ended, where no file may grow beyond a size."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(home, url, run_id, file_size, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _send(home: Path, url: str, run_id: str, file_size: int | None, said: Connection) -> None:
    async def send() -> None:
        async with desk(home, url) as here:
            if file_size is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, resource.RLIM_INFINITY))
            try:
                ended = await here.run(here.bulk.find(run_id))
            except Exception as error:  # noqa: BLE001 - told to the test
                said.send(f"{type(error).__name__}: {error}")
            else:
                said.send(f"{ended.state}: {ended.pause_reason}")

    asyncio.run(send())


async def ended(process: ForkServerProcess) -> None:
    """Returns once the process has ended."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()


Moment = Callable[[], Awaitable[object]]


async def killed(process: ForkServerProcess, moment: Moment) -> None:
    """Kills the process at a moment, unless it has ended before."""
    over, waiting = asyncio.ensure_future(ended(process)), asyncio.ensure_future(moment())
    await asyncio.wait((over, waiting), timeout=300, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    process.kill()
    await over
