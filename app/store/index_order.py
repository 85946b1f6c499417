"""The attempts that a query finds, in its order: a screen of them at once, or all."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.domain.history_query import Column, HistoryQuery
from app.store.attempt_index import AttemptIndex
from app.store.history_rows import NARROW, AttemptRow, narrow_row
from app.store.index_query import Bound, Demands, Term, demands_of
from app.store.text import stored
from app.store.windows import keys_of

_AT_ONCE = 50_000
"""So many row numbers are read at once, where they need not be sorted; a tenth, where they can be walked through."""

_PROBED = 2000
"""So few attempts are looked at one by one for words; of more, the words are looked up."""

_SAMPLE = 1000
_DENSE = 0.2

_MATCHES = "EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND words.rowid = attempts.number)"
_SORTED = {
    Column.OUTCOME: "outcome",
    Column.CONTACT: "contact",
    Column.TEXT: "attempts.text",
    Column.TOOK: "took",
}
_NAMED = {Column.EVENT: "event", Column.KEY: "key", Column.STATUS: "status", Column.CODE: "code"}

Found = tuple[str, str, tuple[Bound, ...]]
"""Where attempts come from: a source, conditions, and their values."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the order, walked through by one index: what must hold there, and by what it is sorted."""

    condition: str
    sorted_by: str


class QueryOrder:
    """What one query finds on one account (None: on all). Raises StoreError, and StoppedError."""

    def __init__(self, index: AttemptIndex, query: HistoryQuery, account: str | None) -> None:
        self._index = index
        self._order = query.order
        self._demands = demands_of(index, query, account)

    @property
    def is_everything(self) -> bool:
        """Whether every attempt that is indexed is found."""
        return not (self._demands.terms or self._demands.match)

    @cached_property
    def is_short(self) -> bool:
        """Whether all of it is found about as fast as a screen of it."""
        demands = self._demands
        if self._order.column is not Column.TIME:
            return demands.are_few or (bool(demands.terms or demands.match) and self._density() < _DENSE)
        if demands.match:
            return False
        walked = demands.driver is not None and (demands.driver.single or demands.driver.span)
        return demands.found is not None and demands.found <= (_AT_ONCE // 10 if walked else _AT_ONCE)

    def every(self) -> "array[int]":
        """The row numbers of all attempts, in order."""
        source, where, values = self._found()
        sql = f"SELECT attempts.number FROM {source} WHERE {where} ORDER BY {self._sorting()}"
        with self._index.guarded() as connection:
            return keys_of(connection.execute(sql, values))

    def stream(self) -> Iterator[int]:
        """The same one after another: however many there are, few are held."""
        if self.is_short:
            yield from self.every()
            return
        for part in self.parts():
            sql, values = self._walk(part)
            with self._index.guarded() as connection:
                for row in connection.execute(sql, values):
                    yield row[0]

    def parts(self) -> Sequence[Part]:
        """The order in parts, each of which an index has."""
        column, way = self._order.column, self._way
        if column is Column.TIME:
            return [Part("1", f"number {way}")]
        if name := _NAMED.get(column):
            rows = self._index.all(f"SELECT id FROM names WHERE kind = ? ORDER BY rank {way}", name)
            known = [Part(f"{name} = {row['id']}", f"number {way}") for row in rows]
            return [*known, Part(f"{name} IS NULL", f"number {way}")]
        name = _SORTED[column]
        known = [Part(f"{name} IS NOT NULL", f"{name} {way}, number {way}")]
        return [*known, Part(f"{name} IS NULL", f"number {way}")]

    def some(self, part: Part, limit: int, offset: int) -> "array[int]":
        """Row numbers of a part of the order, without looking at more than is needed."""
        sql, values = self._walk(part)
        with self._index.guarded() as connection:
            return keys_of(connection.execute(f"{sql} LIMIT {limit} OFFSET {offset}", values))

    def selected(self, columns: str, more: str = "1") -> Iterator[tuple[Any, ...]]:
        """These columns of all attempts, in no order, where `more` holds too."""
        demands = self._demands
        # Where they are many, all that is asked of them stands in one index, and is faster read through.
        source, where, values = (
            self._found() if demands.are_few or demands.match else _by_rows(demands, None, bounded=False)
        )
        with self._index.guarded() as connection:
            cursor = connection.execute(f"SELECT {columns} FROM {source} WHERE {where} AND {more}", values)
            cursor.row_factory = None
            yield from cursor

    def ends(self) -> tuple[int, int] | None:
        """When the first and the last of them began, in microseconds since 1970; None where there are none."""
        if self._demands.are_few or self._demands.match:
            (found,) = self.selected("min(started), max(started)")
            return None if found[0] is None else (found[0], found[1])
        source, where, values = _by_rows(self._demands, None)
        ends = [
            row["started"]
            for way in ("ASC", "DESC")
            for row in self._index.all(
                f"SELECT started FROM {source} WHERE {where} ORDER BY started {way} LIMIT 1", *values
            )
        ]
        return (ends[0], ends[1]) if ends else None

    def number_of(self, row: AttemptRow) -> int | None:
        """The row number of an attempt; None where it is gone."""
        found = self._index.all(
            "SELECT number FROM journal.attempts WHERE attempt_id = ?", stored(row.attempt_id)
        )
        return found[0]["number"] if found else None

    def with_numbers(self, numbers: Sequence[int]) -> Sequence[AttemptRow]:
        """The attempts with these row numbers, in their order; what is gone is left out."""
        listed = ", ".join(map(str, numbers))
        found = self._index.all(f"SELECT {NARROW} FROM journal.attempts WHERE number IN ({listed})")
        rows = {row["number"]: narrow_row(row) for row in found}
        return [rows[number] for number in numbers if number in rows]

    @property
    def _way(self) -> str:
        return "DESC" if self._order.descending else "ASC"

    def _sorting(self) -> str:
        """The order as a sort of what was found: the plus keeps SQLite from walking through an index instead."""
        column, way = self._order.column, self._way
        if column is Column.TIME:
            driver = self._demands.driver
            return f"{'+' if driver is not None and not driver.single else ''}attempts.number {way}"
        if name := _NAMED.get(column):
            return f"{name} IS NULL, (SELECT rank FROM names WHERE id = {name}) {way}, +attempts.number {way}"
        name = _SORTED[column]
        return f"{name} IS NULL, +{name} {way}, +attempts.number {way}"

    def _density(self) -> float:
        """Which part of all attempts is found, about: a sample of them is looked at."""
        (ends,) = self._index.all("SELECT min(number), max(number) FROM attempts")
        if ends[0] is None:
            return 0
        numbers = range(ends[0], ends[1] + 1, max(1, (ends[1] - ends[0]) // _SAMPLE))
        listed = f"attempts.number IN ({', '.join(map(str, numbers))})"
        source, where, values = _by_rows(self._demands, None)
        (found,) = self._index.all(f"SELECT count(*) FROM {source} WHERE {listed} AND {where}", *values)
        share: float = found[0] / len(numbers)
        return share

    def _found(self) -> Found:
        """Where attempts come from when all are wanted."""
        demands = self._demands
        if demands.match and (demands.found is None or demands.found > _PROBED):
            return _by_words(demands)
        return _by_rows(demands, demands.driver)

    def _walk(self, part: Part) -> tuple[str, tuple[Bound, ...]]:
        """The statement that goes through a part in order."""
        source, where, values = self._walked()
        # Of words SQLite knows only the row number to be in order.
        sorted_by = part.sorted_by.replace(
            "number", "words.rowid" if source.startswith("words") else "attempts.number"
        )
        return (
            f"SELECT attempts.number FROM {source} WHERE {where} AND {part.condition} ORDER BY {sorted_by}",
            values,
        )

    def _walked(self) -> Found:
        """Where attempts come from when they are walked through in order until there are enough."""
        demands = self._demands
        if self._order.column is not Column.TIME:
            return _by_rows(demands, None)
        if demands.match:
            return _by_words(demands)
        driver = demands.driver
        return _by_rows(demands, driver if driver is not None and driver.single else None)


def _by_words(demands: Demands) -> Found:
    where, values = _conditions(demands, None, "words.rowid")
    source = "words CROSS JOIN attempts ON attempts.number = words.rowid"
    return source, f"words MATCH ? AND {where}", (demands.match, *values)


def _by_rows(demands: Demands, driver: Term | None, *, bounded: bool = True) -> Found:
    where, values = _conditions(demands, driver, "attempts.number" if bounded else None)
    if demands.match:
        return "attempts", f"{where} AND {_MATCHES}", (*values, demands.match)
    return "attempts", where, values


def _conditions(demands: Demands, driver: Term | None, number: str | None) -> tuple[str, tuple[Bound, ...]]:
    conditions = [term.condition(by_index=term is driver) for term in demands.terms]
    if demands.numbers is not None and number is not None:
        conditions.insert(0, f"{number} BETWEEN {demands.numbers[0]} AND {demands.numbers[1]}")
    return " AND ".join(conditions) or "1", tuple(value for term in demands.terms for value in term.values)
