"""The attempts of one account, or of all, newest first, as the windows need them."""

import sys
from collections.abc import Iterator, Sequence

from app.domain.model import Attempt
from app.store.journal.file import HistoryFile
from app.store.journal.rows import NARROW, WHOLE, AttemptRow, Value, narrow_row, whole_attempt
from app.store.text import stored

_PAGE = 50


class AccountWindow:
    """All attempts on one account as they are now, newest first: a RowWindow that asks by place."""

    def __init__(self, file: HistoryFile, account: str) -> None:
        self._file = file
        self._account = stored(account)
        row = file.one(
            "SELECT (SELECT min(place) FROM attempts WHERE account = ?1), "
            "(SELECT max(place) FROM attempts WHERE account = ?1)",
            self._account,
        )
        oldest, newest = (1, 0) if row is None or row[0] is None else row
        self._newest: int = newest
        self.total: int = newest - oldest + 1

    def rows(self, start: int, count: int) -> Sequence[AttemptRow]:
        """See RowWindow."""
        newest = self._newest - max(0, start)
        rows = self._file.all(
            f"SELECT {NARROW} FROM attempts WHERE account = ? AND place BETWEEN ? AND ? ORDER BY place DESC",
            self._account,
            newest - count + 1,
            newest,
        )
        return [narrow_row(row) for row in rows]

    def position(self, row: AttemptRow) -> int | None:
        """See RowWindow."""
        found = self._file.one(
            "SELECT place FROM attempts WHERE attempt_id = ? AND account = ? AND place <= ?",
            stored(row.attempt_id),
            self._account,
            self._newest,
        )
        return None if found is None else self._newest - found["place"]

    def settle(self) -> None:
        """See RowWindow: nothing is left to find out."""


class AttemptOrder:
    """The attempts on all accounts by falling row number: a KeyOrder."""

    def __init__(self, file: HistoryFile) -> None:
        self._file = file

    def key_of(self, row: AttemptRow) -> int | None:
        """See KeyOrder."""
        return self._number("SELECT number FROM attempts WHERE attempt_id = ?", stored(row.attempt_id))

    def ends(self) -> tuple[int, int] | None:
        """See KeyOrder."""
        newest = self._number("SELECT max(number) FROM attempts")
        oldest = self._number("SELECT min(number) FROM attempts")
        return None if newest is None or oldest is None else (newest, oldest)

    def step(self, key: int, rows: int) -> int | None:
        """See KeyOrder."""
        sign, order = ("<=", "DESC") if rows > 0 else (">=", "ASC")
        return self._number(
            f"SELECT number FROM attempts WHERE number {sign} ? ORDER BY number {order} LIMIT 1 OFFSET {abs(rows)}",
            key,
        )

    def distance(self, key: int, target: int) -> int:
        """See KeyOrder."""
        found = self._file.all("SELECT count(*) FROM attempts WHERE number <= ? AND number > ?", key, target)
        count: int = found[0][0]
        return count

    def from_key(self, key: int, skip: int, count: int) -> Sequence[AttemptRow]:
        """See KeyOrder."""
        rows = self._file.all(
            f"SELECT {NARROW} FROM attempts WHERE number <= ? ORDER BY number DESC LIMIT {count} OFFSET {skip}",
            key,
        )
        return [narrow_row(row) for row in rows]

    def _number(self, sql: str, *values: Value) -> int | None:
        row = self._file.one(sql, *values)
        return None if row is None else row[0]


def newest_first(file: HistoryFile, account: str | None) -> Iterator[Attempt]:
    """The attempts on one account (None: on all), whole, read in pages as they are asked for."""
    where, order = ("1", "number") if account is None else ("account = ?", "place")
    values = () if account is None else (stored(account),)
    before = sys.maxsize
    while page := file.all(
        f"SELECT {WHOLE} WHERE {where} AND {order} < ? ORDER BY {order} DESC LIMIT {_PAGE}", *values, before
    ):
        yield from map(whole_attempt, page)
        before = page[-1][order]
