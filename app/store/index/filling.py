"""One step of bringing the index of the history up to date: attempts taken out of it and into it, in one transaction.

Separate from `attempt_index`, which says when: here stands what has to be written for an attempt.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from app.store.index.parts import FACT, Parts
from app.store.index.previous import AllBefore, number_after, outcome_before
from app.store.index.rows import JOURNAL_ROW, JournalRow, Names, settled, sorted_values, words_of
from app.store.journal.rows import Value

_AT_ONCE = 500
_PREVIOUS = "previous"
_COLUMNS = ("number", "started", *FACT, "took", "contact", "contact_end", "text", "mark")


class Filling:
    """What is written to the index within one transaction, up to `finish`.

    `befores` are the outcomes before all attempts, where very many are new; None: each is looked up.
    """

    def __init__(self, connection: sqlite3.Connection, befores: AllBefore | None) -> None:
        self._connection = connection
        self._befores = befores
        self._names = Names(connection)
        self._parts = Parts(connection)
        self._latest, self._setback = connection.execute("SELECT latest, setback FROM state").fetchone()

    def take_anew(self, numbers: Sequence[int]) -> None:
        """Takes these attempts out, and in again as the journal has them now, if it still does."""
        for number in numbers:
            before = self._remove(number)
            rows = list(self._journal("number = ?", number))
            if before != [row.started_at for row in rows]:
                self._mind_clocks(rows)
            self._add(rows)

    def take_new(self, after: int, most: int, progress: Callable[[int], None]) -> int:
        """Takes in at most so many attempts that come after a row number; how many. `progress` is told how many by then."""
        rows = self._journal("number > ? ORDER BY number LIMIT ?", after, most)
        done = 0
        while some := list(islice(rows, _AT_ONCE)):
            self._add(some)
            self._mind_clocks(some)
            done += len(some)
            progress(done)
        return done

    def check_previous(self, befores: AllBefore) -> None:
        """Mends the outcomes before where attempts were finished, changed or deleted while others were taken in."""
        known = self._connection.execute("SELECT number, previous FROM attempts")
        known.row_factory = None
        wrong = [
            number for number, previous in known if befores.knows(number) and befores.of(number) != previous
        ]
        for number in wrong:
            self._change_previous(number, befores.of(number))

    def finish(self) -> None:
        """Writes what is still held."""
        self._parts.flush()
        self._connection.execute("UPDATE state SET latest = ?, setback = ?", (self._latest, self._setback))

    def _journal(self, where: str, *values: int) -> Iterator[JournalRow]:
        cursor = self._connection.execute(f"SELECT {JOURNAL_ROW} WHERE {where}", values)
        cursor.row_factory = None
        return map(JournalRow._make, cursor)

    def _remove(self, number: int) -> list[int]:
        """When what was removed had begun."""
        rows = self._connection.execute(
            "SELECT started, mark FROM attempts WHERE number = ?", (number,)
        ).fetchall()
        for table, key in (("attempts", "number"), ("resends", "number"), ("words", "rowid")):
            self._connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (number,))
        self._parts.remove(number)
        for row in rows:
            self._mind_after(number, row["mark"])
        return [row["started"] for row in rows]

    def _mind_after(self, number: int, mark: int | None) -> None:
        """Keeps true the outcome before the attempt that comes after this one on its contact."""
        after = number_after(self._connection, number, mark)
        if after is not None:
            self._change_previous(after, outcome_before(self._connection, after, mark))

    def _change_previous(self, number: int, previous: int | None) -> None:
        self._connection.execute("UPDATE attempts SET previous = ? WHERE number = ?", (previous, number))
        self._parts.change(number, _PREVIOUS, previous)

    def _add(self, rows: Sequence[JournalRow]) -> None:
        self._connection.executemany(
            f"INSERT INTO attempts ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",
            map(self._values, rows),
        )
        self._connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)", [(row.number, words_of(row)) for row in rows]
        )
        self._connection.executemany(
            "INSERT INTO resends VALUES (?, ?)",
            [(row.number, row.parent_id) for row in rows if row.parent_id is not None],
        )

    def _values(self, row: JournalRow) -> tuple[Value, ...]:
        """The columns of `attempts` in the index, in the order of _COLUMNS."""
        fact = (*self._names.of(row), self._previous(row), settled(row))
        self._parts.put(row.number, fact, row.started_at, row.elapsed_ms)
        return (row.number, row.started_at, *fact, row.elapsed_ms, *sorted_values(row), row.contact_mark)

    def _previous(self, row: JournalRow) -> int | None:
        if self._befores is not None and self._befores.knows(row.number):
            return self._befores.of(row.number)
        return outcome_before(self._connection, row.number, row.contact_mark)

    def _mind_clocks(self, rows: Iterable[JournalRow]) -> None:
        """Keeps true by how much clocks were set back, for attempts that come after all others."""
        for row in rows:
            self._setback = max(self._setback, self._latest - row.started_at)
            self._latest = max(self._latest, row.started_at)
