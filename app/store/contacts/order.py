"""The contacts of a cache in another order than that of their ids, all of them or those a search finds.

Separate from `windows`, where they come by row number: here SQLite sorts, or walks through what is sorted
already.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from app.domain.account import ListOrder
from app.store.cache_file import CacheFile
from app.store.contacts.rows import EMAIL, NAME
from app.store.contacts.search import Word
from app.store.contacts.windows import Contacts
from app.store.row_numbers import first_column

_FEW = 50_000
"""Fewer contacts than this are found first and then sorted; more are picked out of all contacts in their order."""

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


class SortedContacts(Contacts):
    """Contacts in the order of a column: a FoundOrder."""

    def __init__(self, file: CacheFile, order: ListOrder, words: Sequence[Word], total: int | None) -> None:
        """`total` is how many there are where every contact is meant, else None."""
        super().__init__(file, words)
        self.total = total
        self._column = _COLUMNS[order.column]
        self._falling = " DESC" if order.descending else ""

    def numbers(self, start: int, count: int, last: int | None) -> "array[int]":  # noqa: ARG002 - a FoundOrder may need either
        """See FoundOrder."""
        sql = self._those_found() if self._query and self._finds_few() else self._picked_out()
        with self._file.guarded() as connection:
            return first_column(connection.execute(f"{sql} LIMIT ?2 OFFSET ?3", (self._query, count, start)))

    def all_numbers(self) -> "array[int]":
        """See FoundOrder."""
        return self.numbers(0, -1, None)

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
