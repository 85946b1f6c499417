"""What a desk still has to push to its team. Rows are added in the transaction that makes them true."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.domain.model import Attempt, Settlement
from app.store.attempt_rows import WHOLE, index_words, settlement_values, whole_attempt
from app.store.database import transaction
from app.store.history_file import opened
from app.store.text import stored

Kind = Literal["attempt", "outcome", "settled", "noted", "handed_over", "release", "forget"]


class Pending(NamedTuple):
    """One row: what is to be pushed about an attempt. The content of one's own attempts is read when it is pushed."""

    number: int
    kind: Kind
    about: str
    body: Mapping[str, Any]


def enqueue(
    connection: sqlite3.Connection,
    account: str,
    kind: Kind,
    about: str,
    body: Mapping[str, Any] | None = None,
) -> None:
    values = (stored(account), kind, stored(about), body and json.dumps(body))
    connection.execute("INSERT INTO outbox (account, kind, about, body) VALUES (?, ?, ?, ?)", values)


def enqueue_if_shared(connection: sqlite3.Connection, attempt_id: str, kind: Kind) -> None:
    """Adds a row about an attempt if it is on a team's account."""
    connection.execute(
        "INSERT INTO outbox (account, kind, about) SELECT account, ?, attempt_id FROM attempts "
        "WHERE attempt_id = ? AND team IS NOT NULL",
        (kind, stored(attempt_id)),
    )


def enqueue_outcomes(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    connection.execute(
        "INSERT INTO outbox (account, kind, about) SELECT account, 'outcome', attempt_id FROM attempts "
        "WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )


class Outbox:
    """The outbox of one account in the history at `path`, for any thread. Raises StoreError."""

    def __init__(self, path: Path, account: str) -> None:
        self._path = path
        self._account = stored(account)

    def add(self, kind: Kind, *about: str, body: Mapping[str, Any] | None = None) -> None:
        with opened(self._path) as connection, transaction(connection):
            for one in about:
                enqueue(connection, self._account, kind, one, body)

    def pending(self, limit: int) -> Sequence[Pending]:
        with opened(self._path) as connection:
            rows = connection.execute(
                "SELECT number, kind, about, body FROM outbox WHERE account = ? ORDER BY number LIMIT ?",
                (self._account, limit),
            ).fetchall()
        return [
            Pending(row["number"], row["kind"], row["about"], json.loads(row["body"] or "{}")) for row in rows
        ]

    def count(self) -> int:
        with opened(self._path) as connection:
            sql = "SELECT count(*) FROM outbox WHERE account = ?"
            return int(connection.execute(sql, (self._account,)).fetchone()[0])

    def done(self, up_to: int) -> None:
        with opened(self._path) as connection, transaction(connection):
            values = (self._account, up_to)
            connection.execute("DELETE FROM outbox WHERE account = ? AND number <= ?", values)


def read_attempts(path: Path, attempt_ids: Sequence[str]) -> Mapping[str, Attempt]:
    with opened(path) as connection:
        sql = f"SELECT {WHOLE} WHERE attempt_id IN (SELECT value FROM json_each(?))"
        rows = connection.execute(sql, (json.dumps([stored(one) for one in attempt_ids]),))
        found = [whole_attempt(row) for row in rows]
    return {one.attempt_id: one for one in found}


def settle_from_team(path: Path, attempt_id: str, settlement: Settlement) -> None:
    """Records what a colleague found out, if this desk has the attempt and its outcome is unknown. Raises StoreError."""
    with opened(path) as connection, transaction(connection):
        values = (*settlement_values(settlement).values(), stored(attempt_id))
        connection.execute(
            "UPDATE attempts SET settlement = ?, settlement_note = ?, settled_at = ? "
            "WHERE attempt_id = ? AND outcome = 'unknown'",
            values,
        )
        index_words(connection, "attempt_id = ?", stored(attempt_id))


def attempts_on(path: Path, account: str) -> set[tuple[str, str]]:
    """Every key id and external id of the attempts on an account. Raises StoreError."""
    sql = "SELECT DISTINCT key_id, external_id FROM attempts WHERE account = ?"
    with opened(path) as connection:
        return {(row[0], row[1]) for row in connection.execute(sql, (stored(account),))}
