"""What keeps an attempt from being recorded: the same by another window, and a file that has lost its name."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.model import Attempt, JsonObject, NoReply, Outcome, Reply, Settlement
from app.domain.recipient import canonical_json, contact_fingerprint, request_fingerprint
from app.store.attempts import (
    DamagedHistoryError,
    History,
    HistoryReplacedError,
    SameSend,
    SentMeanwhileError,
)
from app.store.database import StoreError, set_aside
from tests.store.conftest import STARTED, Making

OK = Reply(200, 0, "OK")
REJECTED = Reply(400, 2008, "No contact found")
UNKNOWN = NoReply("timeout", "maybe", "Timeout.")


def same_as(attempt: Attempt, asked_about: str | None = None, second_send_s: int = 600) -> SameSend:
    request = attempt.request
    contact = contact_fingerprint(attempt.account, request.key_id, request.external_id)
    mark = request_fingerprint(attempt.account, request, canonical_json(request.data))
    return SameSend([contact], [mark], STARTED - timedelta(seconds=second_send_s), asked_about)


def recorded(history: History) -> list[str]:
    return [attempt.attempt_id for attempt in history.attempts(None, 0)]


@pytest.fixture
def other(history: History, home: Path) -> Iterator[History]:
    """Another window on the same home."""
    other = History(home / "history.db")
    yield other
    other.close()


# The same, by another window


def test_of_ten_that_begin_the_same_at_once_one_is_recorded(home: Path, make: Making) -> None:
    History(home / "history.db").close()
    start, said = threading.Barrier(10), list[str]()

    def begin(name: str) -> None:
        mine, attempt = History(home / "history.db"), make(name)
        start.wait()
        try:
            mine.begin(attempt, b"{}", same_as(attempt))
            said.append(name)
        except SentMeanwhileError as error:
            said.append(error.earlier.attempt_id)
        mine.close()

    threads = [threading.Thread(target=begin, args=(f"a{number}",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = History(home / "history.db")
    assert recorded(history) == sorted(set(said))
    assert len(said) == 10
    history.close()


@pytest.mark.parametrize("answer", [None, OK, UNKNOWN])
def test_what_is_sent_or_may_have_arrived_is_named_and_nothing_recorded(
    history: History, other: History, make: Making, answer: Reply | NoReply | None
) -> None:
    other.begin(make("theirs"), b"{}")
    if answer is not None:
        other.finish("theirs", answer, 1.0, None)
    mine = make("mine")
    with pytest.raises(SentMeanwhileError, match=r"sent meanwhile \(attempt theirs\)") as raised:
        history.begin(mine, b"{}", same_as(mine))
    assert raised.value.earlier.attempt_id == "theirs"
    assert raised.value.earlier.outcome is (
        Outcome.SENDING if answer is None else raised.value.earlier.outcome
    )
    assert recorded(history) == ["theirs"]


@pytest.mark.parametrize(
    "change",
    [{"external_id": "loki@example.com"}, {"data": {"order": 2}}, {"account": "elsewhere"}],
)
def test_what_differs_is_not_the_same(
    history: History, other: History, make: Making, change: dict[str, str | JsonObject]
) -> None:
    other.begin(make("theirs", **change), b"{}")  # type: ignore[arg-type]
    mine = make("mine", data={"order": 1})
    history.begin(mine, b"{}", same_as(mine))
    assert recorded(history) == ["mine", "theirs"]


def test_what_was_rejected_did_not_arrive_or_is_older_does_not_count(
    history: History, other: History, make: Making
) -> None:
    for name, answer in (("rejected", REJECTED), ("lost", UNKNOWN), ("old", OK)):
        other.begin(make(name), b"{}")
        other.finish(name, answer, 1.0, None)
    other.resolve("lost", Settlement(False, "", STARTED))
    mine = make("mine")
    history.begin(mine, b"{}", same_as(mine, second_send_s=-1))
    assert len(recorded(history)) == 4


def test_the_attempt_that_the_user_was_asked_about_keeps_nothing_back_but_a_later_one_does(
    history: History, other: History, make: Making
) -> None:
    other.begin(make("asked"), b"{}")
    mine = make("mine")
    history.begin(mine, b"{}", same_as(mine, asked_about="asked"))
    second = make("second")
    with pytest.raises(SentMeanwhileError) as raised:
        other.begin(second, b"{}", same_as(second, asked_about="asked"))
    assert raised.value.earlier.attempt_id == "mine"
    other.begin(second, b"{}", same_as(second, asked_about="mine"))
    assert recorded(history) == ["second", "mine", "asked"]


# A file that has lost its name


def _replaced(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def _home_replaced(home: Path) -> None:
    home.rename(home.with_name("moved"))
    shutil.copytree(home.with_name("moved"), home)


HAPPENINGS: dict[str, Callable[[Path], object]] = {
    "history removed": lambda home: (home / "history.db").unlink(),
    "history replaced": lambda home: _replaced(home / "history.db"),
    "history renamed": lambda home: (home / "history.db").rename(home / "history.old"),
    "log removed": lambda home: (home / "history.db-wal").unlink(),
    "log replaced": lambda home: _replaced(home / "history.db-wal"),
    "shared memory removed": lambda home: (home / "history.db-shm").unlink(),
    "home removed": shutil.rmtree,
    "home moved": lambda home: home.rename(home.with_name("moved")),
    "home replaced": _home_replaced,
    "home replaced by a file": lambda home: (shutil.rmtree(home), home.write_text("")),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_nothing_is_recorded_where_it_would_not_be_found(
    history: History, home: Path, make: Making, happening: str
) -> None:
    history.begin(make("before"), b"{}")
    HAPPENINGS[happening](home)
    with pytest.raises(
        HistoryReplacedError, match=r"was removed or replaced while it was open\. Open it again"
    ):
        history.begin(make("after"), b"{}")
    with pytest.raises(HistoryReplacedError):
        history.finish("before", OK, 1.0, None)


LOG_LEFT = ("history removed", "history renamed")


@pytest.mark.parametrize("happening", LOG_LEFT)
def test_a_log_that_is_left_of_a_history_is_set_aside_before_another_begins(
    history: History, home: Path, make: Making, happening: str
) -> None:
    history.begin(make("before"), b"{}")
    HAPPENINGS[happening](home)
    with pytest.raises(DamagedHistoryError) as raised:
        history.reopen()
    kept = set_aside(raised.value.path)
    assert kept.with_name(f"{kept.name}-wal").stat().st_size
    history.reopen()
    history.begin(make("after"), b"{}")
    assert recorded(history) == ["after"]


@pytest.mark.parametrize(
    "happening", [one for one in HAPPENINGS if one not in {"home replaced by a file", *LOG_LEFT}]
)
def test_opened_again_it_records_in_the_file_that_is_there_now(
    history: History, home: Path, make: Making, happening: str
) -> None:
    history.begin(make("before"), b"{}")
    HAPPENINGS[happening](home)
    history.reopen()
    history.begin(make("after"), b"{}")
    history.finish("after", OK, 1.0, None)
    reader = History(home / "history.db")
    assert recorded(reader)[0] == "after"
    assert reader.recover() == recorded(reader).count("before")
    reader.close()


def test_a_history_that_cannot_be_opened_again_goes_on_refusing_until_it_can(
    history: History, home: Path, make: Making
) -> None:
    HAPPENINGS["home replaced by a file"](home)
    with pytest.raises(StoreError, match="cannot be opened"):
        history.reopen()
    with pytest.raises(HistoryReplacedError):
        history.begin(make("early"), b"{}")
    home.unlink()
    history.reopen()
    history.begin(make("late"), b"{}")
    assert recorded(history) == ["late"]


def test_what_other_programs_do_with_the_same_file_replaces_nothing(
    history: History, home: Path, make: Making
) -> None:
    for number, statement in enumerate(("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE")):
        other = History(home / "history.db")
        other.begin(make(f"theirs{number}"), b"{}")
        with other._file.guarded() as connection:
            connection.execute(statement)
        other.close()
        history.begin(make(f"mine{number}"), b"{}")
    assert len(recorded(history)) == 6
