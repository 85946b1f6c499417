"""Columns that fit the pane, and cells that are exactly as wide as they should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from app.tui.text import label
from app.tui.widgets.table import Column, fit_columns, fit_content, fit_text

EVENT_ID = Column[str]("id", "Id", str, 4)
NAME = Column[str]("name", "Name", str, 10, flex=2)
MAIL = Column[str]("mail", "E-mail", str, 10, flex=1, max_width=12, rank=1)
TEXT = Column[str]("text", "Text", str, 20, rank=2)


def widths(columns: list[Column[str]], width: int) -> dict[str, int]:
    return {slot.column.key: slot.width for slot in fit_columns(columns, width)}


def test_spare_width_is_shared_by_flex_up_to_the_maximum_of_a_column() -> None:
    assert widths([EVENT_ID, NAME, MAIL], 28) == {"id": 4, "name": 10, "mail": 10}
    assert widths([EVENT_ID, NAME, MAIL], 31) == {"id": 4, "name": 12, "mail": 11}
    assert widths([EVENT_ID, NAME, MAIL], 60) == {"id": 4, "name": 40, "mail": 12}
    assert widths([EVENT_ID, MAIL], 60) == {"id": 4, "mail": 12}


def test_in_a_narrow_pane_the_columns_of_the_highest_rank_go_first() -> None:
    columns = [TEXT, EVENT_ID, MAIL, NAME]
    assert list(widths(columns, 60)) == ["text", "id", "mail", "name"]
    assert list(widths(columns, 40)) == ["id", "mail", "name"]
    assert list(widths(columns, 20)) == ["id", "name"]


def test_where_every_column_is_needed_they_shrink_from_the_left_before_one_goes() -> None:
    wide, narrow = (
        Column[str]("wide", "", str, 20, min_width=6),
        Column[str]("narrow", "", str, 10, min_width=8),
    )
    assert widths([wide, narrow, TEXT], 32) == {"wide": 20, "narrow": 10}
    assert widths([wide, narrow, TEXT], 22) == {"wide": 10, "narrow": 10}
    assert widths([wide, narrow, TEXT], 16) == {"wide": 6, "narrow": 8}
    assert widths([wide, narrow, TEXT], 15) == {"wide": 15}


def test_one_column_stays_and_takes_what_there_is() -> None:
    assert widths([EVENT_ID, NAME], 3) == {"id": 3}
    assert widths([EVENT_ID, NAME], 0) == {"id": 0}


def test_columns_stand_side_by_side_with_a_gap() -> None:
    assert [(slot.x, slot.width) for slot in fit_columns([EVENT_ID, NAME], 16)] == [(0, 4), (6, 10)]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3), st.integers(0, 3)), min_size=1),
    st.integers(0, 200),
)
def test_no_choice_of_columns_is_wider_than_the_pane(sizes: list[tuple[int, int, int]], width: int) -> None:
    columns = [Column[str](str(n), "", str, w, flex=f, rank=r) for n, (w, f, r) in enumerate(sizes)]
    last = fit_columns(columns, width)[-1]
    assert last.x + last.width <= width


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("", "     "),
        ("Thor", "Thor "),
        ("Thor Odinson", "Thor…"),
        ("漢字", "漢字 "),
        ("漢字漢字", "漢字…"),
        ("x漢字漢字", "x漢 …"),
        ("👩\u200d👩\u200d👧", "👩👩…"),
        ("e\u0301te\u0301", "e\u0301te\u0301  "),
        ("[/]", "[/]  "),
        ("\x1b[1m", "␛[1m "),
    ],
)
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, cell: str) -> None:
    assert fit_text(text, 5) == cell
    assert cell_len(cell) == 5


@given(st.text(st.characters(), max_size=400), st.integers(0, 40))
def test_no_text_makes_a_cell_wider_or_narrower(text: str, width: int) -> None:
    assert cell_len(fit_text(text, width)) == width
    assert cell_len(fit_content(label(text, "bold"), width).plain) == width


def test_numbers_stand_to_the_right() -> None:
    assert fit_text("2008", 6, "right") == "  2008"
    assert fit_content(Content("2008"), 6, "right").plain == "  2008"


def test_styled_text_keeps_its_style_when_it_is_cut() -> None:
    cell = fit_content(label("✗ rejected", "$text-error"), 6)
    assert cell.plain == "✗ rej…"
    assert [span.style for span in cell.spans] == ["$text-error"]


def test_styled_text_that_is_not_harmless_loses_its_style_but_not_its_words() -> None:
    cell = fit_content(Content.styled("a\nb", "bold"), 4)
    assert (cell.plain, cell.spans) == ("a␊b ", [])
