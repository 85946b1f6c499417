"""The pane of external events."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.content import Content

from app.domain.account import ListOrder
from app.domain.model import ExternalEvent
from app.tui.text import label
from app.tui.widgets.filtered_list import FilteredList, sort_binding
from app.tui.widgets.row_window import RowWindow
from app.tui.widgets.table_columns import Column

BY_USE = ListOrder("use")


class Events(Protocol):
    """Where events are found, by name or id."""

    def __call__(self, text: str = "", order: ListOrder | None = None) -> RowWindow[ExternalEvent]: ...


class EventList(FilteredList[ExternalEvent]):
    """External events by id and name, filtered by either; unless sorted, those sent last come first."""

    BINDINGS: ClassVar[list[BindingType]] = [sort_binding("events")]

    def __init__(self, find: Events, name_of: Callable[[str], str | None]) -> None:
        columns = [
            Column[ExternalEvent](
                "id", "Id", lambda row: label(row.id, "$quiet"), 4, max_width=8, justify="right"
            ),
            Column[ExternalEvent]("name", "Name", lambda row: row.name, 8, flex=1),
        ]
        super().__init__(
            columns,
            lambda search, order, _: find(search, order),
            title="Events",
            placeholder="filter by name or id; enter chooses",
            personal=False,
            usual=BY_USE,
            id="events",
        )
        self._name_of = name_of

    def narrowed(self, typed: str) -> None:
        """A whole event id puts the cursor on that event, whatever else contains the digits."""
        name = self._name_of(typed.strip()) if typed.strip().isdecimal() else None
        if name is not None and self._window is not None:
            position = self._window.position(ExternalEvent(typed.strip(), name))
            self.table.move_cursor(position or 0)

    @property
    def orders(self) -> Sequence[tuple[Content, ListOrder]]:
        """Also the usual one, which no column stands for."""
        return [
            (Content(f"{'●' if self._order == BY_USE else ' '} Sent last first"), BY_USE),
            *super().orders,
        ]
