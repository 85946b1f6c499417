"""The rows of a table, by position: their row ids are held, 8 bytes each, and the few on screen are fetched."""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")
Connect = Callable[[], AbstractContextManager[sqlite3.Connection]]

FIRST_ROWS = 200
"""Row ids that `prepare` reads: more than any screen shows."""

COUNTED_ROWS = 10_000
"""Row ids that `settle` reads beside the count."""

ALL_ROWS = -1


class Listing(Protocol[Row]):
    """What a table lists, in its order, read through any connection it is given."""

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        """At most `limit` row ids, each the first column of a row; ALL_ROWS for all."""

    def count(self, connection: sqlite3.Connection) -> int:
        """The number of rows."""

    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[Row]:
        """The rows with these ids, in this order, without those that are gone."""

    def id_of(self, connection: sqlite3.Connection, row: Row) -> int | None:
        """The id of a row; None if it is gone."""


class RowIds(Generic[Row]):
    """A listing as it is now; later changes belong to the next one.

    `prepare`, `settle` and `read_all` may take long: call them in a worker. They read through `apart`, which opens a
    connection for the calling thread; everything else reads through `here` and returns at once. `apart` raises
    StoppedError once the query is no longer wanted.
    """

    def __init__(self, listing: Listing[Row], here: Connect, apart: Connect) -> None:
        self._listing = listing
        self._here = here
        self._apart = apart
        # Replaced, never changed: the screen reads while a worker brings more.
        self._ids = array("q")
        self._total: int | None = None

    @property
    def total(self) -> int | None:
        """The number of rows; None until it is known."""
        return self._total

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """The rows from position `start` on: at most `count`, as far as their ids were read."""
        ids = self._ids[start : start + count]
        if not ids:
            return ()
        with self._here() as connection:
            return self._listing.rows(connection, ids)

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is not listed, or its id was not read yet."""
        with self._here() as connection:
            row_id = self._listing.id_of(connection, row)
        return _place(self._ids, row_id)

    def lacks(self, position: int) -> bool:
        """Whether there are rows up to this position whose ids were not read yet."""
        return self._total is not None and len(self._ids) < min(position + 1, self._total)

    def prepare(self, row: Row | None = None) -> None:
        """Reads the first row ids, and as far as `row`."""
        with self._apart() as connection:
            row_id = None if row is None else self._listing.id_of(connection, row)
            for limit in (FIRST_ROWS, COUNTED_ROWS, ALL_ROWS):
                self._read(connection, limit)
                if row_id is None or self._total is not None or row_id in self._ids:
                    return

    def settle(self) -> None:
        """Reads the first 10,000 row ids and the number of rows."""
        if self._total is None:
            with self._apart() as connection:
                self._read(connection, COUNTED_ROWS)
                if self._total is None:
                    self._total = self._listing.count(connection)

    def read_all(self) -> None:
        """Reads the ids of all rows."""
        if self._total is None or len(self._ids) < self._total:
            with self._apart() as connection:
                self._read(connection, ALL_ROWS)

    def _read(self, connection: sqlite3.Connection, limit: int) -> None:
        ids = array("q")
        ids.extend(found[0] for found in self._listing.ids(connection, limit))
        if len(ids) >= len(self._ids) or limit == ALL_ROWS:
            self._ids = ids
        if limit == ALL_ROWS or len(ids) < limit:
            self._total = len(ids)


def _place(ids: "array[int]", row_id: int | None) -> int | None:
    try:
        return None if row_id is None else ids.index(row_id)
    except ValueError:
        return None
