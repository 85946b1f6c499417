"""Views of any number of rows, asked for by position, of which only a few are ever fetched.

A position is found from sparse anchors, each a position with the key that stands there, never by counting
from the top. A window is a snapshot of the order: whoever changes the rows asks for a new one.
"""

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")

STEP = 1000
_MORE_FOUND = 2000
_PREPARED = 1000


def keys_of(found: sqlite3.Cursor) -> "array[int]":
    """The first column of every row: eight bytes each, for there may be a million."""
    # A Row for each would take ten times the memory.
    found.row_factory = None
    return array("q", (row[0] for row in found))


class RowWindow(Protocol[Row]):
    """Rows, filtered and sorted, by position."""

    @property
    def total(self) -> int | None:
        """The number of rows; None while it is not known."""

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """The rows from position `start` on: `count` of them, fewer only where the rows end. Raises StoreError."""

    def position(self, row: Row) -> int | None:
        """Where this row stands in this window; None if it is not in it. Raises StoreError."""

    def settle(self) -> None:
        """Finds out the total, which may take long: for a thread of its own. Raises StoreError."""


class KeyOrder(Protocol[Row]):
    """Rows in the order of an integer key, which may rise or fall."""

    def key_of(self, row: Row) -> int | None:
        """The key of a row; None where it is gone."""

    def ends(self) -> tuple[int, int] | None:
        """The first and the last key; None where there are no rows."""

    def step(self, key: int, rows: int) -> int | None:
        """The key that stands `rows` rows after `key`, before it for a negative number; None past an end."""

    def distance(self, key: int, target: int) -> int:
        """The number of rows from `key` on that come before `target`."""

    def from_key(self, key: int, skip: int, count: int) -> Sequence[Row]:
        """`count` rows from the `skip`th after `key` on."""


class AnchoredWindow(Generic[Row]):
    """All rows of an order of which the number is known."""

    def __init__(
        self, order: KeyOrder[Row], total: int, descending: bool, anchors: Sequence[tuple[int, int]] = ()
    ) -> None:
        self._order = order
        self.total = total
        self._sign = -1 if descending else 1
        self._positions: list[int] = []
        # Signed, so that they rise with the positions whichever way the order runs.
        self._keys: list[int] = []
        for position, key in anchors:
            self._add(position, key)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """See RowWindow."""
        if not 0 <= start < self.total or not self._open():
            return ()
        index = self._nearest(start)
        return self._order.from_key(self._sign * self._keys[index], start - self._positions[index], count)

    def position(self, row: Row) -> int | None:
        """See RowWindow."""
        key = self._order.key_of(row)
        if key is None or not self._open():
            return None
        index = bisect_right(self._keys, self._sign * key) - 1
        if index < 0 or self._sign * key > self._keys[-1]:
            return None
        position = self._positions[index] + self._order.distance(self._sign * self._keys[index], key)
        self._add(position, key)
        return position

    def settle(self) -> None:
        """See RowWindow: nothing is left to find out."""

    def anchors(self) -> Sequence[tuple[int, int]]:
        """What is known of the order, for a later window over nearly the same rows."""
        return [
            (position, self._sign * key) for position, key in zip(self._positions, self._keys, strict=True)
        ]

    def _open(self) -> bool:
        """Anchors both ends; False where there are no rows after all."""
        if not self._positions or self._positions[0] != 0 or self._positions[-1] != self.total - 1:
            ends = self._order.ends()
            if ends is None:
                return False
            self._add(0, ends[0])
            self._add(self.total - 1, ends[1])
        return True

    def _nearest(self, start: int) -> int:
        """The index of an anchor at most STEP rows before `start`, from the nearer side."""
        while True:
            index = bisect_right(self._positions, start) - 1
            behind = start - self._positions[index]
            if behind <= STEP:
                return index
            ahead = self._positions[index + 1] - start
            index, rows = (index, STEP) if behind <= ahead else (index + 1, -STEP)
            key = self._order.step(self._sign * self._keys[index], rows)
            if key is None:
                return bisect_right(self._positions, start) - 1
            self._add(self._positions[index] + rows, key)

    def _add(self, position: int, key: int) -> None:
        index = bisect_left(self._positions, position)
        if index == len(self._positions) or self._positions[index] != position:
            self._positions.insert(index, position)
            self._keys.insert(index, self._sign * key)


class FoundOrder(Protocol[Row]):
    """The keys that a search finds, in order."""

    def key_of(self, row: Row) -> int | None:
        """The key of a row; None where it is gone."""

    def after(self, key: int | None, count: int) -> Sequence[int]:
        """At most `count` keys after `key`, from the first one for None."""

    def with_keys(self, keys: Sequence[int]) -> Sequence[Row]:
        """The rows of these keys, in the order of the window; what is gone is left out."""


class FoundWindow(Generic[Row]):
    """The rows that a search finds: a screen of them at once, the number of all when somebody asks for it."""

    def __init__(
        self, order: FoundOrder[Row], descending: bool, find_all: "Callable[[], array[int]]"
    ) -> None:
        self._order = order
        self._sign = -1 if descending else 1
        self._find_all = find_all
        self._keys: array[int] = array("q")
        self._complete = False

    @property
    def total(self) -> int | None:
        """See RowWindow."""
        return len(self._keys) if self._complete else None

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """See RowWindow."""
        self._reach(start + count)
        return self._order.with_keys(self._keys[start : start + count])

    def position(self, row: Row) -> int | None:
        """See RowWindow."""
        key = self._order.key_of(row)
        if key is None:
            return None
        while not self._complete and not (self._keys and self._sign * self._keys[-1] >= self._sign * key):
            self._reach(len(self._keys) + _MORE_FOUND)
        return self._place(key)

    def settle(self) -> None:
        """See RowWindow."""
        if not self._complete:
            # Assigned only when whole: the screen's thread reads on meanwhile.
            self._keys = self._find_all()
            self._complete = True

    def _place(self, key: int) -> int | None:
        index = bisect_left(self._keys, self._sign * key, key=lambda found: self._sign * found)
        return index if index < len(self._keys) and self._keys[index] == key else None

    def _reach(self, needed: int) -> None:
        missing = needed - len(self._keys)
        if self._complete or missing <= 0:
            return
        # The first screen is asked for exactly; whoever goes on will want more.
        wanted = max(missing, _MORE_FOUND) if self._keys else missing
        keys = self._order.after(self._keys[-1] if self._keys else None, wanted)
        self._keys.extend(keys)
        self._complete = len(keys) < wanted


class LaterWindow(FoundWindow[Row]):
    """The rows that a search finds where even the first may take long: they are there once it is prepared.

    `find` is called by `prepare` and `settle`, in whatever thread that is, and answers at most so many keys from the
    first one on, for None all.
    """

    def __init__(
        self, order: FoundOrder[Row], descending: bool, find: "Callable[[int | None], array[int]]"
    ) -> None:
        super().__init__(order, descending, lambda: find(None))
        self._find = find

    def prepare(self) -> None:
        """Finds the first rows."""
        keys = self._find(_PREPARED)
        self._keys, self._complete = keys, len(keys) < _PREPARED

    def position(self, row: Row) -> int | None:
        """See RowWindow; None also where it was not found yet."""
        key = self._order.key_of(row)
        return None if key is None else self._place(key)

    def _reach(self, needed: int) -> None:
        """What is not there yet would keep waiting whoever asks."""


class ListWindow(Generic[Row]):
    """Rows that are few enough to be held."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    @property
    def total(self) -> int:
        """See RowWindow."""
        return len(self._rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """See RowWindow."""
        return self._rows[start : start + count]

    def position(self, row: Row) -> int | None:
        """See RowWindow."""
        return self._rows.index(row) if row in self._rows else None

    def settle(self) -> None:
        """See RowWindow: nothing is left to find out."""
