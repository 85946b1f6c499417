"""A pane with a filter above a table: typing narrows, the arrows move, Enter chooses, without leaving the filter."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import Any, ClassVar, Generic

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from app.domain.account import ListOrder
from app.domain.errors import AppError
from app.tui.widgets.row_window import PreparedWindow, Row, RowWindow
from app.tui.widgets.safe_input import SafeInput
from app.tui.widgets.table_columns import Column
from app.tui.widgets.windowed_table import WindowedTable

Find = Callable[[str, ListOrder | None, Event], RowWindow[Row]]
"""Finds rows for a text, in an order (None: the usual one); what of it takes long ends once the event is set."""

_TOLD_AFTER_S = 0.1


def sort_binding(pane: str) -> Binding:
    """The key that sorts, in the pane of this name."""
    return Binding(
        "ctrl+s,r", "sort", "Sort", show=False, id=f"{pane}.sort", key_display="^s",
        tooltip="Sort by a column; the same one again turns it round",
    )  # fmt: skip


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

    class SortWanted(Message):
        """A column to sort by is to be chosen."""

        def __init__(self, pane: "FilteredList[Any]") -> None:
            super().__init__()
            self.pane = pane

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        find: Find[Row],
        *,
        title: str,
        placeholder: str,
        personal: bool,
        usual: ListOrder,
        id: str,  # noqa: A002 - the name that every Textual widget gives it
    ) -> None:
        """`personal`: what is typed into the filter may belong to a person; `usual` is the order they come in."""
        super().__init__(id=id, classes="pane")
        self.border_title = self._title = title
        self._usual = self._order = usual
        self._stop = Event()
        self.is_open = False
        """Whether something was typed since a row was chosen last."""
        self._chooses = False
        self._window: RowWindow[Row] | None = None
        self._shown: RowWindow[Row] | None = None
        self._counting = asyncio.Lock()
        self._columns = columns
        self._find = find
        self._placeholder = placeholder
        self._is_personal = personal

    def compose(self) -> ComposeResult:
        yield SafeInput(placeholder=self._placeholder, id=f"{self.id}-filter", personal=self._is_personal)
        table = WindowedTable[Row](self._columns, choose_on_click=True, id=f"{self.id}-table")
        table.show_sort(self._order.column, descending=self._order.descending)
        yield table

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

    def on_unmount(self) -> None:
        self._stop.set()

    def action_clear(self) -> None:
        self.filter.value = ""

    async def action_table(self, action: str) -> None:
        await self.table.run_action(action)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self.is_open = True
        self._show()
        self.narrowed(event.value)

    def _show(self, *, keep_cursor: bool = False) -> None:
        self._chooses = False
        self._stop.set()  # whoever still looks for rows that nobody wants any more
        self._stop = Event()
        order = None if self._order == self._usual else self._order
        window = self._window = self._find(self.filter.value, order, self._stop)
        if isinstance(window, PreparedWindow) and (keep_cursor or not window.rows(0, 1)):
            self._prepare(window, keep_cursor=keep_cursor)
        else:
            self._put(window, keep_cursor=keep_cursor)

    @work(group="count")
    async def _prepare(self, window: PreparedWindow[Row], *, keep_cursor: bool) -> None:
        """Shows rows that are not there at once; until they are, those before them stay."""
        told = self.set_timer(_TOLD_AFTER_S, partial(self._tell_looking, window))
        try:
            await self._apart(window, partial(window.prepare, self.table.row if keep_cursor else None))
        except AppError as error:
            if window is self._window:
                self.notify(str(error), severity="error", markup=False)
        else:
            if window is self._window:
                self._put(window, keep_cursor=keep_cursor)
        finally:
            told.stop()

    def _put(self, window: RowWindow[Row], *, keep_cursor: bool) -> None:
        self._shown = window
        self.table.show_sort(self._order.column, descending=self._order.descending)
        self.table.show(window, keep_cursor=keep_cursor)
        self._tell_count()
        if self._chooses:
            self._choose()
        if window.total is None or isinstance(window, PreparedWindow):
            self._count(window)

    @work(group="count")
    async def _count(self, window: RowWindow[Row]) -> None:
        """Finds out how many rows there are."""
        with contextlib.suppress(AppError):
            await self._apart(window, window.settle)
        if window is self._window:
            self.table.window_changed()
            self._tell_count()

    async def _apart(self, window: RowWindow[Row], work: Callable[[], None]) -> None:
        """Works in a thread, unless other rows were asked for meanwhile; no two at a time."""
        async with self._counting:
            if window is self._window:
                await asyncio.to_thread(work)

    # Sorting

    @property
    def orders(self) -> Sequence[tuple[Content, ListOrder]]:
        """What can be sorted by; the column that is sorted by is marked, and stands for the other way round."""
        return [
            (Content(f"{self._sign(column.key)} {column.title}"), self._turned(column.key))
            for column in self._columns
        ]

    def sort(self, order: ListOrder | None) -> None:
        """Show the rows in this order from now on; None changes nothing."""
        if order is not None:
            self._order = order
            self._show()

    def _sign(self, key: str) -> str:
        if key != self._order.column:
            return " "
        return "▼" if self._order.descending else "▲"

    def _turned(self, key: str) -> ListOrder:
        return ListOrder(key, descending=self._order == ListOrder(key))

    def action_sort(self) -> None:
        self.post_message(self.SortWanted(self))

    @on(WindowedTable.HeaderSelected)
    def _header_clicked(self, event: WindowedTable.HeaderSelected) -> None:
        event.stop()
        self.filter.focus()
        self.sort(self._turned(event.column.key))

    # What the title tells

    def _tell_looking(self, window: RowWindow[Row]) -> None:
        if window is self._window and window is not self._shown:
            what = "looking" if self._order == self._usual else "sorting"
            self.border_title = f"{self._title}  {what} …"

    def _tell_count(self) -> None:
        total = None if self._window is None else self._window.total
        count = total if self.filter.value else None
        self.border_title = self._title if count is None else f"{self._title}  {count:,}"

    def narrowed(self, typed: str) -> None:
        """What a list does beyond showing the rows found."""

    @on(Input.Submitted)
    def _choose_row(self, event: Input.Submitted) -> None:
        event.stop()
        # Of rows that are still looked for, the first is chosen once it is there: those before are others.
        self._chooses = self._window is not self._shown
        if not self._chooses:
            self._choose()

    def _choose(self) -> None:
        self._chooses = False
        if (row := self.table.row) is not None:
            self._tell_chosen(row)
        else:
            self.notify(self.table.empty_text, title="Nothing to choose", severity="warning", markup=False)

    @on(WindowedTable.Selected)
    def _chosen(self, event: WindowedTable.Selected[Row]) -> None:
        event.stop()
        self._tell_chosen(event.row)

    def _tell_chosen(self, row: Row) -> None:
        self.is_open = False
        self.post_message(self.Chosen(self, row))
