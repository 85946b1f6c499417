"""What a bulk run costs: its plan, against the least that keeps the same rows; a batch, the status, a whole run.

A batch is claimed and finished in a history of a million attempts. Plans are made in a process of their own, so that
their memory can be told.
"""

import asyncio
import csv
import multiprocessing
import resource
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from app.bootstrap import open_service
from app.domain.bulk import CANARY, RowState, Run, RunState, status_json
from app.domain.model import Attempt, Outcome, Reply, TriggerRequest, new_attempt_ids
from app.service.bulk import Planning
from app.service.bulk_sending import Sending
from app.service.session import Session
from app.settings import load_settings
from app.store import bulk_runs
from tests.benchmarks import homes
from tests.benchmarks.desk import DESK, painted_ms, stands
from tests.benchmarks.desk_terminal import running
from tests.benchmarks.table import Row
from tests.benchmarks.timing import cpu_s, ms, nth

BATCHES = 20
CONTACTS = 100_000
KEYS = 400
OWNER = "the benchmark"
TEMPLATE = '{"global": {"itemName": "{{column:name}}"}}'
REPLY = Reply(200, 0, "OK", body=b'{"replyCode": 0, "replyText": "OK", "data": {}}', body_length=47)


def rows(scale: float) -> list[Row]:
    """Six rows; the plan in CPU time: nobody is waited for."""
    large = homes.large(scale)
    with TemporaryDirectory() as name:
        folder = Path(name)
        home = Path(shutil.copytree(large.path, folder / "home"))
        count = asyncio.run(_write(home, folder / "contacts.csv", 0))
        floor = cpu_s(_bare, folder / "contacts.csv", folder / "bare.db")
        with multiprocessing.get_context("spawn").Pool(1) as apart:
            planned, memory = apart.apply(_plan_apart, (home, folder / "contacts.csv", count))
        batch, status = asyncio.run(_batches(home))
        sent = asyncio.run(_write(home, folder / "some.csv", max(2000, round(CONTACTS * scale))))
        took = asyncio.run(_whole_run(home, folder / "some.csv", sent))
        waits = _keys_meanwhile(home, folder / "some.csv", sent, max(20, round(KEYS * scale)))
    return [
        Row(f"bulk: plan {count:,} rows / csv.reader and executemany", floor, planned, "s", 3.0),
        Row(f"bulk: memory of a plan of {count:,} rows", None, memory, "MB", 30.0),
        Row(
            f"bulk: claim and finish 1,000, with {large.attempts:,} in the history", None, batch, "ms", 250.0
        ),
        Row("bulk: status", None, status, "ms", 16.0),
        Row(
            f"bulk: a run of {sent:,} against the sandbox in this process, for each 2,000",
            None, took * 2000 / sent, "s", 1.0,
        ),
        Row(
            f"bulk: key to painted frame during a run: 99 of 100 ({len(waits)} keys)",
            None, nth(waits, 0.99), "ms", 50.0,
        ),
    ]  # fmt: skip


@asynccontextmanager
async def _opened(home: Path) -> AsyncIterator[Session]:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    try:
        await service.refresh.run_if_needed()
        yield service
    finally:
        await service.close()


async def _write(home: Path, file: Path, limit: int) -> int:
    """Writes the contacts of the account, each e-mail address once; returns their number."""
    async with _opened(home) as service:
        with file.open("w", encoding="utf-8", newline="") as to:
            written = csv.writer(to)
            written.writerow(["external_id", "name", "city"])
            known = {one.value("3"): one for one in service.contacts.containing("", limit) if one.value("3")}
            written.writerows([who, one.value("1"), one.value("11")] for who, one in known.items())
    return len(known)


def _bare(file: Path, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        db.execute(
            "CREATE TABLE rows (number INTEGER PRIMARY KEY, external_id TEXT, name TEXT, city TEXT) WITHOUT ROWID"
        )
        with file.open(encoding="utf-8", newline="") as lines:
            numbered = ((number, *row) for number, row in enumerate(islice(csv.reader(lines), 1, None)))
            db.execute("BEGIN")
            db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", numbered)
            db.execute("COMMIT")


def _plan_apart(home: Path, file: Path, count: int) -> tuple[float, float]:
    """CPU seconds and megabytes of a plan, beyond those of a plan of one row."""
    one = file.with_name("one.csv")
    with file.open(encoding="utf-8") as lines:
        one.write_text("".join(islice(lines, 2)), encoding="utf-8")
    asyncio.run(_planned(home, one))
    peak = _peak_mb()
    began = time.process_time()
    run = asyncio.run(_planned(home, file))
    took = time.process_time() - began
    assert (run.rows, run.unique, sum((run.predicted or {}).values())) == (count, count, count)
    return took, _peak_mb() - peak


async def _planned(home: Path, file: Path) -> Run:
    async with _opened(home) as service:
        return await service.bulk.plan(Planning("100", "3", file, template=TEMPLATE))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )


async def _batches(home: Path) -> tuple[float, float]:
    """Milliseconds to claim and finish a batch, the median, and to read the status of its run."""
    async with _opened(home) as service:
        path, run = home / "history.db", service.bulk.runs()[0]
        bulk_runs.start(path, run.run_id, OWNER, lambda _: True)
        times = []
        for _ in range(BATCHES):
            rows = bulk_runs.rows_left(path, run.run_id, 1000)
            ids = new_attempt_ids(len(rows))
            batch = [(row, _attempt(run, row, attempt_id)) for row, attempt_id in zip(rows, ids, strict=True)]
            if len(batch) < 1000 and times:
                break
            began = time.perf_counter()
            bulk_runs.claim(path, run.run_id, OWNER, batch)
            bulk_runs.finish(path, run.run_id, [bulk_runs.Sent(batch, Outcome.ACCEPTED, REPLY, 10.0)])
            times.append((time.perf_counter() - began) * 1000)
        bulk_runs.stop(path, run.run_id, RunState.PAUSED, owner=OWNER)
        status = ms(lambda: status_json(service.bulk.find(run.run_id)))
        assert service.bulk.find(run.run_id).count(RowState.ACCEPTED) >= min(1000, run.rows)
    return statistics.median(times), status


def _attempt(run: Run, row: bulk_runs.BulkRow, attempt_id: str) -> Attempt:
    trigger_id = row.trigger_id(UUID(run.run_id))
    data = {"global": {"itemName": row.cells[1]}}
    request = TriggerRequest(run.event_id, run.key_id, row.external_id, data, trigger_id)
    return Attempt(
        attempt_id, run.profile, run.account, request, run.event_name, datetime.now(UTC), 0, run_id=run.run_id
    )


async def _whole_run(home: Path, file: Path, count: int) -> float:
    """Seconds that a run takes."""

    async def yes(*_: object) -> bool:
        return True

    async with _opened(home) as service:
        run = await service.bulk.plan(Planning("100", "3", file, template=TEMPLATE))
        sending = Sending(confirm=yes)
        began = time.perf_counter()
        run = await service.bulk.run(run, sending)
        took = time.perf_counter() - began
        assert (run.state, run.sent) == (RunState.DONE, count)
    return took


def _keys_meanwhile(home: Path, file: Path, count: int, keys: int) -> list[float]:
    """Milliseconds that keys of the contacts wait on a dashboard that sends a run."""

    async def found(run_id: str) -> Run:
        async with _opened(home) as service:
            return service.bulk.find(run_id)

    run = asyncio.run(_planned(home, file))
    with running(DESK, {"TRIGGERDESK_HOME": str(home)}) as desk:
        stands(desk)
        desk.press("\x04")  # ctrl+d
        desk.wait_for("Bulk runs")
        desk.press("r")
        desk.wait_for(f"{CANARY} of {CANARY} accepted")
        for key in (str(count - CANARY), "enter", "\x1b", "f3"):
            desk.press(key)
            desk.drain(0.1)
        waits = [painted_ms(desk, "down") for _ in range(keys)]
    assert asyncio.run(found(run.run_id)).sent > CANARY
    return waits
