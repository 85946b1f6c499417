"""The journal of attempts: a row is committed before the first byte leaves, and its outcome after.

Every text that came from outside is kept whole. One file serves every account and any number of processes.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.domain.advice import UNKNOWN_REMEDY
from app.domain.model import Answer, Attempt, NoReply
from app.domain.outcome import outcome_of
from app.store.database import DamagedError, StoreError, explained, open_database, transaction
from app.store.history_rows import (
    WHOLE,
    AttemptRow,
    Value,
    answer_values,
    attempt_values,
    data_beside,
    outcome_values,
    whole_attempt,
)
from app.store.history_windows import AttemptOrder
from app.store.owners import Owner
from app.store.schema import HISTORY
from app.store.text import restored, stored
from app.store.windows import AnchoredWindow, FoundWindow, ListWindow, RowWindow

__all__ = ["AttemptRow", "DamagedError", "DamagedHistoryError", "History"]

INTERRUPTED = NoReply("interrupted", "maybe", "The program ended before the reply was recorded.")
_PAGE = 200


class DamagedHistoryError(DamagedError):
    """The history is damaged; `database.set_aside` renames it, once the person has agreed."""


class History:
    """The attempts of every account of one home, for use on one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _open(path)
        self._owner = Owner(path.parent / "owners")
        self._version = self._data_version()
        self._windows: dict[str | None, AnchoredWindow[AttemptRow]] = {}

    def close(self) -> None:
        """Closes the file; what is still `sending` will be found interrupted."""
        self._connection.close()
        with explained(self._path, HISTORY.what):
            self._owner.close()

    def begin(self, attempt: Attempt, body: bytes) -> None:
        """Records an attempt as `sending`, on the disk when this returns.

        Raises StoreError where it cannot be recorded, also when its id already is.
        """
        with explained(self._path, HISTORY.what):
            values = attempt_values(attempt, self._owner.name())
            try:
                with transaction(self._connection):
                    number = self._insert("attempts", values)
                    self._insert(
                        "requests",
                        {"attempt": number, "body": body, "data": data_beside(attempt.request, body)},
                    )
            except sqlite3.IntegrityError as error:
                raise StoreError(
                    f"The attempt {attempt.attempt_id} is already recorded; send again as a new attempt."
                ) from error

    def finish(self, attempt_id: str, answer: Answer, elapsed_ms: float, remedy: str | None) -> Attempt:
        """Records what came back; the finished attempt.

        An attempt that another process took for interrupted meanwhile gets its true outcome: who sent it knows
        better. Raises StoreError where it cannot be recorded, or the attempt is not under way.
        """
        with explained(self._path, HISTORY.what), transaction(self._connection):
            self._settle(attempt_id, answer, elapsed_ms, remedy)
        attempt = self.get(attempt_id)
        assert attempt is not None  # noqa: S101 - it was updated a moment ago
        return attempt

    def recover(self) -> int:
        """Makes `unknown` what is `sending` by a process that has ended; the number of such attempts.

        Attempts of processes that live, this one among them, are left alone. Raises StoreError.
        """
        with explained(self._path, HISTORY.what):
            rows = self._connection.execute(
                "SELECT DISTINCT owner FROM attempts WHERE outcome = 'sending'"
            ).fetchall()
            gone = [row["owner"] for row in rows if self._owner.is_gone(row["owner"])]
            self._owner.sweep()
            return sum(self._interrupt(owner) for owner in gone)

    def get(self, attempt_id: str) -> Attempt | None:
        """One attempt, whole; None where it is not recorded. Raises StoreError."""
        with explained(self._path, HISTORY.what):
            row = self._connection.execute(
                f"SELECT {WHOLE} WHERE attempt_id = ?", (stored(attempt_id),)
            ).fetchone()
        return None if row is None else whole_attempt(row)

    def request_body(self, attempt_id: str) -> bytes:
        """The bytes of the request's body. Raises StoreError, also where the attempt is not recorded."""
        with explained(self._path, HISTORY.what):
            row = self._connection.execute(
                "SELECT body FROM requests JOIN attempts ON number = attempt WHERE attempt_id = ?",
                (stored(attempt_id),),
            ).fetchone()
        if row is None:
            raise StoreError(f"The history has no attempt {attempt_id}.")
        body: bytes = row["body"]
        return body

    def window(self, account: str | None, search: str = "") -> RowWindow[AttemptRow]:
        """The attempts on one account (None: on all), newest first, as they are now.

        `search`: words, each of which occurs, ASCII case ignored, in the event's name or id, the external id, the
        reply code or the first 1,000 characters of the reply text. Raises StoreError.
        """
        if search.split():
            return self._found(account, search)
        order = AttemptOrder(self._connection, self._path, account)
        ends = order.ends()
        if ends is None:
            return ListWindow(())
        earlier = self._windows.get(account)
        window = self._windows[account] = _continued(order, ends, earlier)
        return window

    def attempts(self, account: str | None, limit: int, search: str = "") -> Iterator[Attempt]:
        """The attempts on one account (None: on all), newest first, in pages; limit 0: all. Raises StoreError."""
        order = AttemptOrder(self._connection, self._path, account, search)
        last, left = None, limit or -1
        while keys := order.after(last, min(_PAGE, left) if left > 0 else _PAGE):
            for key in keys:
                yield self._by_number(key)
            last = keys[-1]
            left -= len(keys)
            if left == 0:
                return

    def changed(self) -> bool:
        """Whether another connection wrote to the file since this was last asked. Raises StoreError."""
        before, self._version = self._version, self._data_version()
        return before != self._version

    def _found(self, account: str | None, search: str) -> RowWindow[AttemptRow]:
        def find_all() -> list[int]:
            connection = _open(self._path)
            try:
                return list(AttemptOrder(connection, self._path, account, search).after(None, -1))
            finally:
                connection.close()

        order = AttemptOrder(self._connection, self._path, account, search)
        return FoundWindow(order, True, find_all)

    def _by_number(self, number: int) -> Attempt:
        with explained(self._path, HISTORY.what):
            row = self._connection.execute(f"SELECT {WHOLE} WHERE number = ?", (number,)).fetchone()
        return whole_attempt(row)

    def _settle(self, attempt_id: str, answer: Answer, elapsed_ms: float | None, remedy: str | None) -> None:
        values = outcome_values(answer, outcome_of(answer), elapsed_ms)
        row = self._connection.execute(
            f"UPDATE attempts SET {', '.join(f'{column} = ?' for column in values)} "
            "WHERE attempt_id = ? AND (outcome = 'sending' OR (outcome = 'unknown' AND EXISTS ("
            "SELECT 1 FROM answers WHERE attempt = number AND reason = ?))) RETURNING number",
            (*values.values(), stored(attempt_id), INTERRUPTED.reason),
        ).fetchall()
        if not row:
            raise StoreError(f"The attempt {attempt_id} is not under way; its outcome stays as recorded.")
        self._insert("answers", {"attempt": row[0]["number"], **answer_values(answer, remedy)}, "OR REPLACE")

    def _interrupt(self, owner: str) -> int:
        with transaction(self._connection):
            rows = self._connection.execute(
                "SELECT attempt_id FROM attempts WHERE outcome = 'sending' AND owner = ?", (owner,)
            ).fetchall()
            for row in rows:
                self._settle(
                    restored(row["attempt_id"]), INTERRUPTED, None, f"{INTERRUPTED.detail} {UNKNOWN_REMEDY}"
                )
        return len(rows)

    def _insert(self, table: str, values: dict[str, Value], conflict: str = "") -> int:
        marks = ", ".join("?" * len(values))
        cursor = self._connection.execute(
            f"INSERT {conflict} INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
        )
        return cursor.lastrowid or 0

    def _data_version(self) -> int:
        with explained(self._path, HISTORY.what):
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


def _continued(
    order: AttemptOrder, ends: tuple[int, int], earlier: AnchoredWindow[AttemptRow] | None
) -> AnchoredWindow[AttemptRow]:
    """The window between these ends, which counts only what is newer than the earlier one, if that still holds."""
    newest, oldest = ends
    known = earlier.anchors() if earlier else ()
    if earlier and known[-1][1] == oldest:
        added = order.distance(newest, known[0][1])
        shifted = [(position + added, key) for position, key in known]
        return AnchoredWindow(order, added + earlier.total, True, [(0, newest), *shifted])
    total = order.distance(newest, oldest) + 1
    return AnchoredWindow(order, total, True, [(0, newest), (total - 1, oldest)])


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = open_database(path, HISTORY)
    except DamagedError as error:
        raise DamagedHistoryError(
            f"{error} Nothing can be sent until it is set aside under another name, or replaced by a copy."
        ) from error
    connection.row_factory = sqlite3.Row
    return connection
