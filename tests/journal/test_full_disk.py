"""A disk that is full, wherever it becomes so: nothing is sent unrecorded, and no reply is kept from the person."""

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import NoReply, Outcome, TriggerRequest, new_attempt_id
from app.service.session import NotRecordedError, StoreError
from app.settings import load_settings
from tests.journal.processes import ended, started, trigger
from tests.journal.server import NOBODY, OK, endpoint
from tests.journal.truth import check, recovered

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")

REQUEST = TriggerRequest("1", "3", "thor@example.com", {"text": "x" * 100_000})


def limited(size: int, *words: str) -> tuple[str, ...]:
    return ("tests.journal.limited", str(size), *words)


@pytest.mark.parametrize("size", [0, 40_000])
async def test_a_new_history_that_has_no_room_lets_nothing_be_sent(size: int, tmp_path: Path) -> None:
    async with endpoint() as server:
        server.write_profile(tmp_path)
        code, out, err = await ended(await started(tmp_path, *limited(size, *trigger(1)[1:])))
        assert (code, out) == (4, "")
        assert re.match(r"triggerdesk: The (history|cache) at ", err)
        assert err.count("\n") == 1
        assert server.received == []
        code, out, err = await ended(await started(tmp_path, *limited(size, "history")))
        assert (code, out) == (2, "")
        assert re.match(r"triggerdesk: The (history|cache) at ", err)


async def test_wherever_the_disk_becomes_full_what_is_sent_is_recorded_and_what_is_received_is_told(
    tmp_path: Path,
) -> None:
    codes = set()
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        assert await ended(await started(tmp_path, *trigger(1))) != (4, "", "")
        # An open reader keeps the log, so that every start goes on writing at its end.
        with closing(sqlite3.connect(tmp_path / "history.db")) as reader:
            assert reader.execute("SELECT count(*) FROM attempts").fetchone() == (1,)
            log = tmp_path / "history.db-wal"
            for pages in (0, 13, 21, 34, 55):
                before = len(server.received)
                size = max(log.stat().st_size, 32_768) + pages * 4096
                code, out, err = await ended(await started(tmp_path, *limited(size, *trigger(2 + pages)[1:])))
                codes.add(code)
                assert len(server.received) - before == (0 if code == 4 else 1)
                assert err.startswith("triggerdesk: ") or not err
                assert err.count("\n") == (code != 0)
                assert ("accepted" in err and "Attempt " in err) == (code == 3)
                assert ("accepted" in out) == (code == 0)
        attempts = check(server, tmp_path)
    assert codes == {0, 3, 4}
    assert {attempt.outcome for attempt in attempts} == {Outcome.ACCEPTED, Outcome.UNKNOWN}
    assert len(attempts) == len(server.received)


async def test_a_full_disk_is_called_by_its_name(tmp_path: Path) -> None:
    async with endpoint() as server:
        server.write_profile(tmp_path)
        service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}))
        service._history._file.connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StoreError, match=r"^The disk is full: the history at .* Free some space"):
            await service.send(REQUEST, new_attempt_id())
        await service.close()
        assert server.received == []
    assert recovered(tmp_path) == []


async def test_a_reply_that_cannot_be_recorded_is_told_and_its_attempt_recovered_later(
    tmp_path: Path,
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}))
        server.on_arrival = lambda: service._history._file.connection.execute("PRAGMA query_only = 1")
        attempt_id = new_attempt_id()
        with pytest.raises(
            NotRecordedError, match=r"could not be recorded: The history at .* cannot be written"
        ) as raised:
            await service.send(TriggerRequest("1", "3", "thor@example.com", None, attempt_id), attempt_id)
        assert raised.value.attempt.outcome is Outcome.ACCEPTED
        assert service.history.attempt(attempt_id).outcome is Outcome.SENDING
        await service.close()
        (attempt,) = check(server, tmp_path)
    assert attempt.outcome is Outcome.UNKNOWN
    assert isinstance(attempt.answer, NoReply)
    assert attempt.answer.reason == "interrupted"


async def test_a_reply_is_recorded_also_where_the_cache_can_give_no_advice(tmp_path: Path) -> None:
    async with endpoint(delay_s=0, answers=(NOBODY,)) as server:
        server.write_profile(tmp_path)
        settings = load_settings({"TRIGGERDESK_HOME": str(tmp_path)})
        service = open_service(settings)
        server.on_arrival = lambda: _emptied(settings.cache)
        attempt_id = new_attempt_id()
        attempt = await service.send(
            TriggerRequest("1", "3", "thor@example.com", None, attempt_id), attempt_id
        )
        await service.close()
    assert (attempt.outcome, attempt.remedy) == (Outcome.REJECTED, None)
    (kept,) = recovered(tmp_path)
    assert kept.outcome is Outcome.REJECTED


def _emptied(cache: Path) -> None:
    """Takes every table out of the cache, as if another program had."""
    with closing(sqlite3.connect(cache)) as database, database:
        for table in ("contacts", "field_values", "fields"):
            database.execute(f"DROP TABLE {table}")
