"""Which attempts a query finds, as one byte for each row number: for whatever needs all of them, in whatever order.

A term about a fact is asked of the few facts there are; any other gives its row numbers, which SQLite strings together
into one text, a character for each: to hand over a million rows one by one would take several times as long.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, repeat

from app.store.index.attempt_index import AttemptIndex
from app.store.index.parts import MINUTE, PART, numbers_in
from app.store.index.query import Demands, conditions
from app.store.index.terms import Term
from app.store.row_numbers import row_numbers

_FIRST = 0xE000
"""The character that stands for the first row number of a span: after it none is half of a pair."""

_SPAN = 1 << 20
_AT_ONCE = 10_000
_MANY = 100
"""For more parts than this, a contact's row numbers are found faster in its index than attempt by attempt."""

_TURNED = bytes([1, 0, *range(2, 256)])


def parts_of(index: AttemptIndex) -> range:
    """The parts in which all row numbers are."""
    (ends,) = index.all("SELECT min(part), max(part) FROM parts")
    return range(0) if ends[0] is None else range(ends[0], ends[1] + 1)


class Mask:
    """The attempts of some parts that meet these demands. Raises StoreError, and StoppedError."""

    def __init__(self, index: AttemptIndex, demands: Demands, parts: range) -> None:
        self._index = index
        self._many = len(parts) > _MANY
        self._parts = f"part >= {parts.start} AND part < {parts.stop}"
        self._begin, self._end = parts.start * PART, parts.stop * PART
        with index.snapshot():
            self._facts = _allowed(index, demands.fact_terms)
            self.bytes = (
                self._whole(demands) if parts and any(self._facts) else bytes(self._end - self._begin)
            )

    def part(self, number: int) -> bytes:
        """What of a part of row numbers is found."""
        return self.bytes[self._place(number)]

    def numbers(self) -> "array[int]":
        """The row numbers that are found, in order."""
        begins = range(0, len(self.bytes), PART)
        return row_numbers(
            chain.from_iterable(
                compress(range(self._begin + at, self._begin + at + PART), some)
                for at in begins
                if 1 in (some := self.bytes[at : at + PART])
            )
        )

    def of(self, numbers: Iterable[int]) -> Iterator[int]:
        """Those of these row numbers that are found, in their order."""
        begin, end, found = self._begin, self._end, self.bytes
        # What others have added since is past the end.
        return (number for number in numbers if begin <= number < end and found[number - begin])

    def _whole(self, demands: Demands) -> bytes:
        marked = bytes([1]) * (self._end - self._begin)
        for term in demands.number_terms:
            marked = _both(marked, self._marked(term) if term.span is None else self._within(term, term.span))
        if 0 not in self._facts[1:] and any(_is_sure(term) for term in demands.number_terms):
            return marked
        found = bytearray(len(marked))
        with self._index.guarded() as connection:
            for part, facts in connection.execute(f"SELECT part, facts FROM parts WHERE {self._parts}"):
                self._index.look()
                place = self._place(part)
                if 1 in marked[place]:
                    met = bytes(map(self._facts.__getitem__, numbers_in(facts, "I")))
                    found[place] = _both(met, marked[place])
        return bytes(found)

    def _place(self, part: int) -> slice:
        begin = part * PART - self._begin
        return slice(begin, begin + PART)

    def _within(self, term: Term, span: tuple[int, int]) -> bytes:
        """The row numbers of a span of time: whole parts of them, and what there is in those that it begins or ends in."""
        marked = bytearray(self._end - self._begin)
        since, until = (moment / MINUTE for moment in span)
        for row in self._index.all(
            f"SELECT part, first, last FROM parts WHERE {self._parts} AND first IS NOT NULL"
        ):
            begin = row["part"] * PART
            if since <= row["first"] and row["last"] + 1 <= until:
                marked[self._place(row["part"])] = bytes([1]) * PART
            elif since < row["last"] + 1 and row["first"] < until:
                condition = f"number >= {begin} AND number < {begin + PART} AND {term.condition()}"
                for found in self._index.all(f"SELECT number FROM attempts WHERE {condition}", *term.values):
                    marked[found["number"] - self._begin] = 1
        return bytes(marked)

    def _marked(self, term: Term) -> bytes:
        """The row numbers of a term."""
        marked = bytearray()
        numbers = term.numbers.format("+" if self._many else "")
        for begin in range(self._begin, self._end, _SPAN):
            (row,) = self._index.all(
                f"SELECT CAST(group_concat(char(number - {begin - _FIRST}), '') AS BLOB) FROM ({numbers}) "
                f"WHERE number >= {begin} AND number < {min(begin + _SPAN, self._end)}",
                *term.values,
            )
            characters = numbers_in((row[0] or b"").decode().encode("utf-32-le"), "I")
            span = bytearray(_FIRST + _SPAN)
            for at in range(0, len(characters), _AT_ONCE):
                self._index.look()
                deque(map(span.__setitem__, characters[at : at + _AT_ONCE], repeat(1)), maxlen=0)
            marked += span[_FIRST:]
        whole = bytes(marked[: self._end - self._begin])
        return whole.translate(_TURNED) if term.negated else whole


def _both(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _is_sure(term: Term) -> bool:
    """Whether every row number that this term marks is that of an attempt."""
    return term.span is None and not term.negated


def _allowed(index: AttemptIndex, terms: Sequence[Term]) -> bytes:
    """For each fact by its number whether it meets these terms; there is none with the number 0."""
    (row,) = index.all("SELECT coalesce(max(id), 0) FROM facts")
    allowed = bytearray(row[0] + 1)
    for row in index.all(f"SELECT id FROM facts WHERE {conditions(terms)}"):
        allowed[row[0]] = 1
    return bytes(allowed)
