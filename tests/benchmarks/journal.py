"""What it costs to keep a journal: from Send to the finished row, against a bare post and two bare commits.

The floor is an httpx post without keep-alive to the same server, and an insert and an update, each durable, in a
plain table. Both are done in turns, so that whatever else the machine does falls on both.
"""

import asyncio
import json
import multiprocessing
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from app.bootstrap import open_service
from app.domain.model import Outcome, TriggerRequest, new_attempt_id
from app.domain.wire import trigger_body
from app.service.session import Session
from app.settings import load_settings
from tests.benchmarks import homes
from tests.benchmarks.table import Row

ROUNDS = 1000
WARM_UP = 30
REQUEST = TriggerRequest(
    "100", "3", "thor@example.com", {"global": {"itemName": "hammer", "itemPrice": "123"}}
)
BODY = b'{"replyCode":0,"replyText":"OK","data":""}'
REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Content-Length: {len(BODY)}\r\n\r\n".encode()
    + BODY
)

Once = Callable[[int], Awaitable[None]]


def rows(scale: float) -> list[Row]:
    """One row, in milliseconds of the median."""
    home = homes.large(scale)
    floor, ours = asyncio.run(_measured(max(20, round(ROUNDS * scale)), home.settings().history))
    what = f"Send to finished row, {home.attempts:,} in the history / post and two durable commits"
    return [Row(what, floor, ours, "ms", 1.6)]


async def _measured(rounds: int, history: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as name, server() as base_url:
        folder = Path(name)
        shutil.copy(history, folder / history.name)
        async with _bare(base_url, folder) as bare, _desk(base_url, folder) as desk:
            return await _in_turns(bare, desk, rounds)


async def _in_turns(bare: Once, desk: Once, rounds: int) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + WARM_UP):
        # Each goes first as often as the other.
        for which in (0, 1) if number % 2 else (1, 0):
            started = time.perf_counter()
            await (bare, desk)[which](number)
            if number >= WARM_UP:
                times[which].append((time.perf_counter() - started) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


@contextmanager
def server() -> Iterator[str]:
    """A server in a process of its own, so that its work is not taken for ours."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/api/v2"
    finally:
        process.kill()
        process.join()
        process.close()


def _serve(told: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_reply, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
    writer.write(REPLY)
    writer.close()


@asynccontextmanager
async def _bare(base_url: str, folder: Path) -> AsyncIterator[Once]:
    limits = httpx.Limits(max_keepalive_connections=0)
    headers = {"Content-Type": "application/json", "Connection": "close"}
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE attempt (number INTEGER PRIMARY KEY, sent BLOB, received BLOB)")
        async with httpx.AsyncClient(limits=limits, headers=headers, trust_env=False) as http:

            async def once(number: int) -> None:
                body = trigger_body(REQUEST)
                connection.execute("INSERT INTO attempt VALUES (?, ?, NULL)", (number, body))
                response = await http.post(f"{base_url}/event/100/trigger", content=body)
                connection.execute(
                    "UPDATE attempt SET received = ? WHERE number = ?", (response.content, number)
                )
                assert json.loads(response.content)["replyCode"] == 0

            yield once


@asynccontextmanager
async def _desk(base_url: str, folder: Path) -> AsyncIterator[Once]:
    (folder / "config.toml").write_text(f'[profiles.local]\nbase_url = "{base_url}"\n', encoding="utf-8")
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(folder)}, "local"))
    try:
        yield _sending(service)
    finally:
        await service.close()


def _sending(service: Session) -> Once:
    async def once(_: int) -> None:
        attempt = await service.send(REQUEST, new_attempt_id(), repeats=True)
        assert attempt.outcome is Outcome.ACCEPTED

    return once
