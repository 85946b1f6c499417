"""The one table of the dashboard: any number of rows, of which only those on screen are fetched and drawn.

A widget of its own because Textual's DataTable holds every row, and freezes on a long list.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import ClassVar, Generic, Literal

from rich.style import Style as RichStyle
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Size, clamp
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.domain.errors import AppError
from app.tui.widgets.row_window import Pages, PartlyReadWindow, Row, RowWindow
from app.tui.widgets.table_columns import Column
from app.tui.widgets.table_lines import TableLines, empty_line
from app.tui.widgets.table_messages import TableMessages


def _binding(key: str, action: str, description: str, tooltip: str) -> Binding:
    return Binding(key, action, description, show=False, tooltip=tooltip, id=f"table.{action}")


class WindowedTable(TableMessages, ScrollView, Generic[Row], can_focus=True):
    """Rows of a window in columns that fit the pane, with one row under the cursor."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        _binding("up", "cursor_up", "Up", "To the row above"),
        _binding("down", "cursor_down", "Down", "To the row below"),
        _binding("pageup", "page_up", "Page up", "One screen of rows up"),
        _binding("pagedown", "page_down", "Page down", "One screen of rows down"),
        _binding("home", "first", "First", "To the first row"),
        _binding("end", "last", "Last", "To the last row"),
        _binding("enter", "select", "Choose", "Choose the row under the cursor"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "windowed-table--header",
        "windowed-table--row",
        "windowed-table--row-even",
        "windowed-table--cursor",
        "windowed-table--empty",
    }

    DEFAULT_CSS = """
    WindowedTable {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $surface;
        & > .windowed-table--header { color: $text-muted; text-style: bold; }
        & > .windowed-table--row-even { background: $surface-lighten-1 40%; }
        & > .windowed-table--empty { color: $text-muted; }
        & > .windowed-table--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .windowed-table--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
        &:focus:nocolor > .windowed-table--cursor { text-style: reverse; }
    }
    """

    empty_text: reactive[str] = reactive("")
    """The sentence shown where there are no rows."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        empty_text: str = "",
        show_header: bool = True,
        zebra: bool = False,
        choose_on_click: bool = False,
        id: str | None = None,  # noqa: A002 - the name that every Textual widget gives it
        classes: str | None = None,
    ) -> None:
        """A table without rows; `choose_on_click` chooses at the first click, else at a double click."""
        super().__init__(id=id, classes=classes)
        self._lines = TableLines(columns)
        self.set_reactive(WindowedTable.empty_text, empty_text)
        self._header_lines = 1 if show_header else 0
        self._zebra = zebra
        self._choose_on_click = choose_on_click
        self._pages: Pages[Row] | None = None
        self._cursor = 0
        self._row: Row | None = None
        self._sort: tuple[str, bool] | None = None
        self._body_lines = 0
        self._read: RowWindow[Row] | None = None
        self._has_mounted = False

    @property
    def cursor(self) -> int:
        """The position of the row under the cursor; 0 where there are no rows."""
        return self._cursor

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None where there are no rows."""
        return self._row

    @property
    def row_count(self) -> int | None:
        """The number of rows; None while it is not known."""
        return self._pages.total if self._pages else 0

    def show(self, window: RowWindow[Row], *, keep_cursor: bool = False) -> None:
        """Show these rows from the first one on.

        With `keep_cursor` the row under the cursor stays under it, on the same line of the screen, as new rows
        arrive above; only at the very top do the newest rows come into view.
        """
        row, cursor, top = self._row, self._cursor, self.scroll_offset.y
        self._pages = Pages(window)
        if not keep_cursor or row is None or cursor == top == 0:
            self._place(0, 0)
            return
        position = window.position(row)
        moved = 0 if position is None else position - cursor
        self._place(cursor + moved, top + moved)

    def window_changed(self) -> None:
        """Read the rows of the same window again, and how many there are; nothing moves."""
        if self._pages:
            self._pages = Pages(self._pages.window)
            self._place(self._cursor, self.scroll_offset.y)

    def show_sort(self, key: str | None, *, descending: bool = False) -> None:
        """Mark the title of this column as the one that the rows are sorted by; None: no mark."""
        self._sort = None if key is None else (key, descending)
        self.refresh_line(self.scroll_offset.y)

    def move_cursor(self, position: int) -> None:
        """Put the cursor on this row, or on the nearest there is, and bring it into view."""
        self._reach(max(0, position))
        previous = self._cursor
        self._cursor = clamp(position, 0, max(0, self._extent - 1))
        self._scroll_into_view()
        for changed in (previous, self._cursor):
            self._refresh_row(changed)
        self._announce()

    def action_cursor_up(self) -> None:
        self.move_cursor(self._cursor - 1)

    def action_cursor_down(self) -> None:
        self.move_cursor(self._cursor + 1)

    def action_page_up(self) -> None:
        self._move_page(-1)

    def action_page_down(self) -> None:
        self._move_page(1)

    def action_first(self) -> None:
        self.move_cursor(0)

    def action_last(self) -> None:
        self.move_cursor(self._extent - 1)

    def action_select(self) -> None:
        if self._row is not None:
            self.post_message(self.Selected(self, self._row))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        if offset.y < self._header_lines:
            column = self._lines.column_at(offset.x, self.scrollable_content_region.width)
            if column is not None:
                self.post_message(self.HeaderSelected(self, column))
            return
        position = self.scroll_offset.y + offset.y - self._header_lines
        if position < self._extent:
            self.move_cursor(position)
            if event.chain == (1 if self._choose_on_click else 2):
                self.action_select()

    def on_mount(self) -> None:
        self._has_mounted = True
        if self._row is not None:
            self.post_message(self.Highlighted(self, self._row))

    def on_resize(self) -> None:
        if not self.size:
            return
        was_visible = 0 <= self._cursor - self.scroll_offset.y < self._body_lines
        self._body_lines = max(1, self.size.height - self._header_lines)
        if was_visible:
            self._scroll_into_view()
        self._reach(self.scroll_offset.y + self._body_lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._reach(round(new_value) + self._body_lines)

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

    def notify_style_update(self) -> None:
        self._lines.forget_styles()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line of the pane, the titles being the first."""
        width = self.scrollable_content_region.width
        line = y - self._header_lines
        if line < 0:
            return self._lines.header(width, self._style("header"), self._sort)
        if not self._extent:
            lines = self.size.height - self._header_lines  # painted before the news of the size comes
            return empty_line(self.empty_text, line, lines, width, self._style("empty"))
        position = self.scroll_offset.y + line
        row = self._row_at(position)
        if row is None:
            return Strip.blank(width, self._style("row"))
        if position == self._cursor:
            focused = self.has_focus
            marker = "▌" if focused else "▏"
            return self._lines.row(row, width, self._style("cursor"), marker=marker, plain=focused)
        return self._lines.row(row, width, self._style("row-even" if self._zebra and position % 2 else "row"))

    def _style(self, part: str) -> RichStyle:
        return self.get_component_rich_style(f"windowed-table--{part}")

    @property
    def _extent(self) -> int:
        return self._pages.extent if self._pages else 0

    def _row_at(self, position: int) -> Row | None:
        if self._pages is None or position >= self._pages.extent:
            return None
        return self._pages.row(position)

    def _place(self, cursor: int, top: int) -> None:
        self._reach(max(cursor, top + self._body_lines))
        self._cursor = clamp(cursor, 0, max(0, self._extent - 1))
        self._scroll_top(top)
        self.refresh()
        self._announce()

    def _reach(self, position: int) -> None:
        if self._pages:
            self._pages.reach(position)
            self.virtual_size = Size(0, self._pages.extent + self._header_lines)
            window = self._pages.window
            if self._read is not window and isinstance(window, PartlyReadWindow) and window.lacks(position):
                self._read = window
                self._read_on(window)

    @work(group="rows")
    async def _read_on(self, window: PartlyReadWindow[Row]) -> None:
        """Reads the rows that somebody went to; until they are there, their lines are empty."""
        with contextlib.suppress(AppError):
            await asyncio.to_thread(window.read_all)
        if self._pages and self._pages.window is window:
            self.window_changed()

    def _refresh_row(self, position: int) -> None:
        self.refresh_line(position + self._header_lines)

    def _announce(self) -> None:
        row = self._row_at(self._cursor)
        if row != self._row:
            self._row = row
            if self._has_mounted:
                self.post_message(self.Highlighted(self, row))

    def _scroll_top(self, top: int) -> None:
        if self.is_attached:
            self.scroll_to(y=top, animate=False, force=True)

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        lines = direction * max(1, self._body_lines)
        top = self.scroll_offset.y
        self._reach(self._cursor + lines)
        self._scroll_top(top + lines)
        self.move_cursor(self._cursor + lines)

    def _scroll_into_view(self) -> None:
        top = self.scroll_offset.y
        lowest_top = self._cursor - max(1, self._body_lines) + 1
        if not lowest_top <= top <= self._cursor:
            self._scroll_top(clamp(top, lowest_top, self._cursor))
