"""The contacts of a cache in another order than that of their ids, all of them or those a search finds.

Separate from `contact_windows`, where positions come from row numbers: here SQLite sorts, or walks through what is
sorted already, and every row number is held once all are known.
"""

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import NamedTuple

from app.domain.list_order import ListOrder
from app.store.cache_file import CacheFile, opened
from app.store.contact_rows import EMAIL, NAME, NARROW, ContactRow, narrow_row
from app.store.contact_search import Word
from app.store.contact_write import ContactTables
from app.store.errors import StoppedError
from app.store.windows import keys_of

_FEW = 50_000
"""So many contacts are sorted once they are found; of more, those found are picked out of all in their order."""

_PREPARED = 1000
_STEPS_BETWEEN_LOOKS = 5000
_FOUND = "SELECT rowid FROM search WHERE search MATCH ?1"


class _Sorted(NamedTuple):
    """Where the contacts stand in the order of a column, and the same value of one contact."""

    source: str
    number: str
    by: str
    value: str


_COLUMNS = {
    "id": _Sorted("contacts WHERE TRUE", "number", "number", "number"),
    "email": _Sorted(f"field_values WHERE field_id = '{EMAIL}'", "contact", "value", "lower(email)"),
    "name": _Sorted(
        f"field_values WHERE field_id = '{NAME}'",
        "contact",
        "value",
        "lower(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')))",
    ),
}


class SortedContacts:
    """Contacts in one order, those with every one of `words`."""

    def __init__(self, file: CacheFile, order: ListOrder, words: Sequence[Word]) -> None:
        self._file = file
        self._query = " ".join(word.match for word in words)
        self._column = _COLUMNS[order.column]
        self._falling = " DESC" if order.descending else ""

    def key_of(self, row: ContactRow) -> int | None:
        """The row number of a contact; None where it is gone."""
        with self._file.guarded() as connection:
            return next(iter(ContactTables(connection).numbers("id", row.id, 1)), None)

    def some(self, start: int, count: int) -> "array[int]":
        """`count` row numbers from position `start` on, in order; a negative count is all."""
        sql = self._those_found() if self._query and self._finds_few() else self._picked_out()
        with self._file.guarded() as connection:
            return keys_of(connection.execute(f"{sql} LIMIT ?2 OFFSET ?3", (self._query, count, start)))

    def with_keys(self, keys: Sequence[int]) -> Sequence[ContactRow]:
        """The rows of these contacts, in this order; what is gone is left out."""
        sql = f"SELECT {NARROW} FROM contacts WHERE number IN (SELECT value FROM json_each(?))"
        rows = {row["number"]: narrow_row(row) for row in self._file.all(sql, json.dumps(list(keys)))}
        return [rows[key] for key in keys if key in rows]

    def _finds_few(self) -> bool:
        sql = f"SELECT count(*) FROM ({_FOUND} LIMIT {_FEW})"
        return bool(self._file.all(sql, self._query)[0][0] < _FEW)

    def _those_found(self) -> str:
        value, falling = self._column.value, self._falling
        return (
            f"SELECT number FROM contacts WHERE number IN ({_FOUND}) "
            f"ORDER BY coalesce({value}, '') = '', {value}{falling}, number{falling}"
        )

    def _picked_out(self) -> str:
        """Those with a value, then those without; of an inner LIMIT the order is kept."""
        source, number, by, value = self._column
        found = f"IN ({_FOUND})" if self._query else "NOTNULL"
        return (
            f"SELECT number FROM (SELECT {number} AS number FROM {source} AND {number} {found} "
            f"ORDER BY {by}{self._falling}, {number}{self._falling} LIMIT -1) "
            f"UNION ALL SELECT number FROM (SELECT number FROM contacts "
            f"WHERE coalesce({value}, '') = '' AND number {found} ORDER BY number{self._falling} LIMIT -1)"
        )


class SortedWindow:
    """A RowWindow over sorted contacts, of which the first are found by `prepare`, and all by `settle`.

    Both may take long, and are for a thread of its own: they use a connection of theirs. Raises StoreError, and
    StoppedError once `stop` is set.
    """

    def __init__(
        self, file: CacheFile, order: ListOrder, words: Sequence[Word], total: int | None, stop: Event
    ) -> None:
        """`total` where every contact is meant, so that it is known."""
        self._order = SortedContacts(file, order, words)
        self._arguments = (order, words)
        self._path = file.path
        self._total = total
        self._stop = stop
        self._keys: array[int] = array("q")
        self._complete = False

    @property
    def total(self) -> int | None:
        """See RowWindow."""
        return len(self._keys) if self._complete else self._total

    def prepare(self) -> None:
        """Finds the first rows."""
        self._find(_PREPARED)

    def settle(self) -> None:
        """See RowWindow."""
        if not self._complete:
            self._find(-1)

    def rows(self, start: int, count: int) -> Sequence[ContactRow]:
        """See RowWindow. What a search finds is there as far as it is prepared, or settled."""
        keys: Sequence[int] = self._keys[start : start + count]
        if len(keys) < count and not self._complete and self._total is not None:
            keys = self._order.some(start, count)
        return self._order.with_keys(keys)

    def position(self, row: ContactRow) -> int | None:
        """See RowWindow."""
        key = self._order.key_of(row)
        try:
            return None if key is None else self._keys.index(key)
        except ValueError:
            return None

    def _find(self, count: int) -> None:
        with self._apart() as order:
            # Assigned only when whole: the screen's thread reads on meanwhile.
            self._keys = keys = order.some(0, count)
        self._complete = count < 0 or len(keys) < count

    @contextmanager
    def _apart(self) -> Iterator[SortedContacts]:
        with opened(self._path) as file:
            file.connection.set_progress_handler(self._stop.is_set, _STEPS_BETWEEN_LOOKS)
            try:
                yield SortedContacts(file, *self._arguments)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    raise StoppedError from error
                raise
