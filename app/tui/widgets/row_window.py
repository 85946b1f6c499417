"""A view of any number of rows, and the few pages of it that the screen needs.

Separate from the table because it knows nothing of Textual: what a store must offer to be shown, and how much
of it is kept in memory.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar, runtime_checkable

Row = TypeVar("Row")

PAGE_ROWS = 50
_PAGES_KEPT = 16


class RowWindow(Protocol[Row]):
    """Rows, filtered and sorted, asked for by position; every answer is expected within milliseconds.

    A window is a view of one moment: rows that arrive later belong to the next window, or positions would shift
    between one page and the next.
    """

    @property
    def total(self) -> int | None:
        """The number of rows; None while it is not known."""

    def rows(self, start: int, count: int) -> Sequence[Row]:
        """The rows from position `start` on: `count` of them, fewer only where the rows end."""

    def settle(self) -> None:
        """Finds out the total, which may take long: for a thread of its own."""

    def position(self, row: Row) -> int | None:
        """Where this row, taken from an earlier window, stands in this one; None if it is not in it."""


@runtime_checkable
class PreparedWindow(RowWindow[Row], Protocol[Row]):
    """A window of which even the first rows may not be there at once."""

    def prepare(self, row: Row | None = None) -> None:
        """Finds the first rows, and as far as `row`, which may take long: for a thread of its own."""


@runtime_checkable
class PartlyReadWindow(RowWindow[Row], Protocol[Row]):
    """A window of which the far rows are read when somebody goes there."""

    def lacks(self, position: int) -> bool:
        """Whether rows up to this position are not read yet."""

    def read_all(self) -> None:
        """Reads them, which may take long: for a thread of its own."""


class Pages(Generic[Row]):
    """The pages of a window that were last looked at, and how far the rows are known to reach."""

    def __init__(self, window: RowWindow[Row]) -> None:
        self.window = window
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._total = window.total
        self._reached = 0

    @property
    def extent(self) -> int:
        """The number of rows, as far as they are known."""
        return self._reached if self._total is None else self._total

    def row(self, position: int) -> Row | None:
        """The row at this position; None where the window has none."""
        number, offset = divmod(position, PAGE_ROWS)
        page = self._page(number)
        return page[offset] if offset < len(page) else None

    @property
    def total(self) -> int | None:
        """The number of rows; None while it is not known."""
        return self._total

    def reach(self, position: int) -> None:
        """While the total is unknown, look for rows up to this position and a page beyond."""
        if self._total is not None or self._reached > position + PAGE_ROWS:
            return
        last = position // PAGE_ROWS + 1
        if not self._is_short(last):
            self._reached = (last + 1) * PAGE_ROWS
            return
        before = range(self._reached // PAGE_ROWS, last)
        short = before.start + bisect_left(before, True, key=self._is_short)
        self._total = short * PAGE_ROWS + len(self._page(short))

    def _is_short(self, number: int) -> bool:
        return len(self._page(number)) < PAGE_ROWS

    def _page(self, number: int) -> Sequence[Row]:
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = self.window.rows(number * PAGE_ROWS, PAGE_ROWS)
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page
