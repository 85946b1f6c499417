"""The rows of a table by position: row ids are held, 8 bytes each, and the rows on screen are read by them."""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")
Connect = Callable[[], AbstractContextManager[sqlite3.Connection]]

FIRST_ROWS = 200
"""Row ids that `read_first` reads: more than any screen shows."""

COUNTED_ROWS = 10_000
"""Row ids that `count` reads beside the count."""

ALL_ROWS = -1


class Listing(Protocol[Row]):
    """The SQL of a list, run on any connection."""

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        """At most `limit` row ids in the order of the list, each the first column of a row; ALL_ROWS for all."""

    def count(self, connection: sqlite3.Connection) -> int:
        """The number of rows."""

    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[Row]:
        """The rows with these ids, in this order, without deleted ones."""

    def id_of(self, connection: sqlite3.Connection, row: Row) -> int | None:
        """The id of a row; None if it was deleted."""


class RowIds(Generic[Row]):
    """A list as it is now; rows added later belong to the next one.

    `read_first`, `count` and `read_all` may take seconds: call them in a worker. They use `connect_worker`, which
    opens a connection for the calling thread and raises StoppedError once the search is stopped. Everything else uses
    `connect` and returns at once.
    """

    def __init__(self, listing: Listing[Row], connect: Connect, connect_worker: Connect) -> None:
        self._listing = listing
        self._connect = connect
        self._connect_worker = connect_worker
        # Replaced, never changed: the screen reads while a worker brings more.
        self._ids = array("q")
        self._total: int | None = None

    @property
    def total(self) -> int | None:
        """The number of rows; None until it is known."""
        return self._total

    @property
    def known(self) -> int:
        """The number of rows; until it is known, the number of ids read."""
        return len(self._ids) if self._total is None else self._total

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """At most `count` rows from position `start` on, up to the last id read."""
        ids = self._ids[start : start + count]
        if not ids:
            return ()
        with self._connect() as connection:
            return self._listing.rows(connection, ids)

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is not in the list, or its id is not read yet."""
        with self._connect() as connection:
            row_id = self._listing.id_of(connection, row)
        try:
            return None if row_id is None else self._ids.index(row_id)
        except ValueError:
            return None

    def is_unread(self, position: int) -> bool:
        """Whether rows up to this position need `read_all` first."""
        return len(self._ids) < min(position + 1, self.known)

    def read_first(self, row: Row | None = None) -> None:
        """Reads the first row ids, up to that of `row`."""
        with self._connect_worker() as connection:
            row_id = None if row is None else self._listing.id_of(connection, row)
            for limit in (FIRST_ROWS, COUNTED_ROWS, ALL_ROWS):
                self._read(connection, limit)
                if row_id is None or self._total is not None or row_id in self._ids:
                    return

    def count(self) -> None:
        """Reads the first 10,000 row ids and the number of rows."""
        if self._total is None:
            with self._connect_worker() as connection:
                self._read(connection, COUNTED_ROWS)
                if self._total is None:
                    self._total = self._listing.count(connection)

    def read_all(self) -> None:
        """Reads the ids of all rows."""
        if self._total is None or len(self._ids) < self._total:
            with self._connect_worker() as connection:
                self._read(connection, ALL_ROWS)

    def _read(self, connection: sqlite3.Connection, limit: int) -> None:
        ids = array("q")
        ids.extend(found[0] for found in self._listing.ids(connection, limit))
        if len(ids) >= len(self._ids) or limit == ALL_ROWS:
            self._ids = ids
        if limit == ALL_ROWS or len(ids) < limit:
            self._total = len(ids)


class FewRows(Generic[Row]):
    """Rows held in memory, with the methods of RowIds."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.total = self.known = len(rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """At most `count` rows from position `start` on."""
        return self._rows[start : start + count]

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is not in the list."""
        return self._rows.index(row) if row in self._rows else None

    def is_unread(self, _: int) -> bool:
        """False: every row is there."""
        return False

    def read_first(self, _: Row | None = None) -> None:
        """Does nothing, like `count` and `read_all`: every row is there."""

    count = read_all = read_first


Rows = RowIds[Row] | FewRows[Row]
"""What a table shows."""
