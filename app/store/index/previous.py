"""The outcome of the attempt before: on the same contact, by the mark that the journal has of it.

Looked up for one attempt after another; where very many are wanted, all marks are read in order, which is less work.
"""

import json
import sqlite3
from array import array
from itertools import groupby, pairwise
from operator import itemgetter

from app.store.index.rows import OUTCOMES

_MARKED = (
    "SELECT {}(number) FROM journal.attempts WHERE contact_mark = ?1 AND outcome = value AND number {} ?2"
)
# One look into the index of the marks for each outcome, by which it is sorted before the row number.
_BEFORE = (
    "SELECT outcome FROM journal.attempts WHERE number = "
    f"(SELECT max(({_MARKED.format('max', '<')})) FROM json_each(?3))"
)
_AFTER = f"SELECT min(({_MARKED.format('min', '>')})) FROM json_each(?3)"
_ALL = "SELECT contact_mark, number, outcome FROM journal.attempts WHERE contact_mark IS NOT NULL ORDER BY contact_mark"
_OUTCOMES = json.dumps(list(OUTCOMES))
_NONE = -1


def outcome_before(connection: sqlite3.Connection, number: int, mark: int | None) -> int | None:
    """The outcome, by its number in the index, of the attempt before this one; None where there is none."""
    row = connection.execute(_BEFORE, (mark, number, _OUTCOMES)).fetchone()
    return None if row is None else OUTCOMES[row[0]]


def number_after(connection: sqlite3.Connection, number: int, mark: int | None) -> int | None:
    """The attempt after this one on the same contact; None where there is none."""
    found: int | None = connection.execute(_AFTER, (mark, number, _OUTCOMES)).fetchone()[0]
    return found


class AllBefore:
    """The outcomes before all attempts that the journal has now."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        newest = connection.execute("SELECT coalesce(max(number), 0) FROM journal.attempts").fetchone()[0]
        self._outcomes = array("b", [_NONE]) * (newest + 1)
        cursor = connection.execute(_ALL)
        cursor.row_factory = None
        for _, group in groupby(cursor, itemgetter(0)):
            in_order = sorted((number, outcome) for _, number, outcome in group)
            for (_, outcome), (number, _) in pairwise(in_order):
                self._outcomes[number] = OUTCOMES[outcome]

    def knows(self, number: int) -> bool:
        """Whether the journal had got as far as this row number."""
        return number < len(self._outcomes)

    def of(self, number: int) -> int | None:
        """The outcome, by its number in the index, before the attempt with this row number; None where there is none."""
        outcome = self._outcomes[number]
        return None if outcome == _NONE else outcome
