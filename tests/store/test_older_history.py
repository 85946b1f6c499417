"""A history written by the version before opens with everything in it, and can be searched."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.history_query import Clock, parse_query
from app.domain.model import Outcome, Settlement
from app.store.attempts import History
from app.store.database import open_database
from app.store.schema import HISTORY

OLD = Path(__file__).with_name("history_of_version_2.sql")
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text(encoding="utf-8"))
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"history-index.db{ending}").write_bytes(b"the words of yesterday")
    return path


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = History(path)
    yield history
    history.close()


def found(history: History, line: str, account: str | None = None) -> list[int]:
    rows = history.search.rows(parse_query(line, Clock(START)), account)
    rows.read_first()
    return [int(row.attempt_id[:8]) for row in rows.rows(0, 50)]


def test_every_attempt_is_there_with_its_note_and_its_settlement(history: History) -> None:
    attempts = {int(one.attempt_id[:8]): one for one in history.attempts(None, 0)}
    assert {number: one.outcome for number, one in attempts.items()} == {
        1: Outcome.ACCEPTED,
        2: Outcome.REJECTED,
        3: Outcome.UNKNOWN,
        4: Outcome.NOT_SENT,
        5: Outcome.UNKNOWN,
        6: Outcome.PARTIAL,
        7: Outcome.SENDING,
        8: Outcome.UNKNOWN,
    }
    assert attempts[2].note == "asked Odin"
    assert attempts[2].parent_id == attempts[1].attempt_id
    assert attempts[3].settlement == Settlement(
        True, "seen in Walhalla", datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    )
    assert attempts[5].settlement == Settlement(False, "", datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    assert attempts[1].request.data == {"global": {"item": "Hammer of Thor"}}
    assert history.request_body(attempts[1].attempt_id).startswith(b'{"key_id":"3"')


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("", [8, 7, 6, 5, 4, 3, 2, 1]),
        ("hammer", [1]),
        ("odin", [2]),
        ("walhalla", [3]),
        ("gateway", [8]),
        ("contact:thor*", [8, 7, 5, 2, 1]),
        ("previous:accepted", [2]),
        ("previous:rejected", [5]),
        ("previous:unknown", [7, 4]),
        ("settled:no", [8]),
        ("settled:arrived,did-not", [5, 3]),
        ("sort:event outcome:accepted,not_sent", [4, 1]),
    ],
)
def test_it_is_searched_as_any_other(history: History, line: str, numbers: list[int]) -> None:
    assert found(history, line) == numbers


def test_what_was_under_way_is_recovered_and_told_to_the_next(history: History) -> None:
    assert history.recover() == 1
    assert found(history, "outcome:unknown", "shop") == [7, 5, 3]
    assert found(history, "recorded") == [7]


def test_the_index_beside_it_is_removed(history: History) -> None:
    assert not list(history.path.parent.glob("history-index.db*"))


def test_a_migration_that_fails_leaves_the_older_history_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE requests SET data = 'no \\ JSON' WHERE attempt = 8")
        connection.commit()
    with pytest.raises(ValueError, match="Expecting value"):
        History(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*), max(place) FROM attempts").fetchone() == (8, 6)


VERSION_4 = """
INSERT INTO attempts (
    attempt_id, profile, account, event_id, key_id, external_id, started_at, outcome, http_status, reply_code, note
) VALUES
    ('00000001', 'shop', 'shop', '100', '3', 'thor@example.com', 0, 'accepted', 200, 0, NULL),
    ('00000002', 'shop', 'shop', '100', 'id', '11', 0, 'unknown', 502, NULL, 'asked Øystein');
INSERT INTO requests VALUES (1, x'7b7d', NULL), (2, x'7b7d', NULL);
INSERT INTO answers (attempt, body) VALUES (1, x'7b7d'), (2, x'3c68313e');
INSERT INTO words (rowid, text) VALUES (1, 'thor@example.com'), (2, 'asked Øystein');
"""


def test_a_history_of_the_version_before_keeps_all_and_knows_no_contacts(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(open_database(path, HISTORY._replace(steps=HISTORY.steps[:4]))) as connection:
        connection.executescript(VERSION_4)
    with closing(History(path)) as history:
        rows = history.search.rows(parse_query("", Clock(START)), None)
        rows.read_first()
        assert [(row.contact_name, row.description) for row in rows.rows(0, 5)] == [
            ("", "HTTP 502 without a reply code: a web page, not a reply of the API."),
            ("", "OK"),
        ]
        assert [attempt.contact for attempt in history.attempts(None, 0)] == [None, None]
        assert (found(history, "thor"), found(history, "asked")) == ([1], [2])


@pytest.mark.parametrize("version", [4, 10])
def test_texts_that_were_kept_as_bytes_are_texts_with_half_characters_replaced(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "history.db"
    with closing(open_database(path, HISTORY._replace(steps=HISTORY.steps[:version]))) as connection:
        connection.executescript(VERSION_4)
        connection.execute(
            "UPDATE attempts SET external_id = x'7468eda0806f72', note = x'c398eda080' WHERE number = 2"
        )
    with closing(History(path)) as history:
        attempt = history.get("00000002")
        assert attempt is not None
        assert (attempt.request.external_id, attempt.note) == (
            "th\ufffd\ufffd\ufffdor",
            "\u00d8\ufffd\ufffd\ufffd",
        )
        assert found(history, "note:\u00d8*") == [2]
