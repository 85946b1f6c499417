"""The journal: what is committed when, what comes back, who may change it, and what a crash leaves."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.history_query import HistoryQuery
from app.domain.model import UNKNOWN_REMEDY, Answer, NoReply, Outcome, Reply
from app.domain.wire import parse_reply, trigger_body
from app.store.attempts import AttemptRow, DamagedHistoryError, History
from app.store.database import StoreError
from app.store.row_ids import RowIds
from tests.store.conftest import STARTED, Making

OK = parse_reply(200, b'{"replyCode":0,"replyText":"OK","data":""}')
REFUSED = parse_reply(
    400, b'{"replyCode":2008,"replyText":"No contact found with the external id: 3 - a","data":""}'
)

BEGIN_AND_WAIT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from app.domain.model import Attempt, TriggerRequest
from app.store.attempts import History
history = History(Path(sys.argv[1]))
request = TriggerRequest("100", "3", "thor@example.com")
history.begin(Attempt(sys.argv[2], "sandbox", "here", request, None, datetime.now(UTC), None), b"{}")
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun the attempt `theirs` and lives until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN_AND_WAIT, str(home / "history.db"), "theirs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    yield process
    process.kill()
    process.communicate()


def rows_on_disk(home: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home / "history.db")) as connection:
        return connection.execute("SELECT attempt_id, outcome FROM attempts ORDER BY number").fetchall()


def test_an_attempt_is_in_the_file_before_it_is_sent(history: History, home: Path, make: Making) -> None:
    history.begin(make("one"), b"{}")
    assert rows_on_disk(home) == [("one", "sending")]
    assert history.get("one") == make("one")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (OK, Outcome.ACCEPTED),
        (REFUSED, Outcome.REJECTED),
        (parse_reply(502, b"<html>bad gateway</html>"), Outcome.UNKNOWN),
        (NoReply("refused", "no", "Nobody answers there."), Outcome.NOT_SENT),
        (NoReply("stopped", "maybe", "Stopped while waiting."), Outcome.UNKNOWN),
        (
            parse_reply(
                200,
                b'{"replyCode":0,"replyText":"OK","data":{"errors":{"a@example.com":{"2008":"No contact"}}}}',
                {"location": "/x", "date": "now", "retry-after": "7", "x-ratelimit-reset": "8"},
            ),
            Outcome.PARTIAL,
        ),
        (Reply(200, 2**63 - 1, "the largest code"), Outcome.REJECTED),
        (Reply(200, -(2**63), ""), Outcome.REJECTED),
        (Reply(200, None, None, body=b"\x00\xff" * 500), Outcome.UNKNOWN),
        (Reply(200, 0, "x" * 100_000), Outcome.ACCEPTED),
        (Reply(200, 0, "y" * 1000), Outcome.ACCEPTED),
    ],
)
def test_what_came_back_is_kept_whole(
    history: History, make: Making, answer: Answer, outcome: Outcome
) -> None:
    history.begin(make("one"), b"{}")
    finished = replace(make("one"), outcome=outcome, answer=answer, elapsed_ms=12.25, remedy="Do this.")
    assert history.finish("one", answer, 12.25, "Do this.") == finished
    assert history.get("one") == finished


def test_the_request_is_kept_as_it_left(history: History, make: Making) -> None:
    attempt = make("one", data={"global": {"itemName": "hammer", "price": 1.5, "many": [1, None, True]}})
    history.begin(attempt, trigger_body(attempt.request))
    assert history.request_body("one") == trigger_body(attempt.request)
    assert history.get("one") == attempt


def test_event_data_are_kept_beside_a_body_that_does_not_hold_them(history: History, make: Making) -> None:
    history.begin(make("one", data={"a": 1}), b"not JSON at all")
    history.begin(make("two"), b'{"data": {"a": 1}}')
    assert history.get("one") == make("one", data={"a": 1})
    assert history.get("two") == make("two")


text = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(external_id=text, name=text | st.none(), reply_text=text | st.none(), detail=text)
def test_any_text_comes_back_equal(
    history: History,
    make: Making,
    external_id: str,
    name: str | None,
    reply_text: str | None,
    detail: str,
) -> None:
    attempt_id = str(sum(1 for _ in history.attempts(None, 0)))
    attempt = make(attempt_id, external_id=external_id, event_name=name)
    history.begin(attempt, trigger_body(attempt.request))
    answer = Reply(200, 0, reply_text, errors={"": {detail: external_id}}, location=detail)
    history.finish(attempt_id, answer, 1.0, detail)
    assert history.get(attempt_id) == replace(
        attempt, outcome=Outcome.PARTIAL, answer=answer, elapsed_ms=1.0, remedy=detail
    )


def test_hostile_text_is_kept_and_listed(history: History, make: Making) -> None:
    texts = ("a\0b", "x" * 100_000, "\x1b]0;title\x07", "'; DROP TABLE attempts; --", "")
    for number, hostile in enumerate(texts):
        attempt_id = f"{number}{hostile}"
        attempt = make(attempt_id, external_id=hostile, event_name=hostile, account=hostile)
        history.begin(attempt, trigger_body(attempt.request))
        history.finish(attempt_id, Reply(400, 1, hostile), 1.0, hostile)
        rows = listed(history, hostile).rows(0, 10)
        assert [(row.attempt_id, row.external_id, row.event_name) for row in rows] == [
            (attempt_id, hostile, hostile)
        ]
        assert [row.reply_text for row in rows] == [hostile[:1000]]
        found = history.get(attempt_id)
        assert found is not None
        assert found.answer == Reply(400, 1, hostile)


def test_the_same_attempt_is_not_begun_twice(history: History, make: Making) -> None:
    history.begin(make("one"), b"first")
    with pytest.raises(StoreError, match="already recorded"):
        history.begin(make("one"), b"second")
    assert history.request_body("one") == b"first"


def test_an_outcome_is_given_once(history: History, make: Making) -> None:
    history.begin(make("one"), b"{}")
    history.finish("one", REFUSED, 1.0, None)
    with pytest.raises(StoreError, match="not under way"):
        history.finish("one", OK, 1.0, None)
    found = history.get("one")
    assert found is not None
    assert found.answer == REFUSED


def test_what_was_never_begun_is_not_there(history: History) -> None:
    assert history.get("none") is None
    with pytest.raises(StoreError, match="no attempt none"):
        history.request_body("none")
    with pytest.raises(StoreError, match="not under way"):
        history.finish("none", OK, 1.0, None)


def test_it_is_all_there_after_a_restart(home: Path, make: Making) -> None:
    first = History(home / "history.db")
    first.begin(make("one"), b"{}")
    finished = first.finish("one", OK, 3.0, None)
    first.close()
    second = History(home / "history.db")
    assert second.recover() == 0
    assert second.get("one") == finished
    second.close()


# Interrupted


def test_what_a_killed_process_was_sending_becomes_unknown(
    history: History, other: subprocess.Popen[str], home: Path
) -> None:
    other.kill()
    other.wait()
    assert history.recover() == 1
    found = history.get("theirs")
    assert found is not None
    assert found.outcome is Outcome.UNKNOWN
    assert isinstance(found.answer, NoReply)
    assert (found.answer.reason, found.answer.sent) == ("interrupted", "maybe")
    assert found.remedy is not None
    assert found.remedy.endswith(UNKNOWN_REMEDY)
    assert history.recover() == 0
    assert list((home / "owners").iterdir()) == []


def test_what_a_living_process_is_sending_is_left_alone(
    history: History, make: Making, other: subprocess.Popen[str]
) -> None:
    history.begin(make("mine"), b"{}")
    assert history.recover() == 0
    assert [row.outcome for row in listed(history, None).rows(0, 9)] == [Outcome.SENDING] * 2


def test_a_process_that_ends_without_an_outcome_leaves_unknown(
    history: History, other: subprocess.Popen[str]
) -> None:
    other.communicate()
    assert history.recover() == 1


def test_who_sent_it_knows_better_than_who_took_it_for_interrupted(
    history: History, home: Path, make: Making
) -> None:
    history.begin(make("one"), b"{}")
    for lock in (home / "owners").iterdir():
        lock.unlink()
    another = History(home / "history.db")
    assert another.recover() == 1
    another.close()
    assert history.finish("one", OK, 2.0, None).outcome is Outcome.ACCEPTED


def test_names_that_are_no_owner_are_never_touched(history: History, home: Path, make: Making) -> None:
    history.begin(make("one"), b"{}")
    precious = home / "precious.txt"
    precious.write_text("mine")
    (home / "owners" / "notes.txt").write_text("mine")
    with closing(sqlite3.connect(home / "history.db")) as connection:
        connection.execute("UPDATE attempts SET owner = '../precious.txt'")
        connection.commit()
    assert history.recover() == 1
    assert precious.read_text() == (home / "owners" / "notes.txt").read_text() == "mine"


# Others at the same file


def test_another_writer_is_noticed_once(history: History, home: Path, make: Making) -> None:
    another = History(home / "history.db")
    history.begin(make("mine"), b"{}")
    assert not history.changed()
    another.begin(make("theirs"), b"{}")
    assert history.changed()
    assert not history.changed()
    another.close()


def test_two_writers_lose_nothing(home: Path, make: Making) -> None:
    def write(name: str) -> None:
        mine = History(home / "history.db")
        for number in range(40):
            mine.begin(make(f"{name}{number}"), b"{}")
            mine.finish(f"{name}{number}", OK, 1.0, None)
        mine.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rows_on_disk(home)) == sorted(
        (f"{name}{n}", "accepted") for name in "ab" for n in range(40)
    )


# What goes wrong


def test_a_locked_history_refuses_to_begin(home: Path, make: Making) -> None:
    history = History(home / "history.db", busy_seconds=0.05)
    with closing(sqlite3.connect(home / "history.db", isolation_level=None)) as another:
        another.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked by another program"):
            history.begin(make("one"), b"{}")
    history.begin(make("one"), b"{}")
    history.close()


def test_a_full_disk_refuses_to_begin_and_keeps_what_was(history: History, make: Making) -> None:
    history.begin(make("one"), b"{}")
    connection = history._file.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        history.begin(make("two"), b"x" * 100_000)
    with pytest.raises(StoreError, match="disk is full"):
        history.finish("one", Reply(200, 0, "OK", body=b"x" * 100_000), 1.0, None)
    assert history.get("two") is None
    assert history.get("one") == make("one")
    connection.execute("PRAGMA max_page_count = 1000000")
    assert history.finish("one", OK, 1.0, None).outcome is Outcome.ACCEPTED


def test_a_history_that_cannot_be_written_refuses_to_begin(history: History, make: Making) -> None:
    history._file.connection.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreError, match="cannot be written"):
        history.begin(make("one"), b"{}")


def test_a_history_that_is_no_database_is_said_to_be_damaged_and_kept(home: Path) -> None:
    home.mkdir()
    (home / "history.db").write_bytes(b"a letter " * 1000)
    with pytest.raises(DamagedHistoryError, match="Nothing is sent until it is set aside"):
        History(home / "history.db")
    assert (home / "history.db").read_bytes() == b"a letter " * 1000


def test_damage_within_is_said_when_it_shows_and_nothing_is_overwritten(home: Path, make: Making) -> None:
    history = History(home / "history.db")
    for number in range(200):
        history.begin(make(str(number), external_id="x" * 500), b"{}")
    history.close()
    whole = (home / "history.db").read_bytes()
    damaged = whole[:4096] + b"\xaa" * (len(whole) - 4096)
    (home / "history.db").write_bytes(damaged)
    with pytest.raises(DamagedHistoryError, match="damaged"):
        _use(home, make)
    assert (home / "history.db").read_bytes() == damaged


def _use(home: Path, make: Making) -> None:
    with closing(History(home / "history.db")) as history:
        listed(history, "here").rows(0, 50)
        history.begin(make("new"), b"{}")


# Lists


def fill(history: History, make: Making, count: int, account: str = "here") -> None:
    for number in range(count):
        history.begin(make(f"{account}{number}", account=account), b"{}")


def listed(history: History, account: str | None) -> RowIds[AttemptRow]:
    rows = history.search.rows(HistoryQuery(), account)
    rows.read_first()
    return rows


def ids(rows: object) -> list[str]:
    return [row.attempt_id for row in rows]  # type: ignore[attr-defined]


def test_the_newest_stands_first_and_each_account_by_itself(history: History, make: Making) -> None:
    fill(history, make, 3)
    fill(history, make, 2, "there")
    assert ids(listed(history, "here").rows(0, 10)) == ["here2", "here1", "here0"]
    assert ids(listed(history, "there").rows(0, 10)) == ["there1", "there0"]
    assert ids(listed(history, None).rows(1, 3)) == ["there0", "here2", "here1"]
    assert (listed(history, "here").total, listed(history, None).total) == (3, 5)
    assert listed(history, "nowhere").total == 0
    assert list(listed(history, "nowhere").rows(0, 5)) == []


def test_a_row_shows_what_a_list_needs(history: History, make: Making) -> None:
    history.begin(make("one"), b"{}")
    history.finish("one", REFUSED, 4.5, None)
    (row,) = listed(history, "here").rows(0, 1)
    assert (row.started_at, row.outcome, row.event_id, row.event_name, row.key_id, row.external_id) == (
        STARTED,
        Outcome.REJECTED,
        "100",
        "Purchase confirmed",
        "3",
        "thor@example.com",
    )
    assert (row.http_status, row.reply_code, row.elapsed_ms, row.profile) == (400, 2008, 4.5, "sandbox")
    assert row.reply_text == "No contact found with the external id: 3 - a"


@pytest.mark.parametrize("account", ["here", None])
def test_new_attempts_stand_on_top_of_the_next_window_and_not_in_the_earlier_one(
    history: History, home: Path, make: Making, account: str | None
) -> None:
    fill(history, make, 5)
    earlier = listed(history, account)
    read = earlier.rows(2, 1)[0]
    with closing(History(home / "history.db")) as another:
        another.begin(make("new"), b"{}")
    later = listed(history, account)
    assert (earlier.total, later.total) == (5, 6)
    assert ids(earlier.rows(0, 9)) == ["here4", "here3", "here2", "here1", "here0"]
    assert (earlier.position(read), later.position(read)) == (2, 3)
    assert later.position(later.rows(0, 1)[0]) == 0
    assert earlier.position(later.rows(0, 1)[0]) is None
    assert [later.position(row) for row in later.rows(0, 9)] == list(range(6))
    assert ids(later.rows(5, 9)) == ["here0"]


def test_all_accounts_together_are_listed_from_an_empty_history_on(history: History, make: Making) -> None:
    assert (listed(history, None).total, list(listed(history, None).rows(0, 5))) == (0, [])
    fill(history, make, 1)
    assert ids(listed(history, None).rows(0, 5)) == ["here0"]
    fill(history, make, 2, "there")
    assert ids(listed(history, None).rows(0, 5)) == ["there1", "there0", "here0"]


def test_every_attempt_can_be_streamed_and_the_first_few(history: History, make: Making) -> None:
    fill(history, make, 450)
    assert ids(history.attempts("here", 0)) == [f"here{n}" for n in reversed(range(450))]
    assert ids(history.attempts(None, 201)) == [f"here{n}" for n in reversed(range(249, 450))]
    assert ids(history.attempts("there", 0)) == []


def test_a_forgotten_account_keeps_what_is_under_way_and_counts_on_from_there(
    history: History, make: Making
) -> None:
    fill(history, make, 4)
    fill(history, make, 1, "there")
    for name in ("here0", "here2"):
        history.finish(name, OK, 1.0, None)
    assert history.forget("here") == 2
    assert (history.get("here0"), history.request_body("here1")) == (None, b"{}")
    with pytest.raises(StoreError, match="no attempt here0"):
        history.request_body("here0")
    history.begin(make("new"), b"{}")
    window = listed(history, "here")
    assert (window.total, ids(window.rows(0, 9))) == (3, ["new", "here3", "here1"])
    assert ids(listed(history, None).rows(0, 9)) == ["new", "there0", "here3", "here1"]
