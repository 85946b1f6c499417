"""Row numbers by the million, in little memory."""

import sqlite3
from array import array
from collections.abc import Iterable
from itertools import chain, islice

_AT_ONCE = 5000


_NONE = array("I")


def row_numbers(found: Iterable[int] = (), after: "array[int]" = _NONE) -> "array[int]":
    """A copy of those in `after`, and then these: in four bytes each, or in eight where one of them needs that.

    The row number of a contact whose id is no plain number does.
    """
    numbers, rest = after[:], iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        try:
            numbers.fromlist(some)
        except OverflowError:
            numbers = array("q", numbers)
            numbers.fromlist(some)
    return numbers


def first_column(found: sqlite3.Cursor) -> "array[int]":
    """The row numbers that a statement gives."""
    # A Row for each would take ten times the memory.
    found.row_factory = None
    return row_numbers(chain.from_iterable(found))
