"""The attempts that a query finds, in its order: a screen of them at once, or all."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from app.domain.history_query import Column, HistoryQuery
from app.store.index.attempt_index import AttemptIndex
from app.store.index.mask import Mask, parts_of
from app.store.index.parts import PART
from app.store.index.query import Demands, conditions, demands_of
from app.store.index.terms import Bound, Term
from app.store.journal.rows import NARROW, AttemptRow, narrow_row
from app.store.row_numbers import first_column, row_numbers
from app.store.text import stored

_AT_ONCE = 20_000
"""Up to so many row numbers are read at once instead of a screen of them; a tenth where an index has them in order."""

_DENSE = 5
"""Where at least one attempt in so many is found, a screen of them soon comes together in any order."""

_STEPS = (4, 60)
"""How many parts of the row numbers are looked through first, and how many next, before all the others."""

_SORTED = {
    Column.CONTACT: "contact",
    Column.TEXT: "attempts.text",
    Column.TOOK: "took",
}
_NAMED = {Column.EVENT: "event", Column.KEY: "key", Column.STATUS: "status", Column.CODE: "code"}

Found = tuple[str, str, tuple[Bound, ...]]
"""Where attempts come from: a source, conditions, and their values."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the order, walked through by one index: what must hold there, and by what it is sorted.

    `of_facts` is whether that is said by a fact, so that a part of which nothing can be found is known.
    """

    condition: str
    sorted_by: str
    of_facts: bool = False


class QueryOrder:
    """What one query finds on one account (None: on all): a FoundOrder. Raises StoreError, and StoppedError."""

    total = None

    def __init__(self, index: AttemptIndex, query: HistoryQuery, account: str | None) -> None:
        self._index = index
        self._order = query.order
        self._demands = demands_of(index, query, account)

    @property
    def is_everything(self) -> bool:
        """Whether every attempt that is indexed is found."""
        return not (self._demands.terms or self._demands.match)

    @cached_property
    def mask(self) -> Mask:
        """All of them, by row number."""
        return Mask(self._index, self._demands, parts_of(self._index))

    @cached_property
    def is_short(self) -> bool:
        """See FoundOrder."""
        demands = self._demands
        if not demands.facts or self._order.column is not Column.TIME:
            return not demands.facts or demands.are_few
        if demands.found is None or demands.need_words:
            return False
        walked = demands.driver is not None and (demands.driver.single or demands.driver.span is not None)
        return demands.found <= (_AT_ONCE // 10 if walked else _AT_ONCE)

    def all_numbers(self) -> "array[int]":
        """See FoundOrder."""
        demands = self._demands
        if not demands.facts:
            return row_numbers()
        if not (demands.are_few or self.is_short):
            return self._masked()
        source, where, values = _by_words(demands) if demands.match else _by_rows(demands, demands.driver)
        sql = f"SELECT attempts.number FROM {source} WHERE {where} ORDER BY {self._sorting()}"
        with self._index.guarded() as connection:
            return first_column(connection.execute(sql, values))

    def stream(self) -> Iterator[int]:
        """The same one after another: however many there are, few are held."""
        return iter(self.all_numbers()) if self.is_short else self._from(0, None)

    def parts(self) -> Sequence[Part]:
        """The order in parts, each of which an index has."""
        column, way = self._order.column, self._way
        if column is Column.TIME:
            return [Part("1", f"number {way}")]
        if column is Column.OUTCOME:
            rows = self._index.all(f"SELECT DISTINCT outcome FROM facts ORDER BY outcome {way}")
            return [Part(f"outcome = {row['outcome']}", f"number {way}", of_facts=True) for row in rows]
        if name := _NAMED.get(column):
            rows = self._index.all(f"SELECT id FROM names WHERE kind = ? ORDER BY rank {way}", name)
            conditions = [*(f"{name} = {row['id']}" for row in rows), f"{name} IS NULL"]
            return [Part(condition, f"number {way}", of_facts=True) for condition in conditions]
        name = _SORTED[column]
        known = [Part(f"{name} IS NOT NULL", f"{name} {way}, number {way}")]
        return [*known, Part(f"{name} IS NULL", f"number {way}")]

    def numbers(self, start: int, count: int, last: int | None) -> "array[int]":
        """See FoundOrder. No more is looked at than is needed."""
        return row_numbers(islice(self._from(start, last), count))

    def fact_counts(self) -> Iterator[tuple[int, int]] | None:
        """How many of the attempts have each fact, where that is known without looking at each; None where it is not."""
        if self._demands.number_terms:
            return None
        rows = self._index.all(
            f"SELECT id, attempts FROM facts WHERE attempts > 0 AND {conditions(self._demands.fact_terms)}"
        )
        return ((row["id"], row["attempts"]) for row in rows)

    def key_of(self, row: AttemptRow) -> int | None:
        """See FoundOrder."""
        found = self._index.all(
            "SELECT number FROM journal.attempts WHERE attempt_id = ?", stored(row.attempt_id)
        )
        return found[0]["number"] if found else None

    def with_keys(self, keys: Sequence[int]) -> Sequence[AttemptRow]:
        """See FoundOrder."""
        listed = ", ".join(map(str, keys))
        found = self._index.all(f"SELECT {NARROW} FROM journal.attempts WHERE number IN ({listed})")
        rows = {row["number"]: narrow_row(row) for row in found}
        return [rows[key] for key in keys if key in rows]

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
        name = _SORTED.get(column, "outcome")
        return f"{name} IS NULL, +{name} {way}, +attempts.number {way}"

    def _masked(self) -> "array[int]":
        if self._order.column is Column.TIME:
            return self._in_time(self.mask)
        return row_numbers(chain.from_iterable(self._walked(part, masked=True) for part in self.parts()))

    def _in_time(self, mask: Mask) -> "array[int]":
        numbers = mask.numbers()
        if self._order.descending:
            numbers.reverse()
        return numbers

    def _from(self, start: int, last: int | None) -> Iterator[int]:
        """One after another from position `start` on, before which `last` stands."""
        if self._order.column is Column.TIME and self._is_stepped:
            return self._stepped(last)
        return islice(chain.from_iterable(map(self._walked, self.parts())), start, None)

    @property
    def _is_stepped(self) -> bool:
        """Whether what is asked is found faster of many row numbers at once than of one after another."""
        return any(term.span is None and not term.single for term in self._demands.number_terms)

    def _stepped(self, last: int | None) -> Iterator[int]:
        """In the order of time, those after `last`: first of a few parts, at last of all others."""
        parts = parts_of(self._index)
        if not self._order.descending:
            left = parts if last is None else range(last // PART, parts.stop)
        else:
            left = parts if last is None else range(parts.start, last // PART + 1)
        for size in (*_STEPS, len(parts)):
            step, left = (
                (left[-size:], left[:-size]) if self._order.descending else (left[:size], left[size:])
            )
            for number in self._in_time(Mask(self._index, self._demands, step)):
                if last is None or (number < last if self._order.descending else number > last):
                    yield number

    def _walked(self, part: Part, *, masked: bool | None = None) -> Iterator[int]:
        """A part in its order, one after another."""
        if part.of_facts and not self._may_have(part):
            return
        masked = self._needs_mask if masked is None else masked
        source, where, values = ("attempts", "1", ()) if masked else self._source()
        # Of words SQLite knows only the row number to be in order.
        sorted_by = part.sorted_by.replace(
            "number", "words.rowid" if source.startswith("words") else "attempts.number"
        )
        sql = f"SELECT attempts.number FROM {source} WHERE {where} AND {part.condition} ORDER BY {sorted_by}"
        with self._index.guarded() as connection:
            cursor = connection.execute(sql, values)
            cursor.row_factory = None
            numbers = chain.from_iterable(cursor)
            yield from self.mask.of(numbers) if masked else numbers

    def _may_have(self, part: Part) -> bool:
        terms = conditions(self._demands.fact_terms)
        sql = f"SELECT 1 FROM facts WHERE attempts > 0 AND {terms} AND {part.condition} LIMIT 1"
        return bool(self._index.all(sql))

    @property
    def _needs_mask(self) -> bool:
        """Whether to walk through an order one must know beforehand what is found."""
        demands = self._demands
        if self._order.column is Column.TIME or self.is_everything:
            return False
        (row,) = self._index.all("SELECT coalesce(sum(attempts), 0) FROM facts")
        return bool(demands.number_terms) or demands.facts * _DENSE < row[0]

    def _source(self) -> Found:
        """Where attempts come from when they are walked through in order until there are enough."""
        demands = self._demands
        if self._order.column is not Column.TIME:
            return _by_rows(demands, None)
        driver = demands.driver
        return _by_rows(demands, driver if driver is not None and driver.single else None)


def _by_words(demands: Demands) -> Found:
    where, values = _conditions(demands, None, "words.rowid")
    source = "words CROSS JOIN attempts ON attempts.number = words.rowid"
    return source, f"words MATCH ? AND {where}", (demands.match, *values)


def _by_rows(demands: Demands, driver: Term | None) -> Found:
    where, values = _conditions(demands, driver, "attempts.number")
    return "attempts", where, values


def _conditions(demands: Demands, driver: Term | None, number: str) -> tuple[str, tuple[Bound, ...]]:
    found = [term.condition(by_index=term is driver) for term in demands.terms]
    if demands.numbers is not None:
        found.insert(0, f"{number} BETWEEN {demands.numbers[0]} AND {demands.numbers[1]}")
    return " AND ".join(found) or "1", tuple(value for term in demands.terms for value in term.values)
