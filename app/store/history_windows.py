"""The attempts of one account, or of all, newest first, as the windows need them."""

import json
import sqlite3
from array import array
from collections.abc import Sequence

from app.domain.reference import beginnings_of
from app.store.history_file import HistoryFile
from app.store.history_rows import NARROW, AttemptRow, Value, narrow_row
from app.store.text import searchable, stored
from app.store.windows import keys_of

_SEARCHED = ("event_name", "event_id", "external_id", "reply_code", "reply_text")
_PLACED_BEFORE = "place < (SELECT place FROM attempts AS before WHERE before.number = ?)"


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
    """Attempts by falling row number: a KeyOrder, and with a search a FoundOrder."""

    def __init__(self, file: HistoryFile, account: str | None, search: str = "") -> None:
        self._file = file
        self._where, self._values = _condition(account, search)
        # Within an account both orders are the same, but only the place is indexed.
        self._order, self._before = ("number", "number < ?") if account is None else ("place", _PLACED_BEFORE)

    def key_of(self, row: AttemptRow) -> int | None:
        """See KeyOrder."""
        return self._number(
            f"SELECT number FROM attempts WHERE attempt_id = ? AND {self._where}", stored(row.attempt_id)
        )

    def ends(self) -> tuple[int, int] | None:
        """See KeyOrder."""
        newest = self._number(f"SELECT max(number) FROM attempts WHERE {self._where}")
        oldest = self._number(f"SELECT min(number) FROM attempts WHERE {self._where}")
        return None if newest is None or oldest is None else (newest, oldest)

    def step(self, key: int, rows: int) -> int | None:
        """See KeyOrder."""
        sign, order = ("<=", "DESC") if rows > 0 else (">=", "ASC")
        return self._number(
            f"SELECT number FROM attempts WHERE number {sign} ? AND {self._where} "
            f"ORDER BY number {order} LIMIT 1 OFFSET {abs(rows)}",
            key,
        )

    def distance(self, key: int, target: int) -> int:
        """See KeyOrder."""
        found = self._all(
            f"SELECT count(*) FROM attempts WHERE number <= ? AND number > ? AND {self._where}", key, target
        )
        count: int = found[0][0]
        return count

    def from_key(self, key: int, skip: int, count: int) -> Sequence[AttemptRow]:
        """See KeyOrder."""
        rows = self._all(
            f"SELECT {NARROW} FROM attempts WHERE number <= ? AND {self._where} "
            f"ORDER BY number DESC LIMIT {count} OFFSET {skip}",
            key,
        )
        return [narrow_row(row) for row in rows]

    def after(self, key: int | None, count: int) -> Sequence[int]:
        """See FoundOrder."""
        before, values = ("1", ()) if key is None else (self._before, (key,))
        rows = self._all(
            f"SELECT number FROM attempts WHERE {before} AND {self._where} "
            f"ORDER BY {self._order} DESC LIMIT {count}",
            *values,
        )
        return [row[0] for row in rows]

    def every(self) -> "array[int]":
        """All keys."""
        sql = f"SELECT number FROM attempts WHERE {self._where} ORDER BY {self._order} DESC"
        with self._file.guarded() as connection:
            return keys_of(connection.execute(sql, self._values))

    def with_keys(self, keys: Sequence[int]) -> Sequence[AttemptRow]:
        """See FoundOrder."""
        rows = self._file.all(
            f"SELECT {NARROW} FROM attempts WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number DESC",
            json.dumps(list(keys)),
        )
        return [narrow_row(row) for row in rows]

    def _number(self, sql: str, *values: Value) -> int | None:
        rows = self._all(sql, *values)
        return rows[0][0] if rows else None

    def _all(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        return self._file.all(sql, *values, *self._values)


def _condition(account: str | None, search: str) -> tuple[str, list[Value]]:
    conditions: list[str] = []
    values: list[Value] = []
    if account is not None:
        conditions.append("account = ?")
        values.append(stored(account))
    for word in search.split():
        pattern = "%" + searchable(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found_in = [f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED]
        values.extend([pattern] * len(_SEARCHED))
        for beginning in beginnings_of(word):
            found_in.append("attempt_id BETWEEN ? AND ?")
            values.extend([beginning, f"{beginning}\x7f"])
        conditions.append(f"({' OR '.join(found_in)})")
    return " AND ".join(conditions) or "1", values
