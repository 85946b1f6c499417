"""Deletes old attempts, if the profile limits how long to keep them.

Attempts that are being sent or unresolved stay, since they still need attention.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.store.attempt_words import merge_words
from app.store.bulk_attempts import delete
from app.store.database import transaction
from app.store.history_file import HistoryFile
from app.store.text import microseconds, moment, stored

_DOOMED = """
    account = :account AND outcome != 'sending' AND NOT (outcome = 'unknown' AND settlement IS NULL)
    AND ((:before IS NOT NULL AND started_at < :before) OR (:rows > 0 AND number <=
        (SELECT number FROM attempts WHERE account = :account ORDER BY number DESC LIMIT 1 OFFSET :rows)))
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long to keep the attempts of one account: at most `days` days, and at most `rows` rows; 0 means no limit."""

    account: str
    days: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Doomed:
    """The number of attempts that would be deleted, and the times of the oldest and the newest."""

    attempts: int
    oldest: datetime
    newest: datetime


def doomed(path: Path, retention: Retention, now: datetime) -> Doomed | None:
    """The attempts that `let_go` would delete; None if there are none. Raises StoreError."""
    file = HistoryFile(path)
    try:
        with file.guarded() as connection:
            row = connection.execute(
                "SELECT count(*) AS attempts, min(started_at) AS oldest, max(started_at) AS newest "
                f"FROM attempts WHERE {_DOOMED}",
                _values(retention, now),
            ).fetchone()
    finally:
        file.close()
    if not row["attempts"]:
        return None
    return Doomed(row["attempts"], moment(row["oldest"]), moment(row["newest"]))


def let_go(path: Path, retention: Retention, now: datetime) -> int:
    """Deletes expired attempts with their requests and replies; returns their number. Raises StoreError."""
    file = HistoryFile(path)
    try:
        with file.guarded() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with transaction(connection):
                gone = delete(connection, _DOOMED, _values(retention, now))
            if gone:
                merge_words(connection)
    finally:
        file.close()
    return gone


def _values(retention: Retention, now: datetime) -> dict[str, object]:
    before = microseconds(now - timedelta(days=retention.days)) if retention.days else None
    return {"account": stored(retention.account), "before": before, "rows": retention.rows}
