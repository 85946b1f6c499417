"""A pane with a filter above a table: typing narrows, the arrows move, Enter chooses, without leaving the filter."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from app.domain.errors import DeskError
from app.tui.widgets.row_window import Row, RowWindow
from app.tui.widgets.safe_input import SafeInput
from app.tui.widgets.table_columns import Column
from app.tui.widgets.windowed_table import WindowedTable

Find = Callable[[str], RowWindow[Row]]


class FilteredList(Vertical, Generic[Row]):
    """Rows that a function finds for what is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "table('cursor_down')", "Down", show=False),
        Binding("up", "table('cursor_up')", "Up", show=False),
        Binding("pagedown", "table('page_down')", "Page down", show=False),
        Binding("pageup", "table('page_up')", "Page up", show=False),
        Binding("escape", "clear", "Clear the filter", show=False, tooltip="Show every row again"),
    ]

    class Chosen(Message):
        """This row was chosen, by Enter or by the mouse."""

        def __init__(self, pane: "FilteredList[Any]", row: Any) -> None:
            super().__init__()
            self.pane = pane
            self.row = row

        @property
        def control(self) -> "FilteredList[Any]":
            """The pane that sent the message."""
            return self.pane

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        find: Find[Row],
        *,
        title: str,
        placeholder: str,
        personal: bool,
        id: str,  # noqa: A002 - the name that every Textual widget gives it
    ) -> None:
        """`personal`: what is typed into the filter may belong to a person."""
        super().__init__(id=id, classes="pane")
        self.border_title = self._title = title
        self._window: RowWindow[Row] | None = None
        self._counting = asyncio.Lock()
        self._columns = columns
        self._find = find
        self._placeholder = placeholder
        self._is_personal = personal

    def compose(self) -> ComposeResult:
        yield SafeInput(placeholder=self._placeholder, id=f"{self.id}-filter", personal=self._is_personal)
        yield WindowedTable[Row](
            self._columns, show_header=False, choose_on_click=True, id=f"{self.id}-table"
        )

    @property
    def table(self) -> WindowedTable[Row]:
        """The rows."""
        return self.query_one(WindowedTable)

    @property
    def filter(self) -> Input:
        """The line one types in."""
        return self.query_one(SafeInput)

    def reload(self, empty_text: str) -> None:
        """Find the rows again; the cursor stays on its row."""
        self.table.empty_text = empty_text
        self._show(keep_cursor=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc clears a filter only where there is one."""
        return bool(self.filter.value) if action == "clear" else super().check_action(action, parameters)

    def action_clear(self) -> None:
        self.filter.value = ""

    async def action_table(self, action: str) -> None:
        await self.table.run_action(action)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._show()
        self.narrowed(event.value)

    def _show(self, *, keep_cursor: bool = False) -> None:
        window = self._window = self._find(self.filter.value)
        self.table.show(window, keep_cursor=keep_cursor)
        self._tell_count()
        if self.table.row_count is None:
            self._count(window)

    @work(group="count")
    async def _count(self, window: RowWindow[Row]) -> None:
        """Finds out how many rows there are, unless others were asked for meanwhile; no two at a time."""
        async with self._counting:
            if window is self._window:
                with contextlib.suppress(DeskError):
                    await asyncio.to_thread(window.settle)
        if window is self._window:
            self.table.window_changed()
            self._tell_count()

    def _tell_count(self) -> None:
        count = self.table.row_count if self.filter.value else None
        self.border_title = self._title if count is None else f"{self._title}  {count:,}"

    def narrowed(self, typed: str) -> None:
        """What a list does beyond showing the rows found."""

    @on(Input.Submitted)
    def _choose_row(self, event: Input.Submitted) -> None:
        event.stop()
        if (row := self.table.row) is not None:
            self.post_message(self.Chosen(self, row))

    @on(WindowedTable.Selected)
    def _chosen(self, event: WindowedTable.Selected[Row]) -> None:
        event.stop()
        self.post_message(self.Chosen(self, event.row))
