"""The history of a home, held against what the endpoint received and gave."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from app.domain.model import Attempt, Outcome, Reply
from app.store.attempts import History
from tests.journal.server import Endpoint, Received


def recovered(home: Path) -> list[Attempt]:
    """Every attempt, as the next start finds them."""
    history = History(home / "history.db")
    try:
        history.recover()
        return list(history.attempts(None, 0))
    finally:
        history.close()


def check(endpoint: Endpoint, home: Path) -> list[Attempt]:
    """Every attempt, once all of this holds for them and for the file."""
    attempts = {attempt.attempt_id: attempt for attempt in recovered(home)}
    _check_received(endpoint.received, attempts)
    by_id = {received.trigger_id: received for received in endpoint.received}
    for attempt in attempts.values():
        _check_outcome(attempt, by_id.get(attempt.attempt_id))
    assert _integrity(home) == "ok"
    return list(attempts.values())


def _check_received(received: list[Received], attempts: dict[str, Attempt]) -> None:
    counted = Counter(one.trigger_id for one in received if one.trigger_id)
    assert [trigger_id for trigger_id, times in counted.items() if times > 1] == [], "received twice"
    assert counted.keys() <= attempts.keys(), "received, but not recorded"
    recorded = Counter(attempt.request.event_id for attempt in attempts.values())
    arrived = Counter(one.event_id for one in received)
    assert not arrived - recorded, "received in part, but not recorded"


def _check_outcome(attempt: Attempt, received: Received | None) -> None:
    assert attempt.outcome is not Outcome.SENDING
    if attempt.outcome is Outcome.NOT_SENT:
        assert received is None
    if isinstance(attempt.answer, Reply):
        assert received is not None
        assert received.gave == (attempt.answer.http_status, attempt.answer.reply_code)


def _integrity(home: Path) -> str:
    with closing(sqlite3.connect(home / "history.db")) as connection:
        result: str = connection.execute("PRAGMA integrity_check").fetchone()[0]
    return result
