"""The attempts that a query finds, as a window: a screen of them at once, all when somebody asks how many there are."""

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from app.store.history_rows import AttemptRow
from app.store.index_order import Part, QueryOrder

_MORE = 2000
_NEAR = 20_000
_PREPARED = 200


class QueryWindow:
    """A RowWindow over what a query found; later changes belong to the next window.

    `apart` gives its order on a connection of its own to `prepare` and `settle`, in whatever thread they are. Where
    somebody is typing, it is filled by these alone, `later`: who only asks for rows is not kept waiting.
    """

    def __init__(
        self, order: QueryOrder, apart: Callable[[], AbstractContextManager[QueryOrder]], *, later: bool
    ) -> None:
        self._order = order
        self._apart = apart
        self._later = later
        self._numbers: array[int] = array("q")
        self._parts: Sequence[Part] = ()
        self._found_in_part = 0
        self._complete = False
        if not later:
            self._begin(order)

    @property
    def total(self) -> int | None:
        """See RowWindow."""
        return len(self._numbers) if self._complete else None

    def rows(self, start: int, count: int) -> Sequence[AttemptRow]:
        """See RowWindow."""
        if not self._later:
            self._reach(self._order, start + count)
        return self._order.with_numbers(self._numbers[start : start + count])

    def position(self, row: AttemptRow) -> int | None:
        """See RowWindow. Of what was not reached yet, it is found once all is."""
        number = self._order.number_of(row)
        if number is None:
            return None
        if not self._later:
            self._reach_number(self._order, number)
        return self._numbers.index(number) if number in self._numbers else None

    def prepare(self, row: AttemptRow | None = None) -> None:
        """Finds the first rows, and as far as `row`. Raises StoppedError."""
        with self._apart() as order:
            self._begin(order)
            self._reach(order, _PREPARED)
            number = None if row is None else order.number_of(row)
            if number is not None:
                self._reach_number(order, number)

    def settle(self) -> None:
        """See RowWindow."""
        if not self._complete:
            with self._apart() as order:
                self._find_all(order)

    def _begin(self, order: QueryOrder) -> None:
        self._parts = order.parts()
        if order.is_short:
            self._find_all(order)

    def _find_all(self, order: QueryOrder) -> None:
        # Assigned only when whole: the screen's thread reads on meanwhile.
        self._numbers = order.every()
        self._complete = True

    def _reach(self, order: QueryOrder, needed: int) -> None:
        while not self._complete and len(self._numbers) < needed:
            # The first screen is asked for exactly; whoever goes on will want more.
            wanted = max(needed - len(self._numbers), _MORE if self._numbers else 0)
            last = self._numbers[-1] if self._numbers else None
            found = order.some(self._parts[0], wanted, self._found_in_part, last)
            self._numbers.extend(found)
            self._found_in_part += len(found)
            if len(found) < wanted:
                self._parts, self._found_in_part = self._parts[1:], 0
                self._complete = not self._parts

    def _reach_number(self, order: QueryOrder, number: int) -> None:
        while number not in self._numbers and not self._complete:
            # Most often it stands not far from where somebody looked; all of them take longer.
            if len(self._numbers) < _NEAR:
                self._reach(order, len(self._numbers) + _MORE)
            else:
                self._find_all(order)
