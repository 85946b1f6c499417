"""A view of any number of rows, of which a few pages are kept."""

from collections.abc import Sequence

import pytest

from app.tui.widgets.row_window import PAGE_ROWS, Pages


class Numbers:
    """The rows are the numbers below `size`; remembers what was asked for."""

    def __init__(self, size: int, total: int | None) -> None:
        self.size = size
        self.total = total
        self.fetched: list[int] = []

    def rows(self, start: int, count: int) -> Sequence[int]:
        self.fetched.append(start)
        return range(start, max(start, min(self.size, start + count)))

    def position(self, row: int) -> int | None:
        return row if row < self.size else None


def test_a_page_is_fetched_once_however_many_of_its_rows_are_read() -> None:
    window = Numbers(1_000_000, total=1_000_000)
    pages = Pages(window)
    assert [pages.row(position) for position in (600_001, 600_002, 600_049)] == [600_001, 600_002, 600_049]
    assert window.fetched == [600_000]


def test_only_a_few_pages_are_kept_and_those_in_use_stay() -> None:
    window = Numbers(1_000_000, total=1_000_000)
    pages = Pages(window)
    for number in range(1, 40):
        pages.row(0)
        pages.row(number * PAGE_ROWS)
    assert window.fetched.count(0) == 1
    window.fetched.clear()
    pages.row(PAGE_ROWS)
    assert window.fetched == [PAGE_ROWS]


def test_there_is_no_row_past_the_end() -> None:
    pages = Pages(Numbers(PAGE_ROWS + 1, total=PAGE_ROWS + 1))
    assert [pages.row(PAGE_ROWS + past) for past in (0, 1, 5000)] == [PAGE_ROWS, None, None]


def test_while_the_total_is_unknown_rows_are_known_a_page_ahead() -> None:
    window = Numbers(1_000_000, total=None)
    pages = Pages(window)
    pages.reach(0)
    assert (pages.extent, pages.total) == (2 * PAGE_ROWS, None)
    pages.reach(PAGE_ROWS - 1)
    assert len(window.fetched) == 1
    pages.reach(PAGE_ROWS + 10)
    assert (pages.extent, pages.total) == (3 * PAGE_ROWS, None)


@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 100, 101, 9_999, 10_000])
def test_the_end_of_rows_of_unknown_number_is_found_without_reading_them_all(size: int) -> None:
    window = Numbers(size, total=None)
    pages = Pages(window)
    pages.reach(100_000)
    assert pages.total == pages.extent == size
    assert len(window.fetched) <= 14


def test_a_far_row_of_unknown_number_is_reached_in_one_step() -> None:
    window = Numbers(1_000_000, total=None)
    pages = Pages(window)
    pages.reach(500_000)
    assert pages.row(500_000) == 500_000
    assert len(window.fetched) <= 2
