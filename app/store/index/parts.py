"""The figures of attempts, column by column: of each its fact, its minute and its milliseconds, as plain numbers.

Beside the rows of the index, because a million numbers in a row are read through in a tenth of the time of as many
rows. They stand in parts of 1,024 row numbers, so that few are written for a new attempt.
"""

import math
import sqlite3
from array import array
from collections import Counter
from dataclasses import dataclass
from itertools import compress
from operator import mod

from app.domain.attempt_statistics import SPANS_S

PART = 1024

ERA = math.lcm(*SPANS_S) // 60 * 1000
"""Minutes: more than since 1970, and a multiple of every span."""

NO_FACT = 0
"""Where there is no attempt with this number."""

UNKNOWN = -1
"""The milliseconds of what has none."""

LONGEST = 2**31 - 1
MINUTE = 60_000_000
"""Microseconds."""

FACT = ("outcome", "account", "profile", "event", "key", "status", "code", "previous", "settled")
"""The columns of a fact."""

_OUTCOME = FACT.index("outcome")
_SAME = " AND ".join(f"{column} IS ?" for column in FACT)

Fact = tuple[int | None, ...]


@dataclass(slots=True)
class Part:
    """So many attempts in a row. `times` are minutes since 1970, an ERA more for each outcome; `took` whole milliseconds."""

    facts: "array[int]"
    times: "array[int]"
    took: "array[int]"


class Parts:
    """What is to be written of facts and parts, within one transaction and until `flush`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[Fact, int] = {}
        self._facts: dict[int, Fact] = {}
        self._open: dict[int, Part] = {}
        self._more: Counter[int] = Counter()

    def put(self, number: int, fact: Fact, started: int, took: float | None) -> None:
        """Takes in an attempt with a number that none has."""
        part, place = self._part(number)
        known = self._numbers.get(fact) or self._number(fact)
        self._more[known] += 1
        part.facts[place] = known
        part.times[place] = (fact[_OUTCOME] or 0) * ERA + max(0, started // MINUTE)
        part.took[place] = UNKNOWN if took is None else max(0, min(int(took), LONGEST))

    def remove(self, number: int) -> None:
        """Takes out the attempt with this number, if there is one."""
        part, place = self._part(number)
        if part.facts[place] != NO_FACT:
            self._more[part.facts[place]] -= 1
            part.facts[place] = NO_FACT

    def change(self, number: int, column: str, value: int | None) -> None:
        """Gives the attempt with this number, if there is one, another value in a column of its fact."""
        part, place = self._part(number)
        if part.facts[place] != NO_FACT:
            fact = list(self._fact(part.facts[place]))
            fact[FACT.index(column)] = value
            self._more[part.facts[place]] -= 1
            part.facts[place] = self._number(tuple(fact))
            self._more[part.facts[place]] += 1

    def flush(self) -> None:
        """Writes what was changed."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, *_ends(part), part.facts, part.times, part.took)
                for number, part in self._open.items()
            ],
        )
        self._connection.executemany(
            "UPDATE facts SET attempts = attempts + ? WHERE id = ?",
            [(more, fact) for fact, more in self._more.items()],
        )
        self._open.clear()
        self._more.clear()

    def _part(self, number: int) -> tuple[Part, int]:
        index, place = divmod(number, PART)
        if index not in self._open:
            row = self._connection.execute(
                "SELECT facts, times, took FROM parts WHERE part = ?", (index,)
            ).fetchone()
            self._open[index] = _empty() if row is None else part_of(*row)
        return self._open[index], place

    def _number(self, fact: Fact) -> int:
        if fact not in self._numbers:
            self._numbers[fact] = self._found(fact) or self._added(fact)
        return self._numbers[fact]

    def _found(self, fact: Fact) -> int | None:
        row = self._connection.execute(f"SELECT id FROM facts WHERE {_SAME}", fact).fetchone()
        return None if row is None else row[0]

    def _added(self, fact: Fact) -> int:
        # By a statement that needs no savepoint of its own: at each of them the word index writes what it holds.
        marks = ", ".join("?" * len(FACT))
        sql = f"INSERT INTO facts ({', '.join(FACT)}) VALUES ({marks})"
        return self._connection.execute(sql, fact).lastrowid or 0

    def _fact(self, number: int) -> Fact:
        if number not in self._facts:
            row = self._connection.execute(
                f"SELECT {', '.join(FACT)} FROM facts WHERE id = ?", (number,)
            ).fetchone()
            self._facts[number] = tuple(row)
        return self._facts[number]


def numbers_in(written: bytes, code: str) -> "array[int]":
    """The numbers of a column as they were written."""
    numbers = array(code)
    numbers.frombytes(written)
    return numbers


def part_of(facts: bytes, times: bytes, took: bytes) -> Part:
    """A part as it was written."""
    return Part(numbers_in(facts, "I"), numbers_in(times, "q"), numbers_in(took, "i"))


def minutes(times: "array[int]", chosen: "array[int] | bytes") -> list[int]:
    """The minutes of the attempts that are chosen."""
    return [mod(time, ERA) for time in compress(times, chosen)]


def _empty() -> Part:
    return part_of(bytes(4 * PART), bytes(8 * PART), bytes(4 * PART))


def _ends(part: Part) -> tuple[int | None, int | None]:
    known = minutes(part.times, part.facts)
    return (min(known), max(known)) if known else (None, None)
