"""The rows of a table by position. Keeps row ids in memory, 8 bytes each, and reads the rows on screen by id."""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")
Connect = Callable[[], AbstractContextManager[sqlite3.Connection]]

FIRST_ROWS = 200
"""The number of row ids that `read_first` reads: more than any screen shows."""

COUNTED_ROWS = 10_000
ALL_ROWS = -1


class Listing(Protocol[Row]):
    """The SQL of a list on any connection. `similar`: it has only near matches; limit ALL_ROWS: no limit.

    `ids` has each id in the first column; `rows` leaves deleted rows out, and `id_of` a deleted one is None.
    """

    similar: bool

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]: ...
    def count(self, connection: sqlite3.Connection) -> int: ...
    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[Row]: ...
    def id_of(self, connection: sqlite3.Connection, row: Row) -> int | None: ...


class RowIds(Generic[Row]):
    """A snapshot of a list; it never contains rows added later.

    `read_first`, `count` and `read_all` may take seconds: call them in a worker. They use `connect_worker`, which
    opens a connection for the calling thread and raises StoppedError once the search is stopped. All other methods use
    `connect` and return at once.
    """

    def __init__(self, listing: Listing[Row], connect: Connect, connect_worker: Connect) -> None:
        self._listing = listing
        self._connect = connect
        self._connect_worker = connect_worker
        # Replaced, never changed: the screen reads it while a worker reads more ids.
        self._ids = array("q")
        self._total: int | None = None

    @property
    def total(self) -> int | None:
        """The number of rows; None until a worker has counted them."""
        return self._total

    @property
    def similar(self) -> bool:
        """Whether nothing matched, so that the rows are similar ones; known once the first row ids are read."""
        return self._listing.similar

    @property
    def known(self) -> int:
        """The number of rows or, until a worker has counted them, the number of ids read."""
        return len(self._ids) if self._total is None else self._total

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """At most `count` rows from position `start` on, up to the last id read."""
        ids = self._ids[start : start + count]
        if not ids:
            return ()
        with self._connect() as connection:
            return self._listing.rows(connection, ids)

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is not in the list or its id has not been read yet."""
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
        """Reads the first row ids, at least up to that of `row`."""
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
    """Rows in memory, with the methods of RowIds."""

    similar = False

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.total = self.known = len(rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return self._rows[start : start + count]

    def position(self, row: Row) -> int | None:
        return self._rows.index(row) if row in self._rows else None

    def is_unread(self, _: int) -> bool:
        return False

    def read_first(self, _: Row | None = None) -> None:
        """Does nothing, like `count` and `read_all`, since every row is in memory."""

    count = read_all = read_first


Rows = RowIds[Row] | FewRows[Row]
