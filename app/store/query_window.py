"""The attempts that a query finds, as a window: a screen of them at once, all when somebody asks how many there are."""

from array import array
from collections.abc import Callable, Sequence

from app.store.history_rows import AttemptRow
from app.store.index_order import QueryOrder

_MORE = 2000
_NEAR = 20_000


class QueryWindow:
    """A RowWindow over what a query found; later changes belong to the next window.

    `find_all` is called by `settle`, in whatever thread that is, and answers all row numbers in order.
    """

    def __init__(self, order: QueryOrder, find_all: "Callable[[], array[int]]") -> None:
        self._order = order
        self._find_all = find_all
        self._numbers: array[int] = array("q")
        self._parts = list(order.parts())
        self._found_in_part = 0
        self._complete = False
        if order.is_short:
            self._numbers = order.every()
            self._complete = True

    @property
    def total(self) -> int | None:
        """See RowWindow."""
        return len(self._numbers) if self._complete else None

    def rows(self, start: int, count: int) -> Sequence[AttemptRow]:
        """See RowWindow."""
        self._reach(start + count)
        return self._order.with_numbers(self._numbers[start : start + count])

    def position(self, row: AttemptRow) -> int | None:
        """See RowWindow. Of what was not reached yet, it is found once all is."""
        number = self._order.number_of(row)
        if number is None:
            return None
        while number not in self._numbers and not self._complete:
            # Most often it stands not far from where somebody looked; all of them take longer.
            if len(self._numbers) < _NEAR:
                self._reach(len(self._numbers) + _MORE)
            else:
                self.settle()
        return self._numbers.index(number) if number in self._numbers else None

    def settle(self) -> None:
        """See RowWindow."""
        if not self._complete:
            # Assigned only when whole: the screen's thread reads on meanwhile.
            self._numbers = self._find_all()
            self._complete = True

    def _reach(self, needed: int) -> None:
        while not self._complete and len(self._numbers) < needed:
            # The first screen is asked for exactly; whoever goes on will want more.
            wanted = max(needed - len(self._numbers), _MORE if self._numbers else 0)
            last = self._numbers[-1] if self._numbers else None
            found = self._order.some(self._parts[0], wanted, self._found_in_part, last)
            self._numbers.extend(found)
            self._found_in_part += len(found)
            if len(found) < wanted:
                self._parts, self._found_in_part = self._parts[1:], 0
                self._complete = not self._parts
