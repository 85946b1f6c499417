"""The history of attempts, which commits a row before the first byte leaves and its outcome afterwards.

It keeps every text from outside whole. One file serves all accounts and any number of processes.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.domain.errors import AppError
from app.domain.model import (
    UNKNOWN_REMEDY,
    Answer,
    Attempt,
    JsonObject,
    NoReply,
    Outcome,
    Settlement,
    TriggerRequest,
    outcome_of,
)
from app.domain.recipient import request_fingerprint
from app.domain.text import short_id
from app.store import bulk_rows
from app.store.attempt_rows import (
    LATEST_NAME,
    NARROW,
    WHOLE,
    AttemptRow,
    Value,
    attempt_values,
    index_words,
    narrow_row,
    request_values,
    settlement_values,
    whole_attempt,
)
from app.store.bulk_attempts import delete, insert, record
from app.store.database import BUSY_SECONDS, StoreError, remove, transaction
from app.store.history_file import DamagedHistoryError, HistoryFile, HistoryReplacedError, guarded
from app.store.locks import Owner
from app.store.outbox import enqueue, enqueue_if_shared
from app.store.text import microseconds, stored, stored_or_null

if TYPE_CHECKING:
    from app.store.history_search import HistorySearch

__all__ = [
    "AttemptRow",
    "DamagedHistoryError",
    "History",
    "HistoryReplacedError",
    "SameSend",
    "SentMeanwhileError",
]


INTERRUPTED = NoReply("interrupted", "maybe", "The program ended before the reply was recorded.")

_LOOKED_BACK = 50
"""The number of latest attempts with an event to search for event data and key field."""
_COMPARED = 10
"""The number of latest attempts to compare event data with; each comparison computes a fingerprint."""

_EVENTS = """
WITH RECURSIVE used (id) AS (
    SELECT min(event_id) FROM attempts WHERE account = ?1
    UNION ALL
    SELECT (SELECT min(event_id) FROM attempts WHERE account = ?1 AND event_id > used.id) FROM used WHERE id IS NOT NULL
)
SELECT id FROM used WHERE id IS NOT NULL
ORDER BY (SELECT max(number) FROM attempts WHERE account = ?1 AND event_id = used.id) DESC LIMIT ?2
"""
_LAST_TO = f"""
SELECT {NARROW} FROM attempts WHERE number = (
    SELECT max(number) FROM attempts INDEXED BY by_mark
    WHERE contact_mark IN (SELECT value FROM json_each(?)) AND outcome IN (SELECT value FROM json_each(?))
)
"""
_SAME = f"""
SELECT {NARROW} FROM attempts WHERE number = (
    SELECT max(number) FROM attempts INDEXED BY by_mark
    WHERE contact_mark IN (SELECT value FROM json_each(?)) AND send_mark IN (SELECT value FROM json_each(?))
    AND (outcome IN ('accepted', 'partial', 'sending') AND started_at >= ?
        OR outcome = 'unknown' AND settlement IS NOT 'did_not')
    AND number > coalesce((SELECT number FROM attempts WHERE attempt_id = ?), 0)
)
"""


class SameSend(NamedTuple):
    """The criteria for attempts that are the same trigger as one about to be sent.

    `contacts` and `requests` are its fingerprints, one for each key that finds the contact. An attempt with a reply counts
    if it began at `since` or later. Only attempts after `asked_about`, the id of one that the user already confirmed, count.
    """

    contacts: Sequence[int]
    requests: Sequence[int]
    since: datetime
    asked_about: str | None = None


class SentMeanwhileError(AppError):
    """Another window has sent or is sending the same trigger, as `earlier`. Nothing was recorded."""

    def __init__(self, earlier: AttemptRow) -> None:
        self.earlier = earlier
        super().__init__(f"The same was sent meanwhile (attempt {short_id(earlier.attempt_id)}).")


class History:
    """The attempts of all accounts of one home folder, for use on one thread. Raises StoreError."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self._file = HistoryFile(path, busy_seconds)
        _remove_index(path)
        self.recent = RecentAttempts(self._file)
        self._owner = Owner(path.parent / "owners")
        self._version = self._data_version()

    @property
    def path(self) -> Path:
        return self._file.path

    @cached_property
    def search(self) -> "HistorySearch":
        from app.store.history_search import HistorySearch

        return HistorySearch(self._file)

    def close(self) -> None:
        """Closes the file; the next `recover` treats attempts that are still `sending` as interrupted."""
        self._file.close()
        with guarded(self._file.path):
            self._owner.close()

    def reopen(self) -> None:
        """Opens the file that is at the path now, after the earlier one was removed or replaced."""
        with guarded(self.path):
            self._file.close()
            self._owner.close()
        self._file.open()

    def begin(self, attempt: Attempt, body: bytes, same: SameSend | None = None) -> None:
        """Records an attempt as `sending` and syncs it to disk.

        Raises SentMeanwhileError if the history already has one of the `same` attempts, HistoryReplacedError, and
        StoreError if it cannot record the attempt or already has its id. It then records nothing.
        """
        try:
            with self._file.writing() as connection:
                # Check under the lock: another window records the same trigger either before this one or after it.
                if same is not None and (earlier := self.recent.sent(same)) is not None:
                    raise SentMeanwhileError(earlier)
                values = attempt_values(attempt, self._owner.name())
                values["previous"] = _outcome_before(connection, values["contact_mark"])
                insert(connection, "attempts", [values])
                number = connection.execute("SELECT last_insert_rowid()").fetchone()[0]
                insert(connection, "requests", [request_values(number, attempt.request, body)])
                if attempt.team is not None:
                    enqueue(connection, attempt.account, "attempt", attempt.attempt_id)
        except sqlite3.IntegrityError as error:
            raise StoreError(
                f"The attempt {attempt.attempt_id} is already recorded. Send again as a new attempt."
            ) from error

    def finish(
        self,
        attempt_id: str,
        answer: Answer,
        elapsed_ms: float,
        remedy: str | None,
        busy_seconds: float | None = None,
    ) -> Attempt:
        """Records the answer, syncs it to disk, and returns the finished attempt.

        It also replaces the outcome of an attempt that another process has meanwhile marked as interrupted. Raises
        BusyError if the file is locked for longer than `busy_seconds` (by default those of the history),
        HistoryReplacedError, and StoreError if it cannot record the answer or the attempt is not being sent.
        """
        with self._file.writing(busy_seconds) as connection:
            outcome = outcome_of(answer)
            numbers = record(connection, [attempt_id], answer, outcome, elapsed_ms=elapsed_ms, remedy=remedy)
            if not numbers:
                raise StoreError(f"The attempt {attempt_id} is not under way; its outcome stays as recorded.")
            return self._whole("number = ?", numbers[0])[0]

    def resolve(self, attempt_id: str, settlement: Settlement) -> None:
        """Records the resolution of an unknown outcome. Raises StoreError for any other outcome."""
        with self._file.writing() as connection:
            _record_settlement(connection, attempt_id, settlement)
            enqueue_if_shared(connection, attempt_id, "settled")

    def note(self, attempt_id: str, text: str | None) -> Attempt:
        """Sets or, with None, removes the note of an attempt; returns the attempt. Raises StoreError if there is none."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE attempts SET note = ? WHERE attempt_id = ?",
                (stored_or_null(text), stored(attempt_id)),
            )
            index_words(connection, "attempt_id = ?", stored(attempt_id))
            enqueue_if_shared(connection, attempt_id, "noted")
            found = self._whole("attempt_id = ?", stored(attempt_id))
        if not found:
            raise StoreError(f"The history has no attempt {attempt_id}.")
        return found[0]

    @property
    def owner(self) -> str:
        """The name of this process as the writer of attempts. Raises StoreError if the history can only be read."""
        if self._file.unwritable is not None:
            raise self._file.unwritable
        with guarded(self.path):
            return self._owner.name()

    def is_gone(self, owner: str | None) -> bool:
        """Whether the process of that name has ended. Raises OSError."""
        return self._owner.is_gone(owner)

    def recover(self) -> int:
        """Marks the `sending` attempts of processes that have ended as `unknown`; returns their number.

        It does not change attempts of running processes, including this one. Does nothing if the file can only be read.
        """
        if self._file.unwritable is not None:
            return 0
        with self._file.guarded() as connection:
            rows = connection.execute("SELECT DISTINCT owner FROM attempts WHERE outcome = 'sending'")
            writers = dict.fromkeys(
                [*(row["owner"] for row in rows.fetchall()), *bulk_rows.owners(connection)]
            )
            gone = [owner for owner in writers if self._owner.is_gone(owner)]
            self._owner.sweep()
            return sum(_interrupt(connection, owner) for owner in gone)

    def forget(self, account: str) -> int:
        """Deletes the attempts on one account, except those being sent; returns the number deleted."""
        with self._file.writing() as connection:
            bulk_rows.prune(connection, "account = ?", stored(account))
            return delete(connection, "account = :account", {"account": stored(account)})

    def get(self, attempt_id: str) -> Attempt | None:
        """The attempt with this id; None if there is none."""
        return next(iter(self._whole("attempt_id = ?", stored(attempt_id))), None)

    def beginning_with(self, text: str, limit: int) -> Sequence[Attempt]:
        """At most `limit` attempts with an id that begins with `text`."""
        rows = self._file.all(
            "SELECT attempt_id FROM attempts WHERE attempt_id >= ? AND attempt_id < ? ORDER BY attempt_id LIMIT ?",
            stored(text),
            stored(f"{text}\x7f"),
            limit,
        )
        found = [self.get(row["attempt_id"]) for row in rows]
        return [attempt for attempt in found if attempt is not None]

    def request_body(self, attempt_id: str) -> bytes:
        """The body of the request. Raises StoreError if there is no such attempt."""
        row = self._file.one(
            "SELECT body FROM requests JOIN attempts ON number = attempt WHERE attempt_id = ?",
            stored(attempt_id),
        )
        if row is None:
            raise StoreError(f"The history has no attempt {attempt_id}.")
        body: bytes = row["body"]
        return body

    def attempts(self, account: str | None, limit: int) -> Iterator[Attempt]:
        """The attempts on one account (None: on all), newest first, read in pages; limit 0 means no limit."""
        found = self.search.attempts(account=account)
        return islice(found, limit) if limit else found

    def unsettled(self, account: str) -> int:
        """The number of unresolved attempts on this account."""
        row = self._file.one(
            "SELECT count(*) AS found FROM attempts WHERE account = ? AND settled COLLATE NOCASE = 'no'",
            stored(account),
        )
        return 0 if row is None else int(row["found"])

    def changed(self) -> bool:
        """Whether another connection wrote to the file since the last call."""
        before, self._version = self._version, self._data_version()
        return before != self._version

    def _whole(self, condition: str, value: object) -> list[Attempt]:
        return [whole_attempt(row) for row in self._file.all(f"SELECT {WHOLE} WHERE {condition}", value)]

    def _data_version(self) -> int:
        row = self._file.one("PRAGMA data_version")
        return 0 if row is None else row[0]


def _remove_index(path: Path) -> None:
    """Removes the separate index file of an earlier version."""
    with contextlib.suppress(StoreError):
        remove(path.with_name(f"{path.stem}-index.db"))


def _outcome_before(connection: sqlite3.Connection, contact_mark: Value) -> str | None:
    """The outcome of the newest attempt with this contact fingerprint; None if there is none."""
    row = connection.execute(
        "SELECT outcome FROM attempts WHERE number = (SELECT max(number) FROM attempts WHERE contact_mark = ?)",
        (contact_mark,),
    ).fetchone()
    return None if row is None else row["outcome"]


def _record_settlement(connection: sqlite3.Connection, attempt_id: str, settlement: Settlement) -> None:
    """Records or replaces the resolution of an unknown outcome. Raises StoreError for any other attempt."""
    values = settlement_values(settlement)
    changed = connection.execute(
        f"UPDATE attempts SET {', '.join(f'{column} = ?' for column in values)} "
        "WHERE attempt_id = ? AND outcome = 'unknown'",
        (*values.values(), stored(attempt_id)),
    )
    if not changed.rowcount:
        raise StoreError(f"The attempt {attempt_id} cannot be resolved: its outcome is not unknown.")
    index_words(connection, "attempt_id = ?", stored(attempt_id))


def _interrupt(connection: sqlite3.Connection, owner: str | None) -> int:
    """Marks the `sending` attempts of an owner that is gone as `unknown`; returns their number."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT attempt_id FROM attempts WHERE outcome = 'sending' AND owner IS ?", (owner,)
        ).fetchall()
        attempt_ids = [row["attempt_id"] for row in rows]
        remedy = f"{INTERRUPTED.detail} {UNKNOWN_REMEDY}"
        record(connection, attempt_ids, INTERRUPTED, Outcome.UNKNOWN, remedy=remedy)
        bulk_rows.interrupt(connection, owner, attempt_ids)
    return len(attempt_ids)


# The latest attempts, which the form reads at every key press


class RecentAttempts:
    """Finds the latest attempts by event and contact. Raises StoreError.

    Every method uses an index, so that its time does not grow with the history.
    """

    def __init__(self, file: HistoryFile) -> None:
        self._file = file

    def events(self, account: str, limit: int) -> tuple[str, ...]:
        """The ids of the events sent on an account, the latest first."""
        return tuple(row[0] for row in self._file.all(_EVENTS, stored(account), limit))

    def latest(self, account: str, limit: int) -> tuple[AttemptRow, ...]:
        """The attempts on an account, the newest first."""
        rows = self._file.all(
            f"SELECT {NARROW} FROM attempts WHERE account = ? ORDER BY number DESC LIMIT ?",
            stored(account),
            limit,
        )
        return tuple(map(narrow_row, rows))

    def key(self, account: str, event_id: str) -> str | None:
        """The key field that an event was last sent with; None if the last 50 attempts used the contact id.

        Contact ids do not count, since they identify a single contact, such as one of two that share an e-mail address.
        """
        row = self._file.one(
            "SELECT key_id FROM (SELECT number, key_id FROM attempts WHERE account = ? AND event_id = ? "
            "ORDER BY number DESC LIMIT ?) WHERE key_id <> 'id' ORDER BY number DESC LIMIT 1",
            stored(account),
            stored(event_id),
            _LOOKED_BACK,
        )
        return None if row is None else row[0]

    def data(self, account: str, event_id: str) -> JsonObject | None:
        """The event data that an event was last sent with; None if the last 50 attempts had none."""
        numbers = self._file.all(
            "SELECT number FROM attempts WHERE account = ? AND event_id = ? ORDER BY number DESC LIMIT ?",
            stored(account),
            stored(event_id),
            _LOOKED_BACK,
        )
        for row in numbers:
            whole = self._file.one(f"SELECT {WHOLE} WHERE number = ?", row[0])
            data = None if whole is None else whole_attempt(whole).request.data
            if data:
                return data
        return None

    def with_data(self, account: str, event_id: str, data: str) -> tuple[AttemptRow, ...]:
        """Those of the last 10 attempts with an event that had this data (in the form of `canonical_json`), newest first."""
        rows = self._file.all(
            f"SELECT {NARROW}, send_mark FROM attempts WHERE account = ? AND event_id = ? "
            "ORDER BY number DESC LIMIT ?",
            stored(account),
            stored(event_id),
            _COMPARED,
        )
        found = [(narrow_row(row), row["send_mark"]) for row in rows]
        return tuple(
            row
            for row, mark in found
            if mark
            == request_fingerprint(account, TriggerRequest(event_id, row.key_id, row.external_id), data)
        )

    def name_elsewhere(self, event_id: str) -> str | None:
        """The latest recorded name of the event with this id on any account; None if there is none."""
        row = self._file.one(LATEST_NAME, stored(event_id))
        return None if row is None else row[0]

    def with_contact(self, marks: Iterable[int], outcomes: Iterable[Outcome]) -> AttemptRow | None:
        """The latest attempt with one of these contact fingerprints and one of these outcomes."""
        row = self._file.one(_LAST_TO, json.dumps(list(marks)), json.dumps([one.value for one in outcomes]))
        return None if row is None else narrow_row(row)

    def sent(self, same: SameSend) -> AttemptRow | None:
        """The latest of the same attempts that arrived or may have arrived.

        Accepted attempts and those still being sent count from `since` on; unknown ones count always, unless the user
        resolved them as not arrived.
        """
        row = self._file.one(
            _SAME,
            json.dumps(list(same.contacts)),
            json.dumps(list(same.requests)),
            microseconds(same.since),
            stored_or_null(same.asked_about),
        )
        return None if row is None else narrow_row(row)
