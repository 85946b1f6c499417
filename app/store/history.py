"""The journal of attempts: a row is committed before the first byte leaves, and its outcome after.

Every text that came from outside is kept whole. One file serves every account and any number of processes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.domain.model import Answer, Attempt, Settlement
from app.store.database import BUSY_SECONDS, StoreError
from app.store.journal.file import DamagedHistoryError, HistoryFile, HistoryReplacedError, guarded
from app.store.journal.recent import RecentAttempts, SameSend, SentMeanwhileError
from app.store.journal.rows import WHOLE, AttemptRow, attempt_values, request_values, whole_attempt
from app.store.journal.windows import AccountWindow, AttemptOrder, newest_first
from app.store.journal.write import forget, insert, interrupt, next_place, record_answer, record_settlement
from app.store.text import restored, stored, stored_or_null
from app.store.windows import AnchoredWindow, ListWindow, RowWindow
from app.store.writer_lock import Owner

__all__ = [
    "AttemptRow",
    "DamagedHistoryError",
    "History",
    "HistoryReplacedError",
    "SameSend",
    "SentMeanwhileError",
]


class History:
    """The attempts of every account of one home, for use on one thread. Raises StoreError."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self._file = HistoryFile(path, busy_seconds)
        self.recent = RecentAttempts(self._file)
        self._owner = Owner(path.parent / "owners")
        self._version = self._data_version()
        self._everywhere: AnchoredWindow[AttemptRow] | None = None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    def close(self) -> None:
        """Closes the file; what is still `sending` will be found interrupted."""
        self._file.close()
        with guarded(self._file.path):
            self._owner.close()

    def reopen(self) -> None:
        """Opens the file that is at the path now, in place of one that was removed or replaced."""
        with guarded(self.path):
            self._file.close()
            self._owner.close()
        self._file.open()
        self._everywhere = None

    def begin(self, attempt: Attempt, body: bytes, same: SameSend | None = None) -> None:
        """Records an attempt as `sending`, on the disk when this returns.

        Raises SentMeanwhileError where the history has one of the `same` by now; HistoryReplacedError; StoreError
        where it cannot be recorded, also when its id already is. Nothing is recorded then.
        """
        try:
            with self._file.writing() as connection:
                # Under the lock: what another window is about to send is in the history, or comes after this.
                if same is not None and (earlier := self.recent.sent(same)) is not None:
                    raise SentMeanwhileError(earlier)
                values = attempt_values(attempt, self._owner.name())
                number = insert(
                    connection, "attempts", {**values, "place": next_place(connection, attempt.account)}
                )
                insert(connection, "requests", request_values(number, attempt.request, body))
        except sqlite3.IntegrityError as error:
            raise StoreError(
                f"The attempt {attempt.attempt_id} is already recorded; send again as a new attempt."
            ) from error

    def finish(
        self,
        attempt_id: str,
        answer: Answer,
        elapsed_ms: float,
        remedy: str | None,
        busy_seconds: float | None = None,
    ) -> Attempt:
        """Records what came back, on the disk when this returns; the finished attempt.

        An attempt that another process took for interrupted meanwhile gets its true outcome: who sent it knows
        better. Raises BusyError where it is locked for longer than `busy_seconds`, by default those of the history,
        HistoryReplacedError, and StoreError where it cannot be recorded, or the attempt is not under way.
        """
        with self._file.writing(busy_seconds) as connection:
            number = record_answer(connection, attempt_id, answer, elapsed_ms, remedy)
            return self._whole("number = ?", number)[0]

    def settle(self, attempt_id: str, settlement: Settlement) -> None:
        """Puts a settlement beside an unknown outcome. Raises StoreError also for any other attempt."""
        with self._file.writing() as connection:
            record_settlement(connection, attempt_id, settlement)

    def note(self, attempt_id: str, text: str | None) -> Attempt:
        """Writes a note to an attempt, None for none; the attempt. Raises StoreError also where there is none."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE attempts SET note = ? WHERE attempt_id = ?",
                (stored_or_null(text), stored(attempt_id)),
            )
            found = self._whole("attempt_id = ?", stored(attempt_id))
        if not found:
            raise StoreError(f"The history has no attempt {attempt_id}.")
        return found[0]

    def recover(self) -> int:
        """Makes `unknown` what is `sending` by a process that has ended; the number of such attempts.

        Attempts of processes that live, this one among them, are left alone.
        """
        with self._file.guarded() as connection:
            rows = connection.execute("SELECT DISTINCT owner FROM attempts WHERE outcome = 'sending'")
            gone = [row["owner"] for row in rows.fetchall() if self._owner.is_gone(row["owner"])]
            self._owner.sweep()
            return sum(interrupt(connection, owner) for owner in gone)

    def forget(self, account: str) -> int:
        """Deletes the attempts on one account that are not under way; their number."""
        self._everywhere = None
        with self._file.writing() as connection:
            return forget(connection, account)

    def get(self, attempt_id: str) -> Attempt | None:
        """One attempt, whole; None where it is not recorded."""
        return next(iter(self._whole("attempt_id = ?", stored(attempt_id))), None)

    def beginning_with(self, text: str, limit: int) -> Sequence[Attempt]:
        """The first few attempts whose id begins with this text, whole."""
        rows = self._file.all(
            "SELECT attempt_id FROM attempts WHERE attempt_id >= ? AND attempt_id < ? ORDER BY attempt_id LIMIT ?",
            stored(text),
            stored(f"{text}\x7f"),
            limit,
        )
        found = [self.get(restored(row["attempt_id"])) for row in rows]
        return [attempt for attempt in found if attempt is not None]

    def request_body(self, attempt_id: str) -> bytes:
        """The bytes of the request's body. Raises StoreError also where the attempt is not recorded."""
        row = self._file.one(
            "SELECT body FROM requests JOIN attempts ON number = attempt WHERE attempt_id = ?",
            stored(attempt_id),
        )
        if row is None:
            raise StoreError(f"The history has no attempt {attempt_id}.")
        body: bytes = row["body"]
        return body

    def window(self, account: str | None) -> RowWindow[AttemptRow]:
        """The attempts on one account (None: on all), newest first, as they are now."""
        if account is not None:
            return AccountWindow(self._file, account)
        order = AttemptOrder(self._file)
        ends = order.ends()
        if ends is None:
            return ListWindow(())
        self._everywhere = _continued(order, ends, self._everywhere)
        return self._everywhere

    def attempts(self, account: str | None, limit: int) -> Iterator[Attempt]:
        """The attempts on one account (None: on all), newest first, in pages; limit 0: all."""
        found = newest_first(self._file, account)
        return islice(found, limit) if limit else found

    def unsettled(self, account: str) -> int:
        """How many attempts on this account are unknown and not settled."""
        row = self._file.one(
            "SELECT count(*) AS found FROM attempts WHERE account = ? AND outcome = 'unknown' AND settlement IS NULL",
            stored(account),
        )
        return 0 if row is None else int(row["found"])

    def changed(self) -> bool:
        """Whether another connection wrote to the file since this was last asked."""
        before, self._version = self._version, self._data_version()
        return before != self._version

    def _whole(self, condition: str, value: object) -> list[Attempt]:
        return [whole_attempt(row) for row in self._file.all(f"SELECT {WHOLE} WHERE {condition}", value)]

    def _data_version(self) -> int:
        row = self._file.one("PRAGMA data_version")
        return 0 if row is None else row[0]


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
