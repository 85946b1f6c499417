"""The changes of an attempt's rows, each inside the caller's transaction or one of its own."""

import sqlite3
from collections.abc import Mapping

from app.domain.model import Answer, NoReply, Settlement
from app.domain.outcome import UNKNOWN_REMEDY, outcome_of
from app.store.database import StoreError, transaction
from app.store.journal.rows import Value, answer_values, outcome_values, settlement_values
from app.store.text import restored, stored

INTERRUPTED = NoReply("interrupted", "maybe", "The program ended before the reply was recorded.")


def insert(
    connection: sqlite3.Connection, table: str, values: Mapping[str, Value], verb: str = "INSERT"
) -> int:
    """Adds a row; its number."""
    marks = ", ".join("?" * len(values))
    cursor = connection.execute(
        f"{verb} INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
    )
    return cursor.lastrowid or 0


def next_place(connection: sqlite3.Connection, account: str) -> int:
    """The place of the next attempt on this account."""
    row = connection.execute(
        "SELECT coalesce(max(place), 0) + 1 AS place FROM attempts WHERE account = ?", (stored(account),)
    ).fetchone()
    place: int = row["place"]
    return place


def record_answer(
    connection: sqlite3.Connection,
    attempt_id: str,
    answer: Answer,
    elapsed_ms: float | None,
    remedy: str | None,
) -> int:
    """Gives an attempt that is under way, or was taken for interrupted, its outcome; its row number.

    Raises StoreError for any other attempt.
    """
    values = outcome_values(answer, outcome_of(answer), elapsed_ms)
    row = connection.execute(
        "SELECT number FROM attempts LEFT JOIN answers ON attempt = number WHERE attempt_id = ? "
        "AND (outcome = 'sending' OR (outcome = 'unknown' AND reason = ?))",
        (stored(attempt_id), INTERRUPTED.reason),
    ).fetchone()
    if row is None:
        raise StoreError(f"The attempt {attempt_id} is not under way; its outcome stays as recorded.")
    number: int = row["number"]
    connection.execute(
        f"UPDATE attempts SET {', '.join(f'{column} = ?' for column in values)} WHERE number = ?",
        (*values.values(), number),
    )
    insert(connection, "answers", {"attempt": number, **answer_values(answer, remedy)}, "INSERT OR REPLACE")
    return number


def record_settlement(connection: sqlite3.Connection, attempt_id: str, settlement: Settlement) -> None:
    """Puts a settlement, a second one in place of the first, beside an unknown outcome.

    Raises StoreError for any other attempt.
    """
    values = settlement_values(settlement)
    changed = connection.execute(
        f"UPDATE attempts SET {', '.join(f'{column} = ?' for column in values)} "
        "WHERE attempt_id = ? AND outcome = 'unknown'",
        (*values.values(), stored(attempt_id)),
    )
    if not changed.rowcount:
        raise StoreError(f"The attempt {attempt_id} has no unknown outcome: there is nothing to settle.")


def interrupt(connection: sqlite3.Connection, owner: str | None) -> int:
    """Makes `unknown` what is still `sending` by an owner that is gone; the number of such attempts."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT attempt_id FROM attempts WHERE outcome = 'sending' AND owner IS ?", (owner,)
        ).fetchall()
        for row in rows:
            attempt_id = restored(row["attempt_id"])
            record_answer(connection, attempt_id, INTERRUPTED, None, f"{INTERRUPTED.detail} {UNKNOWN_REMEDY}")
    return len(rows)


def forget(connection: sqlite3.Connection, account: str) -> int:
    """Deletes the attempts on one account that are not under way, and closes the gaps between those; their number."""
    deleted = connection.execute(
        "DELETE FROM attempts WHERE account = ? AND outcome != 'sending'", (stored(account),)
    ).rowcount
    number_anew(connection, account)
    return deleted


def number_anew(connection: sqlite3.Connection, account: str) -> None:
    """Places without gaps. By way of negative ones, since no two may be the same at any moment."""
    connection.execute("UPDATE attempts SET place = -place WHERE account = ?", (stored(account),))
    connection.execute(
        "UPDATE attempts SET place = ordered.place FROM (SELECT number AS kept, row_number() OVER (ORDER BY place DESC) "
        "AS place FROM attempts WHERE account = ?) AS ordered WHERE number = ordered.kept",
        (stored(account),),
    )
