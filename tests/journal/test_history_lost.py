"""A history that is locked or gone while a trigger is on its way: nothing unrecorded is sent, no reply is given up."""

import asyncio
import shlex
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import Attempt, Outcome, TriggerRequest
from app.service.session import HistoryReplacedError, NotRecordedError, Session, StoreError
from app.settings import load_settings
from tests.journal.processes import ended, started, trigger
from tests.journal.server import OK, Endpoint, endpoint
from tests.journal.truth import check, recovered

REQUEST = TriggerRequest("1", "3", "thor@example.com", None, "one")


def opened(home: Path, wait_s: float = 5) -> Session:
    return open_service(load_settings({"TRIGGERDESK_HOME": str(home)}), wait_s)


@pytest.fixture
async def lock(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    """Another program that has the history open."""
    await opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
        yield other


async def test_a_reply_waits_for_a_history_that_is_locked_and_is_shown_meanwhile(
    tmp_path: Path, lock: sqlite3.Connection
) -> None:
    shown: list[tuple[Attempt, StoreError]] = []

    def show(attempt: Attempt, error: StoreError) -> None:
        shown.append((attempt, error))
        lock.execute("ROLLBACK")

    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        server.on_arrival = lambda: lock.execute("BEGIN IMMEDIATE")
        service = opened(tmp_path)
        attempt = await service.send(REQUEST, "one", unrecorded=show)
        await service.close()
        check(server, tmp_path)
    ((answered, error),) = shown
    assert answered.outcome is attempt.outcome is Outcome.ACCEPTED
    assert "is locked by another program" in str(error)


async def test_a_reply_that_a_full_disk_keeps_out_is_recorded_once_there_is_room(tmp_path: Path) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        service = opened(tmp_path)
        connection = service._history._file.connection
        server.on_arrival = lambda: connection.execute("PRAGMA query_only = 1")
        attempt = await service.send(
            REQUEST, "one", unrecorded=lambda *_: connection.execute("PRAGMA query_only = 0")
        )
        await service.close()
    assert attempt.outcome is Outcome.ACCEPTED
    assert [one.outcome for one in recovered(tmp_path)] == [Outcome.ACCEPTED]


async def test_without_a_window_a_reply_waits_its_time_and_is_told_then(
    tmp_path: Path, lock: sqlite3.Connection
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        server.on_arrival = lambda: lock.execute("BEGIN IMMEDIATE")
        service = opened(tmp_path, wait_s=0)
        with pytest.raises(NotRecordedError, match="is locked by another program") as raised:
            await service.send(REQUEST, "one")
        lock.execute("ROLLBACK")
        await service.close()
        check(server, tmp_path)
    assert raised.value.attempt.outcome is Outcome.ACCEPTED


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before it opens", "while the reply comes"])
async def test_a_verb_outwaits_a_lock_of_14_seconds(
    tmp_path: Path, lock: sqlite3.Connection, moment: str
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        if moment == "before it opens":
            lock.execute("BEGIN IMMEDIATE")
        else:
            server.on_arrival = lambda: lock.execute("BEGIN IMMEDIATE")
        running = await started(tmp_path, *trigger(1))
        asyncio.get_running_loop().call_later(14, lock.execute, "ROLLBACK")
        code, _, err = await ended(running)
        assert (code, err) == (0, "")
        (attempt,) = check(server, tmp_path)
    assert attempt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("gone", ["history.db", "history.db-wal"])
async def test_nothing_is_sent_that_would_be_recorded_in_a_file_without_a_name(
    tmp_path: Path, gone: str
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        service = opened(tmp_path)
        (tmp_path / gone).unlink()
        with pytest.raises(HistoryReplacedError):
            await service.send(REQUEST, "one")
        assert server.received == []
        await service.close()


async def test_a_reply_that_would_be_recorded_in_a_file_without_a_name_is_told_as_not_recorded(
    tmp_path: Path,
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        service = opened(tmp_path)
        server.on_arrival = (tmp_path / "history.db").unlink
        with pytest.raises(NotRecordedError, match="removed or replaced") as raised:
            await service.send(REQUEST, "one", unrecorded=lambda *_: None)
        await service.close()
    assert raised.value.attempt.outcome is Outcome.ACCEPTED


async def test_a_verb_whose_history_is_removed_before_it_sends_ends_with_4(tmp_path: Path) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        write_profile(server, tmp_path)
        code, out, err = await ended(await started(tmp_path, *trigger(1)))
        assert server.received == []
    assert (code, out) == (4, "")
    assert "was removed or replaced while it was open" in err
    assert err.count("\n") == 2  # with the one about the end of X-WSSE


def write_profile(server: Endpoint, home: Path) -> None:
    """A profile whose secret is asked for once the history is open; it removes the history then."""
    files = shlex.join(str(home / f"history.db{ending}") for ending in ("", "-wal", "-shm"))
    command = f"sh -c 'rm {files}; echo secret'"
    (home / "config.toml").write_text(
        f'default_profile = "local"\n[profiles.local]\nbase_url = "{server.url}"\n'
        f'auth = "wsse"\nuser = "me"\nsecret_command = "{command}"\n',
        encoding="utf-8",
    )
