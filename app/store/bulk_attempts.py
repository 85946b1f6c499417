"""Adds, answers and deletes many attempts at once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from app.domain.model import Answer, Attempt, Outcome
from app.domain.wire import trigger_body
from app.store.attempt_rows import (
    NO_ANSWER,
    Value,
    answer_values,
    attempt_values,
    index_words,
    outcome_values,
    settlement_values,
)
from app.store.database import transaction
from app.store.history_file import opened
from app.store.outbox import enqueue_outcomes
from app.store.text import stored

_BATCH = 5000
_CACHE_KILOBYTES = 131_072
_PAGES_BETWEEN_CHECKPOINTS = 20_000

Rows = list[dict[str, Value]]


def add_finished(path: Path, attempts: Iterable[Attempt], owner: str) -> Iterator[int]:
    """Adds attempts on one account, each with its answer, the newest last; yields the number so far every 5,000.

    `remove_owned` finds them by `owner`. The attempts counted are on disk. Raises StoreError.
    """
    remaining = iter(attempts)
    done = 0
    with opened_for_many(path) as connection:
        while batch := tuple(islice(remaining, _BATCH)):
            with transaction(connection):
                index_words(connection, "number >= ?", add(connection, batch, owner))
            done += len(batch)
            yield done


@contextmanager
def opened_for_many(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for writing many attempts. Raises StoreError.

    They go into the indexes in random order: the cache must hold the pages of the indexes, and the log must be copied into
    the file less often than after each batch, which changes thousands of pages.
    """
    with opened(path) as connection:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}")
        yield connection


def remove_owned(path: Path, account: str, owner: str) -> int:
    """Deletes the attempts that `add_finished` added for this owner; returns their number. Raises StoreError."""
    with opened(path) as connection, transaction(connection):
        values = {"account": stored(account), "owner": owner}
        return delete(connection, "account = :account AND owner = :owner", values)


def add(connection: sqlite3.Connection, attempts: Sequence[Attempt], owner: str) -> int:
    """Adds attempts, which have all an answer or none; returns the row number of the first."""
    first: int = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM attempts").fetchone()[0]
    rows, requests, answers = Rows(), Rows(), Rows()
    for number, attempt in enumerate(attempts, start=first):
        values: dict[str, Value] = {"number": number, **attempt_values(attempt, owner)}
        if attempt.answer is not None:
            values |= outcome_values(attempt.answer, attempt.outcome, attempt.elapsed_ms)
            values |= settlement_values(attempt.settlement)
            answers.append({"attempt": number, **NO_ANSWER, **answer_values(attempt.answer, attempt.remedy)})
        rows.append(values)
        requests.append({"attempt": number, "body": trigger_body(attempt.request)})
    for table, added in (("attempts", rows), ("requests", requests), ("answers", answers)):
        insert(connection, table, added)
    connection.execute(
        "UPDATE attempts SET previous = (SELECT outcome FROM attempts AS earlier WHERE earlier.number = (SELECT "
        "max(number) FROM attempts AS one WHERE one.contact_mark = attempts.contact_mark AND one.number < attempts.number)) "
        "WHERE number >= ?",
        (first,),
    )
    return first


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Value]]) -> None:
    """Adds rows, which have all the same columns in the same order."""
    if rows:
        sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({', '.join('?' * len(rows[0]))})"
        connection.executemany(sql, [tuple(row.values()) for row in rows])


def record(
    connection: sqlite3.Connection,
    attempt_ids: Sequence[str],
    answer: Answer,
    outcome: Outcome,
    *,
    elapsed_ms: float | None = None,
    remedy: str | None = None,
) -> list[int]:
    """Records the answer to attempts that are being sent or marked as interrupted; returns their row numbers.

    Other attempts stay as they are.
    """
    # Ids are bound one by one: json_each ends a text at NUL.
    rows = connection.execute(
        "SELECT number, team IS NOT NULL AS is_shared FROM attempts LEFT JOIN answers ON attempt = number "
        f"WHERE attempt_id IN ({', '.join('?' * len(attempt_ids))}) "
        "AND (outcome = 'sending' OR outcome = 'unknown' AND reason = 'interrupted')",
        [stored(one) for one in attempt_ids],
    ).fetchall()
    numbers: list[int] = [row["number"] for row in rows]
    listed = json.dumps(numbers)
    outcomes = outcome_values(answer, outcome, elapsed_ms)
    connection.execute(
        f"UPDATE attempts SET {', '.join(f'{column} = ?' for column in outcomes)} "
        "WHERE number IN (SELECT value FROM json_each(?))",
        (*outcomes.values(), listed),
    )
    answers = answer_values(answer, remedy)
    connection.execute(
        f"INSERT OR REPLACE INTO answers (attempt, {', '.join(answers)}) "
        f"SELECT value, {', '.join('?' * len(answers))} FROM json_each(?)",
        (*answers.values(), listed),
    )
    _tell_next(connection, numbers)
    if shared := [row["number"] for row in rows if row["is_shared"]]:
        enqueue_outcomes(connection, shared)
    index_words(connection, "number IN (SELECT value FROM json_each(?))", listed)
    return numbers


def _tell_next(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Copies the outcome of each of these attempts to `previous` of the next one on the same contact."""
    connection.executemany(
        "UPDATE attempts SET previous = this.outcome FROM attempts AS this WHERE this.number = ?1 AND attempts.number = "
        "(SELECT min(number) FROM attempts WHERE contact_mark = this.contact_mark AND number > ?1)",
        [(number,) for number in numbers],
    )


def delete(connection: sqlite3.Connection, where: str, values: Mapping[str, object]) -> int:
    """Deletes attempts, except those being sent; returns the number deleted."""
    condition = f"outcome != 'sending' AND {where}"
    with previous_renewed(connection, condition, values):
        return connection.execute(f"DELETE FROM attempts WHERE {condition}", values).rowcount


@contextmanager
def previous_renewed(
    connection: sqlite3.Connection, where: str, values: Mapping[str, object]
) -> Iterator[None]:
    """Updates `previous` of all attempts on the contacts of the selected ones after the block has changed those."""
    connection.execute(
        "CREATE TEMP TABLE marks AS SELECT DISTINCT contact_mark FROM attempts "
        f"WHERE contact_mark IS NOT NULL AND {where}",
        values,
    )
    yield
    connection.execute(
        "UPDATE attempts SET previous = ordered.previous FROM (SELECT number AS of_number, "
        "lag(outcome) OVER (PARTITION BY contact_mark ORDER BY number) AS previous FROM attempts "
        "WHERE contact_mark IN (SELECT contact_mark FROM marks)) AS ordered "
        "WHERE number = of_number AND attempts.previous IS NOT ordered.previous"
    )
    connection.execute("DROP TABLE marks")
