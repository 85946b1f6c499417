"""What the endpoint costs: on a port against a bare ASGI hello, in batches and loading against bare SQLite."""

import asyncio
import csv
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from tests.benchmarks.sandbox_accounts import FIELDS, SHARED_BY, email, shared, write_account
from tests.benchmarks.sandbox_load import Load, drive, requests
from tests.benchmarks.sandbox_servers import Server, running
from tests.benchmarks.table import Row

REQUESTS = 6000
ROUNDS = 3
BATCH = 1000
EXTRA_MB = 40


def rows(scale: float) -> list[Row]:
    """The rows of the sandbox; scale 1 has accounts of 100,000 and 1,000,000 contacts."""
    with tempfile.TemporaryDirectory() as name:
        small = write_account(Path(name, "small"), max(1000, round(100_000 * scale)))
        large_count = max(2000, round(1_000_000 * scale))
        large = write_account(Path(name, "large"), large_count)
        return [
            *_loading(large, Path(name)),
            *_served(Path(name), small, large, large_count, max(400, round(REQUESTS * scale))),
            *_batches(large, Path(name, "large.db"), large_count),
        ]


def _loading(large: Path, folder: Path) -> Iterator[Row]:
    floor = _timed(lambda: _bare_load(large, folder / "bare.db"))
    ours = _timed(lambda: SandboxAccount(large, folder / "large.db").close())
    yield Row("load contacts / csv, executemany, the same indexes", floor, ours, "s", 3.0)


def _bare_load(folder: Path, database: Path) -> None:
    with (
        closing(sqlite3.connect(database, isolation_level=None)) as db,
        (folder / "contacts.csv").open(encoding="utf-8", newline="") as file,
    ):
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN")
        columns = ["id", "uid", *(f"c{place}" for place in range(len(FIELDS)))]
        db.execute(f"CREATE TABLE contact ({', '.join(columns)})")
        reader = csv.reader(file)
        next(reader)
        db.executemany(f"INSERT INTO contact VALUES ({', '.join('?' * len(columns))})", reader)  # noqa: S608
        for column in columns:
            db.execute(f"CREATE INDEX by_{column} ON contact ({column})")
        db.execute("COMMIT")


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _served(folder: Path, small: Path, large: Path, large_count: int, count: int) -> Iterator[Row]:
    small_count = max(1000, large_count // 10)
    small_db, large_db = str(folder / "small.db"), str(folder / "large.db")
    SandboxAccount(small, Path(small_db)).close()
    with ExitStack() as stack:
        hello, ours, ours_large = (
            stack.enter_context(running("hello")),
            stack.enter_context(running("sandbox", str(small), small_db)),
            stack.enter_context(running("sandbox", str(large), large_db)),
        )
        sizes = {hello.pid: small_count, ours.pid: small_count, ours_large.pid: large_count}
        cpu: dict[int, list[float]] = {hello.pid: [], ours.pid: [], ours_large.pid: []}
        p99: dict[int, list[float]] = {hello.pid: [], ours.pid: [], ours_large.pid: []}
        for run in range(ROUNDS):
            for server in (hello, ours, ours_large):
                work = requests(count, sizes[server.pid], run)
                spent, load = _spent(
                    server, lambda work=work, server=server: drive(server.port, work, server is not hello)
                )
                cpu[server.pid].append(spent / count * 1e6)
                p99[server.pid].append(load.p99() * 1000)
        yield Row("CPU of a trigger / bare ASGI hello", min(cpu[hello.pid]), min(cpu[ours.pid]), "us", 2.5)
        yield Row(
            "CPU of a trigger, large account / small one",
            min(cpu[ours.pid]),
            min(cpu[ours_large.pid]),
            "us",
            1.1,
        )
        yield Row("p99 of a trigger / bare ASGI hello", min(p99[hello.pid]), min(p99[ours.pid]), "ms", 4.0)
        yield Row(
            f"resident memory / hello + {EXTRA_MB} MB",
            hello.memory_mb() + EXTRA_MB,
            ours_large.memory_mb(),
            "MB",
            1.0,
        )
    yield _ready(str(large), large_db)


def _spent(server: Server, work: Callable[[], Load]) -> tuple[float, Load]:
    before = server.cpu_s()
    load = work()
    return server.cpu_s() - before, load


def _ready(folder: str, database: str) -> Row:
    times: dict[tuple[str, ...], list[float]] = {("hello",): [], ("sandbox", folder, database): []}
    for _ in range(ROUNDS):
        for arguments, taken in times.items():
            with running(*arguments) as server:
                taken.append(server.ready_s)
    floor, ours = (min(taken) for taken in times.values())
    return Row("ready to answer / bare uvicorn hello", floor, ours, "s", 1.5)


def _batches(large: Path, database: Path, contacts: int) -> Iterator[Row]:
    account = SandboxAccount(large, database)
    step = max(1, contacts // BATCH)
    unique = [email(number) for number in range(0, contacts - 100, step)][:BATCH]
    groups = [shared(number) for number in range(0, contacts, SHARED_BY)][:BATCH]
    sandbox = create_sandbox(account)
    with closing(sqlite3.connect(database)) as bare:
        (content,) = bare.execute("SELECT value FROM meta WHERE key = 'content'").fetchone()
        _, _, cells = json.loads(content)
        for what, key, values, code in (
            ("batch of 1000 / bare json_each", "3", unique, None),
            ("batch of 1000, each shared by 200 / bare json_each", "10143", groups, "2010"),
        ):
            sql = _bare_look_up(cells[key])
            floor = _median_ms(
                lambda sql=sql, values=values: bare.execute(sql, (json.dumps(values),)).fetchall()
            )
            ours = _median_ms(lambda key=key, values=values, code=code: _batch(sandbox, key, values, code))
            yield Row(what, floor, ours, "ms", 4.0)
    sandbox.close()
    account.close()


def _bare_look_up(cell: str) -> str:
    return f"""
        SELECT key, (SELECT group_concat(id) FROM
            (SELECT id FROM contact WHERE {cell} = value AND {cell} != '' LIMIT 2)) FROM json_each(?)"""  # noqa: S608


def _median_ms(work: Callable[[], object]) -> float:
    return statistics.median(_timed(work) for _ in range(15)) * 1000  # type: ignore[arg-type]


def _batch(sandbox: Any, key: str, values: list[str], code: str | None) -> None:
    body = json.dumps({"key_id": key, "contacts": [{"external_id": value} for value in values]}).encode()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v2/event/100/trigger",
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(sandbox(scope, receive, send))
    data = json.loads(sent[1]["body"])["data"]
    assert len(data["errors"] if code else data["ids"]) == len(values)
    assert not code or {code} == {found for errors in data["errors"].values() for found in errors}
