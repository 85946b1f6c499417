"""What follows a text whose width terminals disagree about keeps its column."""

from rich.cells import cell_len

from app.tui.terminal import in_columns
from app.tui.text import sanitize
from app.tui.widgets.table import fit_text

NAME = "अनन्या कमले"
MARK = "ा"


def test_text_after_spacing_marks_is_moved_to_its_column() -> None:
    assert in_columns("\x1b[3;10H│ \x1b[1mया या    x\x1b[0m│\n या │") == (
        "\x1b[3;10H│ \x1b[1m\x1b[5Xया या\x1b[17G  x\x1b[0m│\n \x1b[3Xया │\x1b[5G"
    )


def test_other_output_stays_as_it_is() -> None:
    for output in ("\x1b[2;1H│ Þórdís │\n", "さくら 星", "नमस्"):
        assert in_columns(output) == output


def test_a_text_takes_as_many_cells_as_it_may_be_drawn_in() -> None:
    assert sanitize(NAME) == f"{NAME} "
    for width in range(1, 16):
        cell = fit_text(NAME, width)
        drawn = cell.rstrip()
        assert cell_len(cell) == width
        assert cell_len(drawn) + drawn.count(MARK) <= width
