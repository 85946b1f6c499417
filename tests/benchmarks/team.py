"""What it costs to read the log of a team for the first time, against the least that brings the same rows over.

The floor is COPY out of PostgreSQL and `executemany` into the table of the attempts; it leaves out requests, replies and
the index of words. The times are those of the clock: two processes work.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from app.bootstrap import open_service
from app.resources import sample_data
from app.settings import Profile, Settings
from app.store.history_file import HistoryFile
from tests.benchmarks.table import Row
from tests.team.conftest import KEY, running
from tests.team.test_apart import fill

ATTEMPTS = 1_000_000
ACCOUNT = "shop"
COPY = """
    COPY (SELECT a.id, 'shop', 'shop', a.event_id, a.event_name, a.key_id, encode(a.contacts[1], 'hex'),
        (extract(epoch FROM a.started_at) * 1000000)::bigint, f.body ->> 'outcome', (f.body ->> 'http_status')::int,
        (f.body ->> 'reply_code')::int, (f.body ->> 'elapsed_ms')::float, a.member
    FROM triggerdesk.attempt AS a JOIN triggerdesk.fact AS f ON f.id = a.id || ':outcome' ORDER BY a.seq)
    TO STDOUT (FORMAT binary)"""
TYPES = (*["text"] * 7, "int8", "text", "int4", "int4", "float8", "text")
INSERT = """
    INSERT INTO attempts (attempt_id, profile, account, event_id, event_name, key_id, external_id, started_at, outcome,
        http_status, reply_code, elapsed_ms, member) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def rows(scale: float) -> list[Row]:
    """Two rows; scale 1 has a million attempts."""
    many = round(ATTEMPTS * scale)
    with running() as server, TemporaryDirectory() as name:
        uri, folder = server.get_uri(), Path(name)
        with psycopg.connect(uri, autocommit=True) as admin:
            fill(admin, ACCOUNT, many)
            floor = _seconds(lambda: _copy(admin, folder / "floor.db"))
        (folder / "team.key").write_text(KEY.text)
        pulled = asyncio.run(_pull(folder, uri, many))
    what = f"team: pull {many:,} attempts"
    return [
        Row(f"{what} / COPY and executemany", floor, pulled, "s", 1.5),
        Row(what, None, pulled, "s", 90.0),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _copy(admin: psycopg.Connection, file: Path) -> None:
    with closing(HistoryFile(file)) as history, history.writing() as to, admin.cursor().copy(COPY) as copy:
        copy.set_types(TYPES)
        to.executemany(INSERT, copy.rows())


async def _pull(home: Path, uri: str, many: int) -> float:
    profile = Profile("shop", folder=sample_data(), team=uri, team_account=ACCOUNT)
    session = open_service(Settings(home, profile, member="Anna"))
    try:
        assert session.team is not None
        took = _seconds(session.team.sync)
        assert sum(session.team.history.counts().values()) == many
    finally:
        await session.close()
    return took
