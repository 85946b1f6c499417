"""Many finished attempts at once, and those of one origin out again: for histories that are made up, not sent.

Separate from `write`, where every attempt is a transaction of its own: here none of them was ever under way.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.domain.model import Attempt
from app.domain.wire import trigger_body
from app.store.database import transaction
from app.store.journal.file import HistoryFile
from app.store.journal.rows import (
    Value,
    answer_values,
    attempt_values,
    outcome_values,
    request_values,
    settlement_values,
)
from app.store.journal.write import next_place, number_anew
from app.store.text import stored

_BATCH = 5000
_CACHE_KILOBYTES = 131_072
_PAGES_BETWEEN_CHECKPOINTS = 20_000

Rows = list[dict[str, Value]]


def add_finished(path: Path, attempts: Iterable[Attempt], owner: str) -> Iterator[int]:
    """Adds attempts on one account, each with its answer, the newest last; the number so far, every 5,000.

    `owner` is what `remove_owned` finds them by. What was told is on the disk. Raises StoreError.
    """
    remaining = iter(attempts)
    done = 0
    file = HistoryFile(path)
    try:
        # A million rows meet six indexes in no order: their pages must stay at hand.
        file.connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        file.connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}")
        while batch := tuple(islice(remaining, _BATCH)):
            with file.guarded() as connection, transaction(connection):
                _add(connection, batch, owner)
            done += len(batch)
            yield done
    finally:
        file.close()


def remove_owned(path: Path, account: str, owner: str) -> int:
    """Deletes the attempts that `add_finished` added for this owner; their number. Raises StoreError."""
    file = HistoryFile(path)
    try:
        with file.guarded() as connection, transaction(connection):
            gone = connection.execute(
                "DELETE FROM attempts WHERE account = ? AND owner = ? AND outcome != 'sending'",
                (stored(account), owner),
            ).rowcount
            if gone:
                number_anew(connection, account)
    finally:
        file.close()
    return gone


def _add(connection: sqlite3.Connection, batch: Sequence[Attempt], owner: str) -> None:
    number = connection.execute("SELECT coalesce(max(number), 0) FROM attempts").fetchone()[0]
    place = next_place(connection, batch[0].account)
    attempts: Rows = []
    requests: Rows = []
    answers: Rows = []
    for offset, attempt in enumerate(batch):
        number += 1
        assert attempt.answer is not None  # noqa: S101 - the caller's promise: each has its answer
        attempts.append(
            {
                "number": number,
                **attempt_values(attempt, owner),
                **outcome_values(attempt.answer, attempt.outcome, attempt.elapsed_ms),
                **settlement_values(attempt.settlement),
                "place": place + offset,
            }
        )
        requests.append(request_values(number, attempt.request, trigger_body(attempt.request)))
        answers.append({"attempt": number, **_NO_ANSWER, **answer_values(attempt.answer, attempt.remedy)})
    for table, rows in (("attempts", attempts), ("requests", requests), ("answers", answers)):
        marks = ", ".join(f":{column}" for column in rows[0])
        connection.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)


_NO_ANSWER: dict[str, Value] = dict.fromkeys(
    (
        "remedy",
        "reason",
        "sent",
        "detail",
        "body",
        "body_length",
        "reply_text",
        "errors",
        "location",
        "date",
        "retry_after",
        "limit_reset",
    )
)
