"""A table of any number of rows that reads only those on screen; Textual's DataTable holds all of them."""

import asyncio
import contextlib
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, Generic, Literal, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size, clamp
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from app.domain.errors import AppError
from app.domain.text import spacing_marks
from app.service.history import Rows
from app.tui.text import sanitize, sanitize_content

Row = TypeVar("Row")
Told = TypeVar("Told")
Justify = Literal["left", "right"]

GAP = 2
MARGIN = 1
HEADER_LINES = 1
PAGE_ROWS = 50
MAX_PAGES = 16


# Columns and cells


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: `text` makes the cell of a row; a plain string is never read as markup.

    Widths are in terminal cells. Spare width is shared by `flex`, up to `max_width`. A narrow pane first
    leaves out the columns with the highest `rank`, the rightmost of equals; then it shrinks the others to
    `min_width`, if they have one, from the left. One column always stays.
    """

    key: str
    title: str
    text: Callable[[Row], str | Content]
    width: int
    max_width: int | None = None
    min_width: int = 0
    flex: int = 0
    rank: int = 0
    justify: Justify = "left"
    is_sorted: bool = True
    """Whether the rows can be sorted by it."""


@dataclass(frozen=True)
class Slot(Generic[Row]):
    """A visible column, its first cell and its width."""

    column: Column[Row]
    x: int
    width: int


def fit_columns(columns: Sequence[Column[Row]], width: int) -> list[Slot[Row]]:
    """The columns that fit into `width` cells, in their order."""
    shown = list(columns)
    while len(shown) > 1 and _needed(shown) > width:
        del shown[max(range(len(shown)), key=lambda index: (shown[index].rank, index))]
    widths = [min(column.width, width) for column in shown]
    spare = width - sum(widths) - GAP * (len(shown) - 1)
    for index, column in enumerate(shown):
        cut = max(0, min(-spare, widths[index] - (column.min_width or column.width)))
        widths[index] -= cut
        spare += cut
    _grow(shown, widths, spare)
    starts = accumulate((cells + GAP for cells in widths), initial=0)
    return [Slot(*slot) for slot in zip(shown, starts, widths, strict=False)]


def _needed(shown: Sequence[Column[Row]]) -> int:
    shrinks = not any(column.rank for column in shown)
    least = [column.min_width if shrinks and column.min_width else column.width for column in shown]
    return sum(least) + GAP * (len(least) - 1)


def _grow(shown: Sequence[Column[Row]], widths: list[int], spare: int) -> None:
    """Hands out spare cells one by one, each to the column that has got least for its flex so far."""
    for _ in range(spare):
        shares = [
            ((widths[index] - column.width + 1) / column.flex, index)
            for index, column in enumerate(shown)
            if column.flex and (column.max_width is None or widths[index] < column.max_width)
        ]
        if shares:
            widths[min(shares)[1]] += 1


def fit_text(text: str, width: int, justify: Justify = "left") -> str:
    """The sanitized text on one line, exactly `width` cells wide; a cut text ends in an ellipsis."""
    text = sanitize(text)
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        return _cut(text, width) if width else ""
    padded = len(text) + width - cells
    return text.rjust(padded) if justify == "right" else text.ljust(padded)


def _cut(text: str, width: int) -> str:
    """The beginning of a text with an ellipsis, also where the terminal draws it as wide as it may."""
    cut = set_cell_size(text.rstrip(), width - 1)
    while cell_len(cut) + spacing_marks(cut) >= width:
        cut = cut[:-1]
    return set_cell_size(f"{cut}…", width)


def fit_content(content: Content, width: int, justify: Justify = "left") -> Content:
    """The same for styled text."""
    content = sanitize_content(content).truncate(width, ellipsis=True)
    missing = width - content.cell_length
    return content.pad_left(missing) if justify == "right" else content.pad_right(missing)


def _title(slot: Slot[Row], sort: tuple[str | None, bool]) -> str:
    column, (key, descending) = slot.column, sort
    title = column.title
    if key == column.key and slot.width >= GAP:
        fitting = fit_text(title, min(len(title), slot.width - 2))
        title = f"{fitting} {'▼' if descending else '▲'}"
    return fit_text(title, slot.width, column.justify)


def _segments(slot: Slot[Row], cell: str | Content, style: RichStyle) -> Iterable[Segment]:
    if isinstance(cell, str):
        return [Segment(fit_text(cell, slot.width, slot.column.justify), style)]
    content = fit_content(cell, slot.width, slot.column.justify)
    return content.render_segments(Style.from_rich_style(style))


def _empty_line(sentence: str, line: int, lines: int, width: int, style: RichStyle) -> Strip:
    """One line of a table without rows; the middle one has the sentence."""
    wrapped = textwrap.wrap(sanitize(sentence), max(1, width - 2 * MARGIN))
    index = line - max(0, (lines - len(wrapped)) // 2)
    text = wrapped[index] if 0 <= index < len(wrapped) else ""
    return Strip([Segment(text.center(width), style)]).adjust_cell_length(width, style)


# The table


class TableMessage(Message, Generic[Told]):
    """A message of a table about one of its rows or columns."""

    def __init__(self, table: Widget, told: Told) -> None:
        super().__init__()
        self.row = self.column = told
        self._table = table

    @property
    def control(self) -> Widget:
        """The table, for `@on` with a selector."""
        return self._table


def _binding(key: str, action: str, description: str, tooltip: str) -> Binding:
    return Binding(key, action, description, show=False, tooltip=tooltip, id=f"table.{key}")


class VirtualTable(ScrollView, Generic[Row], can_focus=True):
    """Rows in columns that fit the pane, with a cursor on one row."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        _binding("up", "move(-1)", "Up", "To the row above"),
        _binding("down", "move(1)", "Down", "To the row below"),
        _binding("pageup", "page(-1)", "Page up", "One screen of rows up"),
        _binding("pagedown", "page(1)", "Page down", "One screen of rows down"),
        _binding("home", "first", "First", "To the first row"),
        _binding("end", "last", "Last", "To the last row"),
        _binding("enter", "select", "Choose", "Choose the row under the cursor"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--row",
        "virtual-table--cursor",
        "virtual-table--empty",
    }

    DEFAULT_CSS = """
    VirtualTable {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $surface;
        & > .virtual-table--header { color: $text-muted; text-style: bold; }
        & > .virtual-table--empty { color: $text-muted; }
        & > .virtual-table--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .virtual-table--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
        &:focus:nocolor > .virtual-table--cursor { text-style: reverse; }
    }
    """

    class Highlighted(TableMessage[Told]):
        """Another row is under the cursor, or the same row has changed; None if there are no rows."""

    class Selected(TableMessage[Told]):
        """The user picked this row, with Enter or the mouse."""

    class HeaderSelected(TableMessage[Column[Any]]):
        """The user clicked the title of this column."""

    empty_text: reactive[str] = reactive("")
    """The sentence to show if there are no rows."""

    def __init__(self, columns: Sequence[Column[Row]], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.cursor = 0
        """The position of the row under the cursor; 0 if there are no rows."""
        self.row: Row | None = None
        """The row under the cursor; None if there are no rows."""
        self.columns = columns
        self._slots: tuple[int, list[Slot[Row]]] = (-1, [])
        self._rows: Rows[Row] | None = None
        self._reading: Rows[Row] | None = None
        self._pages: dict[int, Sequence[Row]] = {}
        self._sort: tuple[str | None, bool] = (None, False)
        self._body_lines = 0

    def show_columns(self, columns: Sequence[Column[Row]]) -> None:
        self.columns, self._slots = columns, (-1, [])
        self.refresh()

    # Rows

    @property
    def row_count(self) -> int | None:
        """The number of rows; None until it is known."""
        return self._rows.total if self._rows else 0

    def show(self, rows: Rows[Row], *, keep_cursor: bool = False) -> None:
        """Shows other rows, from the first one on.

        With `keep_cursor` the row under the cursor stays on its line of the screen when new rows arrive above
        it; only at the very top the newest rows come into view.
        """
        row, cursor, top = self.row, self.cursor, self.scroll_offset.y
        self._rows = rows
        self._pages.clear()
        if not keep_cursor or row is None or cursor == top == 0:
            self._place(0, 0)
            return
        position = rows.position(row)
        moved = 0 if position is None else position - cursor
        self._place(cursor + moved, top + moved)

    def rows_changed(self) -> None:
        """Reads the same rows and their number again; nothing moves."""
        self._pages.clear()
        self._place(self.cursor, self.scroll_offset.y)

    def _place(self, cursor: int, top: int) -> None:
        self._reach(max(cursor, top + self._body_lines))
        self.cursor = clamp(cursor, 0, max(0, self._known - 1))
        self._scroll_top(top)
        self.refresh()
        self._announce()

    @property
    def _known(self) -> int:
        return self._rows.known if self._rows else 0

    def _row_at(self, position: int) -> Row | None:
        if self._rows is None or position >= self._rows.known:
            return None
        number, offset = divmod(position, PAGE_ROWS)
        if number not in self._pages:
            if len(self._pages) == MAX_PAGES:
                self._pages.clear()
            self._pages[number] = self._rows.rows(number * PAGE_ROWS, PAGE_ROWS)
        page = self._pages[number]
        return page[offset] if offset < len(page) else None

    def _reach(self, position: int) -> None:
        """Reads rows in the background up to this position; their lines stay empty until then."""
        self._resize_to(self._known + HEADER_LINES)
        rows = self._rows
        if rows is not None and rows is not self._reading and rows.is_unread(position):
            self._reading = rows
            self._read_all(rows)

    def _resize_to(self, height: int) -> None:
        if self.show_vertical_scrollbar and height > self.size.height:
            # Textual would lay the whole screen out, although nothing but the scroll bar changes.
            self.set_reactive(Widget.virtual_size, Size(0, height))
            self.vertical_scrollbar.window_virtual_size = height
        else:
            self.virtual_size = Size(0, height)

    @work(group="rows")
    async def _read_all(self, rows: Rows[Row]) -> None:
        with contextlib.suppress(AppError):
            await asyncio.to_thread(rows.read_all)
            if rows is self._rows:
                self.rows_changed()

    def _announce(self) -> None:
        row = self._row_at(self.cursor)
        if row != self.row:
            self.row = row
            self.post_message(self.Highlighted(self, row))

    # Cursor

    def move_cursor(self, position: int) -> None:
        """Moves the cursor to this row, or the nearest one, and scrolls it into view."""
        self._reach(max(0, position))
        previous = self.cursor
        self.cursor = clamp(position, 0, max(0, self._known - 1))
        self._scroll_into_view()
        for changed in (previous, self.cursor):
            self._refresh_row(changed)
        self._announce()

    def action_move(self, rows: int) -> None:
        self.move_cursor(self.cursor + rows)

    def action_page(self, direction: int) -> None:
        lines = direction * max(1, self._body_lines)
        self._scroll_top(self.scroll_offset.y + lines)
        self.action_move(lines)

    def action_first(self) -> None:
        self.move_cursor(0)

    def action_last(self) -> None:
        self.move_cursor(self._known - 1)

    def action_select(self) -> None:
        if self.row is not None:
            self.post_message(self.Selected(self, self.row))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        if offset.y < HEADER_LINES:
            left_of_it = [slot for slot in self._fitted if slot.x + MARGIN <= offset.x]
            if left_of_it:
                self.post_message(self.HeaderSelected(self, left_of_it[-1].column))
            return
        position = self.scroll_offset.y + offset.y - HEADER_LINES
        if position < self._known:
            self.move_cursor(position)
            if event.chain == 1:
                self.action_select()

    def on_resize(self) -> None:
        if not self.size:
            return
        was_visible = 0 <= self.cursor - self.scroll_offset.y < self._body_lines
        self._body_lines = max(1, self.size.height - HEADER_LINES)
        if was_visible:
            self._scroll_into_view()
        self._reach(self.scroll_offset.y + self._body_lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._reach(round(new_value) + self._body_lines)

    def _scroll_top(self, top: int) -> None:
        if self.is_attached:
            self.scroll_to(y=top, animate=False, force=True)

    def _scroll_into_view(self) -> None:
        top = self.scroll_offset.y
        lowest_top = self.cursor - max(1, self._body_lines) + 1
        if not lowest_top <= top <= self.cursor:
            self._scroll_top(clamp(top, lowest_top, self.cursor))

    # Drawing

    def titles(self) -> list[tuple[str, Content]]:
        """The key and title of each column to sort by; the present one is marked."""
        key, descending = self._sort
        sign = "▼" if descending else "▲"
        return [
            (column.key, Content(f"{sign if column.key == key else ' '} {column.title}"))
            for column in self.columns
            if column.is_sorted
        ]

    def show_sort(self, key: str | None, *, descending: bool = False) -> None:
        """Marks the title of the column that the rows are sorted by; None marks no column."""
        self._sort = (key, descending)
        self.refresh_line(self.scroll_offset.y)

    def on_focus(self) -> None:
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        self._refresh_row(self.cursor)

    def _refresh_row(self, position: int) -> None:
        self.refresh_line(position + HEADER_LINES)

    def render_line(self, y: int) -> Strip:
        """One line of the pane; the first one holds the titles."""
        line = y - HEADER_LINES
        if line < 0:
            return self._draw(" ", "header", lambda slot: _title(slot, self._sort))
        if not self._known:
            lines = self.size.height - HEADER_LINES  # drawn before the first resize event
            width = self.scrollable_content_region.width
            return _empty_line(self.empty_text, line, lines, width, self._style("empty"))
        position = self.scroll_offset.y + line
        row = self._row_at(position)
        if row is None:
            return self._draw(" ", "row", lambda _: "")
        found = row
        if position != self.cursor:
            return self._draw(" ", "row", lambda slot: slot.column.text(found))
        if self.has_focus:  # cell colours are unreadable on the focused cursor
            return self._draw("▌", "cursor", lambda slot: str(slot.column.text(found)))
        return self._draw("▏", "cursor", lambda slot: slot.column.text(found))

    def _style(self, part: str) -> RichStyle:
        return self.get_component_rich_style(f"virtual-table--{part}")

    @property
    def _fitted(self) -> list[Slot[Row]]:
        width = self.scrollable_content_region.width
        if self._slots[0] != width:
            self._slots = (width, fit_columns(self.columns, max(0, width - MARGIN)))
        return self._slots[1]

    def _draw(self, marker: str, part: str, cell: Callable[[Slot[Row]], str | Content]) -> Strip:
        style, width = self._style(part), self.scrollable_content_region.width
        segments, end = [Segment(marker, style)], 0
        for slot in self._fitted:
            segments += [Segment(" " * (slot.x - end), style), *_segments(slot, cell(slot), style)]
            end = slot.x + slot.width
        segments.append(Segment(" " * (width - MARGIN - end), style))
        return Strip(segments, width).simplify()
