"""The lines of a table as the terminal gets them: titles, one row, or the sentence that stands in for rows.

Separate from the table, which decides what is shown where; here it is only drawn, and drawn fast: neighbouring
cells of one style become one segment, and styled cells, which repeat, are remembered.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from app.tui.text import sanitize
from app.tui.widgets.table_columns import Column, Slot, fit_columns, fit_content, fit_text

Row = TypeVar("Row")

MARGIN = 1

_Pieces = Iterable[tuple[str, RichStyle]]


class TableLines(Generic[Row]):
    """Draws the columns that fit into the width asked for, each line exactly that wide."""

    def __init__(self, columns: Sequence[Column[Row]]) -> None:
        self.columns = tuple(columns)
        self._slots: tuple[int, list[Slot[Row]]] = (-1, [])
        self._span_styles: dict[str | Style, Style] = {}
        self._styles_over: dict[tuple[str | Style, RichStyle], RichStyle] = {}
        self._styled_cells: LRUCache[tuple[object, ...], list[tuple[str, RichStyle]]] = LRUCache(512)

    def slots(self, width: int) -> list[Slot[Row]]:
        """The columns shown in a pane of this width."""
        if self._slots[0] != width:
            self._slots = (width, fit_columns(self.columns, max(0, width - MARGIN)))
        return self._slots[1]

    def column_at(self, x: int, width: int) -> Column[Row] | None:
        """The column drawn at this cell of a line; None in the margin."""
        return next((slot.column for slot in reversed(self.slots(width)) if x >= slot.x + MARGIN), None)

    def forget_styles(self) -> None:
        """The theme may have changed: what was drawn from its tokens is drawn anew."""
        self._span_styles.clear()
        self._styles_over.clear()
        self._styled_cells.clear()

    def header(self, width: int, style: RichStyle, sort: tuple[str, bool] | None) -> Strip:
        """The titles; `sort` is the key of the column sorted by, and whether from the highest down."""
        return self._line(" ", width, style, lambda slot: [(_title(slot, sort), style)])

    def row(self, row: Row, width: int, style: RichStyle, *, marker: str = " ", plain: bool = False) -> Strip:
        """One row; `plain` leaves out the colours of its cells, where they would not stand out from the row's."""

        def pieces(slot: Slot[Row]) -> _Pieces:
            cell = slot.column.text(row)
            if plain or isinstance(cell, str):
                return [(fit_text(str(cell), slot.width, slot.column.justify), style)]
            return self._styled(cell, slot, style)

        return self._line(marker, width, style, pieces)

    def _line(
        self, marker: str, width: int, style: RichStyle, pieces: Callable[[Slot[Row]], _Pieces]
    ) -> Strip:
        def all_pieces() -> Iterator[tuple[str, RichStyle]]:
            end = 0
            yield marker, style
            for slot in self.slots(width):
                yield " " * (slot.x - end), style
                yield from pieces(slot)
                end = slot.x + slot.width
            yield " " * (width - MARGIN - end), style

        return Strip(_joined(all_pieces()), width)

    def _styled(self, cell: Content, slot: Slot[Row], style: RichStyle) -> _Pieces:
        if (whole := _style_of_all(cell)) is not None:
            # Of such cells, ids for one, each may be another: they are not worth remembering.
            return self._in_one_style(fit_text(cell.plain, slot.width, slot.column.justify), whole, style)
        key = (cell.plain, *cell.spans, slot.width, slot.column.justify, style)
        pieces = self._styled_cells.get(key)
        if pieces is None:
            content = fit_content(cell, slot.width, slot.column.justify)
            base = Style.from_rich_style(style)
            drawn = content.render(base, end="", parse_style=self._span_style)
            pieces = self._styled_cells[key] = [(text, span.rich_style) for text, span in drawn]
        return pieces

    def _in_one_style(self, text: str, style: str | Style, under: RichStyle) -> _Pieces:
        over = self._styles_over.get((style, under))
        if over is None:
            drawn = Style.from_rich_style(under) + self._span_style(style)
            over = self._styles_over[style, under] = drawn.rich_style
        body = text.strip(" ")
        before, _, after = text.partition(body) if body else (text, "", "")
        return [(before, under), (body, over), (after, under)]

    def _span_style(self, style: str | Style) -> Style:
        if style not in self._span_styles:
            self._span_styles[style] = style if isinstance(style, Style) else Style.parse(style)
        return self._span_styles[style]


def empty_line(sentence: str, line: int, lines: int, width: int, style: RichStyle) -> Strip:
    """One line of a pane without rows: the sentence stands in the middle of it."""
    wrapped = textwrap.wrap(sanitize(sentence), max(1, width - 2 * MARGIN))
    index = line - max(0, (lines - len(wrapped)) // 2)
    text = wrapped[index] if 0 <= index < len(wrapped) else ""
    return Strip([Segment(text.center(width), style)]).adjust_cell_length(width, style)


def _title(slot: Slot[Row], sort: tuple[str, bool] | None) -> str:
    column = slot.column
    if sort is None or sort[0] != column.key or slot.width < 2:
        return fit_text(column.title, slot.width, column.justify)
    title = fit_text(column.title, min(len(column.title), slot.width - 2))
    return fit_text(f"{title} {'▼' if sort[1] else '▲'}", slot.width, column.justify)


def _style_of_all(cell: Content) -> str | Style | None:
    """The style of the whole text, where it has one and no other."""
    match cell.spans:
        case [span] if span.start <= 0 and span.end >= len(cell.plain):
            return span.style
        case _:
            return None


def _joined(pieces: _Pieces) -> Iterator[Segment]:
    texts: list[str] = []
    current: RichStyle | None = None
    for text, style in pieces:
        if style is not current and texts:
            yield Segment("".join(texts), current)
            texts = []
        current = style
        texts.append(text)
    yield Segment("".join(texts), current)
