"""Retention: what is shown is what goes, and what still asks for something stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.model import Attempt, NoReply, Reply, Settlement, TriggerRequest
from app.domain.wire import trigger_body
from app.store.attempts import History
from app.store.erasure import Retention, doomed, let_go

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OK = Reply(200, 0, "OK", body=b"{}", body_length=2)
LOST = NoReply("reset", "maybe", "It broke.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = History(path)
    yield history
    history.close()


def made(
    history: History, number: int, days: int, answer: Reply | NoReply | None = OK, account: str = "shop"
) -> str:
    attempt_id = f"{number:08}-0000-4000-8000-000000000000"
    request = TriggerRequest("100", "3", f"p{number}@example.com")
    attempt = Attempt(attempt_id, account, account, request, None, NOW - timedelta(days=days), None)
    history.begin(attempt, trigger_body(request))
    if answer is not None:
        history.finish(attempt_id, answer, 1.0, None)
    return attempt_id


def left(history: History, account: str = "shop") -> list[str]:
    return [attempt.request.external_id.partition("@")[0] for attempt in history.attempts(account, 0)]


def test_nothing_goes_unless_asked_for(history: History, path: Path) -> None:
    made(history, 1, 9999)
    assert doomed(path, Retention("shop"), NOW) is None
    assert let_go(path, Retention("shop"), NOW) == 0
    assert left(history) == ["p1"]


def test_what_is_older_goes_with_its_bodies(history: History, path: Path) -> None:
    for number, days in ((1, 40), (2, 31), (3, 29), (4, 0)):
        made(history, number, days)
    made(history, 5, 99, account="other")
    shown = doomed(path, Retention("shop", days=30), NOW)
    assert shown is not None
    assert (shown.attempts, shown.oldest, shown.newest) == (
        2,
        NOW - timedelta(days=40),
        NOW - timedelta(days=31),
    )
    assert let_go(path, Retention("shop", days=30), NOW) == 2
    assert left(history) == ["p4", "p3"]
    assert left(history, "other") == ["p5"]
    history.close()
    assert b"p1@example.com" not in path.read_bytes()


def test_more_than_the_number_go_oldest_first(history: History, path: Path) -> None:
    for number in range(1, 8):
        made(history, number, 0)
    assert let_go(path, Retention("shop", rows=3), NOW) == 4
    assert left(history) == ["p7", "p6", "p5"]
    assert let_go(path, Retention("shop", rows=3), NOW) == 0


def test_what_is_unknown_or_under_way_stays_until_it_is_settled(history: History, path: Path) -> None:
    lost = made(history, 1, 40, LOST)
    made(history, 2, 40)
    made(history, 3, 40, None)
    made(history, 4, 40)
    made(history, 5, 0)
    assert let_go(path, Retention("shop", days=30), NOW) == 2
    assert left(history) == ["p5", "p3", "p1"]
    made(history, 6, 0)
    assert left(history) == ["p6", "p5", "p3", "p1"]
    history.resolve(lost, Settlement(True, "", NOW))
    assert let_go(path, Retention("shop", days=30), NOW) == 1
    assert left(history) == ["p6", "p5", "p3"]
