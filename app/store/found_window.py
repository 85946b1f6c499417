"""Windows over what a search or a query finds, and over what is sorted: row numbers are held, rows are fetched.

Separate from `windows`, where a position is found from anchors: here the order follows from no number, so that it is
walked through from its beginning, or found as a whole.
"""

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from app.store.row_numbers import row_numbers

Row = TypeVar("Row")

_MORE = 2000
_NEAR = 20_000
_PREPARED = 200


class FoundOrder(Protocol[Row]):
    """What is found, in its order, by row number. Raises StoreError, and StoppedError."""

    @property
    def total(self) -> int | None:
        """How many there are, where that is known beforehand: then `numbers` begins anywhere, without a `last`."""

    @property
    def is_short(self) -> bool:
        """Whether all of it is found about as fast as a screen of it."""

    def numbers(self, start: int, count: int, last: int | None) -> "array[int]":
        """At most `count` row numbers from position `start` on, before which `last` stands; fewer only at the end."""

    def all_numbers(self) -> "array[int]":
        """All row numbers."""

    def key_of(self, row: Row) -> int | None:
        """The row number of a row; None where it is gone."""

    def with_keys(self, keys: Sequence[int]) -> Sequence[Row]:
        """The rows with these numbers, in their order; what is gone is left out."""


class FoundWindow(Generic[Row]):
    """A RowWindow over what is found: a screen of it at once, all of it when somebody asks how many there are.

    `apart` gives its order on a connection of its own, for whatever thread asks; later changes belong to the next window.
    """

    def __init__(
        self, order: FoundOrder[Row], apart: Callable[[], AbstractContextManager[FoundOrder[Row]]]
    ) -> None:
        self._order = order
        self._apart = apart
        # Each is assigned when it is whole: the screen's thread reads on while another finds all.
        self._first = row_numbers()
        self._all: array[int] | None = None
        self._begin(order)

    @property
    def total(self) -> int | None:
        """See RowWindow."""
        return self._order.total if self._all is None else len(self._all)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """See RowWindow."""
        self._reach(self._order, start + count)
        return self._order.with_keys(self._found[start : start + count])

    def position(self, row: Row) -> int | None:
        """See RowWindow."""
        key = self._order.key_of(row)
        if key is not None:
            self._reach_key(self._order, key)
        return self._place(key)

    def settle(self) -> None:
        """See RowWindow."""
        if self._all is None:
            with self._apart() as order:
                self._all = order.all_numbers()

    def _begin(self, order: FoundOrder[Row]) -> None:
        """All of it, where that takes no longer than a screen of it."""
        if order.is_short:
            self._all = order.all_numbers()

    @property
    def _found(self) -> "array[int]":
        return self._first if self._all is None else self._all

    def _place(self, key: int | None) -> int | None:
        found = self._found
        return found.index(key) if key is not None and key in found else None

    def _reach(self, order: FoundOrder[Row], needed: int) -> None:
        first = self._first
        if self._all is not None or len(first) >= needed:
            return
        # The first screen is asked for exactly; whoever goes on will want more.
        wanted = max(needed - len(first), _MORE if first else 0)
        some = order.numbers(len(first), wanted, first[-1] if first else None)
        self._first = row_numbers(some, after=first)
        if len(some) < wanted:
            self._all = self._first

    def _reach_key(self, order: FoundOrder[Row], key: int) -> None:
        """Most often it stands not far from where somebody looked; all of them take longer."""
        while self._all is None and key not in self._first:
            if len(self._first) < _NEAR:
                self._reach(order, len(self._first) + _MORE)
            else:
                self._all = order.all_numbers()


class LaterWindow(FoundWindow[Row]):
    """The same where even the first rows may take long: who asks for rows is never kept waiting to have them found.

    They are there as far as it is prepared, or settled; where the number of all is known beforehand, every one is.
    """

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """See RowWindow."""
        keys = self._found[start : start + count]
        if len(keys) < count and self._all is None and self._order.total is not None:
            keys = self._order.numbers(start, count, None)
        return self._order.with_keys(keys)

    def position(self, row: Row) -> int | None:
        """See RowWindow; None also where it was not found yet."""
        return self._place(self._order.key_of(row))

    def prepare(self, row: Row | None = None) -> None:
        """Finds the first rows, and as far as `row`, in any thread. Raises StoppedError."""
        with self._apart() as order:
            super()._begin(order)
            self._reach(order, _PREPARED)
            key = None if row is None else order.key_of(row)
            if key is not None:
                self._reach_key(order, key)

    def _begin(self, order: FoundOrder[Row]) -> None:
        """Nothing is found before it is prepared."""
