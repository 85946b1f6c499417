"""The pane of external events."""

from collections.abc import Callable
from typing import Protocol

from app.domain.model import ExternalEvent
from app.tui.text import label
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.row_window import RowWindow
from app.tui.widgets.table_columns import Column


class Events(Protocol):
    """Where events are found, by name or id."""

    def __call__(self, search: str = "") -> RowWindow[ExternalEvent]: ...


class EventList(FilteredList[ExternalEvent]):
    """External events by id and name, filtered by either."""

    def __init__(self, find: Events, name_of: Callable[[str], str | None]) -> None:
        columns = [
            Column[ExternalEvent](
                "id", "Id", lambda row: label(row.id, "$quiet"), 4, max_width=8, justify="right"
            ),
            Column[ExternalEvent]("name", "Name", lambda row: row.name, 8, flex=1),
        ]
        super().__init__(
            columns,
            find,
            title="Events",
            placeholder="filter by name or id; enter chooses",
            personal=False,
            id="events",
        )
        self._events = find
        self._name_of = name_of

    def narrowed(self, typed: str) -> None:
        """A whole event id puts the cursor on that event, whatever else contains the digits."""
        name = self._name_of(typed.strip()) if typed.strip().isdecimal() else None
        if name is not None:
            position = self._events(typed).position(ExternalEvent(typed.strip(), name))
            self.table.move_cursor(position or 0)
