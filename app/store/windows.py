"""Views of any number of rows, asked for by position, of which only a few are ever fetched.

A position is found from sparse anchors, each a position with the key that stands there, never by counting
from the top. A window is a snapshot of the order: whoever changes the rows asks for a new one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")

STEP = 1000


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
