"""The latest attempts by event and contact, which the form reads at every key press.

Every method uses an index, so that its time does not grow with the history.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import AppError
from app.domain.model import JsonObject, Outcome, TriggerRequest
from app.domain.recipient import request_fingerprint
from app.domain.text import short_id
from app.store.attempt_rows import NARROW, WHOLE, AttemptRow, narrow_row, whole_attempt
from app.store.history_file import HistoryFile
from app.store.text import microseconds, restored, stored, stored_or_null

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
_NAME_ELSEWHERE = """
WITH RECURSIVE known (account) AS (
    SELECT min(account) FROM attempts
    UNION ALL
    SELECT (SELECT min(account) FROM attempts WHERE account > known.account) FROM known WHERE account IS NOT NULL
)
SELECT event_name FROM attempts JOIN known USING (account)
WHERE event_id = ? AND event_name IS NOT NULL ORDER BY number DESC LIMIT 1
"""
_LAST_TO = """
SELECT max((SELECT max(number) FROM attempts WHERE contact_mark = marks.value AND outcome = outcomes.value))
FROM json_each(?) AS marks, json_each(?) AS outcomes
"""
_SENT = "outcome IN ('accepted', 'partial', 'sending')"
_AFTER = "number > coalesce((SELECT number FROM attempts WHERE attempt_id = ?2), 0)"


@dataclass(frozen=True, slots=True)
class SameSend:
    """The criteria for attempts that are the same trigger as one about to be sent.

    `marks` are its request fingerprints, one for each key that finds the contact. An attempt with a reply counts if it
    began at `since` or later. Only attempts after `asked_about`, the id of one that the user already confirmed, count.
    """

    marks: Sequence[int]
    since: datetime
    asked_about: str | None = None


class SentMeanwhileError(AppError):
    """Another window has sent or is sending the same trigger, as `earlier`. Nothing was recorded."""

    def __init__(self, earlier: AttemptRow) -> None:
        self.earlier = earlier
        super().__init__(f"The same was sent meanwhile (attempt {short_id(earlier.attempt_id)}).")


class RecentAttempts:
    """Finds the latest attempts in the history. Raises StoreError."""

    def __init__(self, file: HistoryFile) -> None:
        self._file = file

    def events(self, account: str, limit: int) -> tuple[str, ...]:
        """The ids of the events sent on an account, the latest first."""
        return tuple(restored(row[0]) for row in self._file.all(_EVENTS, stored(account), limit))

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
        return None if row is None else restored(row[0])

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
        row = self._file.one(_NAME_ELSEWHERE, stored(event_id))
        return None if row is None else restored(row[0])

    def with_contact(self, marks: Iterable[int], outcomes: Iterable[Outcome]) -> AttemptRow | None:
        """The latest attempt with one of these contact fingerprints and one of these outcomes."""
        row = self._file.one(_LAST_TO, json.dumps(list(marks)), json.dumps([one.value for one in outcomes]))
        return None if row is None else self._narrow("number = ?", row[0])

    def sent(self, same: SameSend) -> AttemptRow | None:
        """The latest of the same attempts that arrived or may have arrived.

        Accepted attempts and those still being sent count from `since` on; unknown ones count always, unless the user
        resolved them as not arrived.
        """
        asked = (json.dumps(list(same.marks)), stored_or_null(same.asked_about))
        newest = self._file.one(
            f"SELECT max((SELECT max(number) FROM attempts WHERE send_mark = value AND {_SENT} AND {_AFTER})) "
            "FROM json_each(?1)",
            *asked,
        )
        unknown = self._file.one(
            "SELECT max(number) FROM attempts WHERE send_mark IN (SELECT value FROM json_each(?1)) "
            f"AND outcome = 'unknown' AND settlement IS NOT 'did_not' AND {_AFTER}",
            *asked,
        )
        within = self._narrow("number = ? AND started_at >= ?", _number(newest), microseconds(same.since))
        doubtful = self._narrow("number = ?", _number(unknown))
        found = [row for row in (within, doubtful) if row is not None]
        return max(found, key=lambda row: row.started_at, default=None)

    def _narrow(self, condition: str, *values: object) -> AttemptRow | None:
        row = self._file.one(f"SELECT {NARROW} FROM attempts WHERE {condition}", *values)
        return None if row is None else narrow_row(row)


def _number(row: sqlite3.Row | None) -> int | None:
    return None if row is None else row[0]
