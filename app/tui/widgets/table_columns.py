"""The columns of a table: which of them fit, how wide they are, and a cell made exactly that wide.

Separate from the table because all of it is arithmetic on terminal cells, and can be tried without a screen.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from app.tui.text import sanitize, sanitize_content

Row = TypeVar("Row")

GAP = 2


class Column(NamedTuple, Generic[Row]):
    """One column: `text` makes the cell of a row; a plain string is never read as markup.

    Widths are in terminal cells. Spare width is shared out by `flex`, up to `max_width`. Where the pane is too
    narrow, the columns with the highest `rank` go first, the rightmost of equals; one column always stays.
    """

    key: str
    title: str
    text: Callable[[Row], str | Content]
    width: int
    max_width: int | None = None
    flex: int = 0
    rank: int = 0
    justify: Literal["left", "right"] = "left"


class Slot(NamedTuple, Generic[Row]):
    """A column that is shown, with the cells it occupies: `x` from the left, and its width."""

    column: Column[Row]
    x: int
    width: int


def fit_columns(columns: Sequence[Column[Row]], width: int) -> list[Slot[Row]]:
    """The columns that fit into `width` cells, in their order, with the spare width shared out."""
    shown = _those_that_fit(columns, width)
    if not shown:
        return []
    widths = [min(column.width, width) for column in shown]
    _share(shown, widths, width - sum(widths) - GAP * (len(shown) - 1))
    slots: list[Slot[Row]] = []
    x = 0
    for column, cells in zip(shown, widths, strict=True):
        slots.append(Slot(column, x, cells))
        x += cells + GAP
    return slots


def _those_that_fit(columns: Sequence[Column[Row]], width: int) -> list[Column[Row]]:
    shown = list(columns)
    while len(shown) > 1 and sum(column.width + GAP for column in shown) - GAP > width:
        last = max(range(len(shown)), key=lambda index: (shown[index].rank, index))
        del shown[last]
    return shown


def _share(shown: Sequence[Column[Row]], widths: list[int], spare: int) -> None:
    growing = [index for index, column in enumerate(shown) if column.flex]
    while spare > 0 and growing:
        shares = _shares([shown[index].flex for index in growing], spare)
        for index, share in zip(growing, shares, strict=True):
            limit = shown[index].max_width
            taken = share if limit is None else min(share, max(0, limit - widths[index]))
            widths[index] += taken
            spare -= taken
        growing = [index for index in growing if _may_grow(shown[index], widths[index])]


def _may_grow(column: Column[Row], width: int) -> bool:
    return column.max_width is None or width < column.max_width


def _shares(weights: Iterable[int], spare: int) -> list[int]:
    """The spare cells divided by weight; the sum of the shares is exactly the spare."""
    remaining_weight = sum(weights := list(weights))
    shares = []
    for weight in weights:
        share = round(spare * weight / remaining_weight)
        shares.append(share)
        spare -= share
        remaining_weight -= weight
    return shares


def fit_text(text: str, width: int, justify: Literal["left", "right"] = "left") -> str:
    """The text on one line, made harmless, exactly `width` cells wide; what is cut ends in an ellipsis."""
    text = sanitize(text)
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…" if width else ""
    return (
        text.rjust(len(text) + width - cells) if justify == "right" else text.ljust(len(text) + width - cells)
    )


def fit_content(content: Content, width: int, justify: Literal["left", "right"] = "left") -> Content:
    """The same for styled text."""
    content = sanitize_content(content).truncate(width, ellipsis=True)
    missing = width - content.cell_length
    return content.pad_left(missing) if justify == "right" else content.pad_right(missing)
