"""Rows by position: the first at once, the number of all and the far ones when a worker has read them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.store.row_ids import COUNTED_ROWS, FIRST_ROWS, FewRows, RowIds

MANY = COUNTED_ROWS + 5_000


class Names:
    """The names in a file, sorted by name: the row id of `name 00001` is the largest."""

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        return connection.execute("SELECT id FROM names ORDER BY name LIMIT ?", (limit,))

    def count(self, connection: sqlite3.Connection) -> int:
        found: int = connection.execute("SELECT count(*) FROM names").fetchone()[0]
        return found

    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[str]:
        found = [connection.execute("SELECT name FROM names WHERE id = ?", (one,)).fetchone() for one in ids]
        return [row[0] for row in found if row is not None]

    def id_of(self, connection: sqlite3.Connection, row: str) -> int | None:
        found = connection.execute("SELECT id FROM names WHERE name = ?", (row,)).fetchone()
        return None if found is None else found[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "names.db"


def listed(path: Path, number: int) -> RowIds[str]:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        names = [(number - place, f"name {place:05}") for place in range(number)]
        connection.executemany("INSERT INTO names VALUES (?, ?)", names)

    @contextmanager
    def opened() -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection

    return RowIds(Names(), opened, opened)


def test_nothing_is_listed_before_it_is_prepared(path: Path) -> None:
    rows = listed(path, 3)
    assert rows.rows(0, 10) == ()
    assert rows.total is None


def test_few_rows_are_all_there_once_prepared(path: Path) -> None:
    rows = listed(path, 3)
    rows.read_first()
    assert rows.total == 3
    assert rows.rows(0, 10) == ["name 00000", "name 00001", "name 00002"]
    assert rows.rows(2, 10) == ["name 00002"]
    assert rows.rows(3, 10) == ()


def test_no_rows_are_a_total_of_none(path: Path) -> None:
    rows = listed(path, 0)
    rows.read_first()
    assert rows.total == 0
    assert rows.rows(0, 10) == ()
    assert not rows.is_unread(0)


def test_of_many_rows_the_first_come_before_their_number(path: Path) -> None:
    rows = listed(path, MANY)
    totals = [rows.total]
    rows.read_first()
    totals.append(rows.total)
    assert rows.rows(FIRST_ROWS - 1, 10) == [f"name {FIRST_ROWS - 1:05}"]
    rows.count()
    assert [*totals, rows.total] == [None, None, MANY]
    assert rows.rows(COUNTED_ROWS - 1, 10) == [f"name {COUNTED_ROWS - 1:05}"]


def test_the_last_rows_are_there_once_all_were_read(path: Path) -> None:
    rows = listed(path, MANY)
    rows.count()
    assert rows.is_unread(MANY - 1)
    assert rows.rows(MANY - 1, 1) == ()
    rows.read_all()
    assert not rows.is_unread(MANY - 1)
    assert rows.rows(MANY - 1, 10) == [f"name {MANY - 1:05}"]
    assert not rows.is_unread(MANY)


@pytest.mark.parametrize("place", [0, FIRST_ROWS, COUNTED_ROWS + 1, MANY - 1])
def test_rows_are_read_as_far_as_the_one_that_is_wanted(path: Path, place: int) -> None:
    rows = listed(path, MANY)
    rows.read_first(f"name {place:05}")
    assert rows.position(f"name {place:05}") == place


def test_a_row_that_is_not_listed_has_no_position(path: Path) -> None:
    rows = listed(path, 3)
    rows.read_first("somebody else")
    assert rows.position("somebody else") is None


def test_what_is_added_later_belongs_to_the_next_listing(path: Path) -> None:
    rows = listed(path, 3)
    rows.read_first()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO names VALUES (99, 'a name before all')")
        connection.execute("DELETE FROM names WHERE name = 'name 00001'")
    rows.count()
    rows.read_all()
    assert rows.total == 3
    assert rows.rows(0, 10) == ["name 00000", "name 00002"]


def test_rows_in_memory_are_all_there_from_the_start() -> None:
    rows = FewRows(["a", "b", "c"])
    assert (rows.total, rows.known, rows.is_unread(2)) == (3, 3, False)
    assert (rows.rows(1, 9), rows.position("c"), rows.position("d")) == (["b", "c"], 2, None)
