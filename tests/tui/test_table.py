"""The one table of the dashboard, in an app of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from app.store.row_ids import FewRows
from app.tui.text import label
from app.tui.widgets.table import PAGE_ROWS, Column, VirtualTable
from tests.tui.quiet import drawn

MILLION = 1_000_000
SIZE = (60, 12)
BODY = 10


@dataclass(frozen=True)
class Attempt:
    number: int
    outcome: str = "✗ rejected"


class Attempts:
    """Attempts with the highest number first; remembers what was read."""

    READ_BEFORE_THE_COUNT = 200

    def __init__(self, newest: int = MILLION, *, counted: bool = True, outcome: str = "✗ rejected") -> None:
        self.newest = newest
        self.total = newest if counted else None
        self.outcome = outcome
        self.fetched: list[tuple[int, int]] = []

    @property
    def known(self) -> int:
        return self.READ_BEFORE_THE_COUNT if self.total is None else self.total

    def rows(self, start: int, count: int) -> Sequence[Attempt]:
        self.fetched.append((start, count))
        end = min(self.newest, start + count)
        return [Attempt(self.newest - position, self.outcome) for position in range(start, end)]

    def position(self, row: Attempt) -> int | None:
        return self.newest - row.number

    def is_unread(self, _: int) -> bool:
        return False


class PartlyRead(Attempts):
    """Attempts of which only the first hundred are there before all are read."""

    READ = 100
    all_read = False

    def rows(self, start: int, count: int) -> Sequence[Attempt]:
        return super().rows(start, count if self.all_read else max(0, min(count, self.READ - start)))

    def is_unread(self, position: int) -> bool:
        return position >= self.READ and not self.all_read

    def read_all(self) -> None:
        self.all_read = True


def texts(text: str) -> FewRows[Attempt]:
    """The same text in two rows."""
    return FewRows([Attempt(1, text), Attempt(2, text)])


COLUMNS = [
    Column[Attempt]("number", "Attempt", lambda row: str(row.number), 8, justify="right"),
    Column[Attempt]("outcome", "Outcome", lambda row: row.outcome, 12, flex=1),
    Column[Attempt]("styled", "Styled", lambda row: label(row.outcome, "$text-error"), 12),
]


class TableApp(App[None]):
    """An input to give the focus to, and a table."""

    CSS = "Input { height: 1; border: none; } Vertical { height: 11; }"

    def __init__(self, table: VirtualTable[Attempt], rows: Attempts | FewRows[Attempt]) -> None:
        super().__init__()
        self.table = table
        self.rows = rows
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield Input()
        with Vertical():
            yield self.table

    def on_mount(self) -> None:
        self.table.show(self.rows)

    @on(VirtualTable.Highlighted)
    def note_highlighted(self, event: VirtualTable.Highlighted[Attempt]) -> None:
        self.told.append(event.row)

    @on(VirtualTable.Selected, "#table")
    def note_selected(self, event: VirtualTable.Selected[Attempt]) -> None:
        self.told.append(("selected", event.row))

    @on(VirtualTable.HeaderSelected)
    def note_header(self, event: VirtualTable.HeaderSelected) -> None:
        self.told.append(("header", event.column.key))


@asynccontextmanager
async def open_table(rows: Attempts | FewRows[Attempt]) -> AsyncIterator[tuple[TableApp, Pilot[None]]]:
    """An app with a table of these rows, and its keys and mouse."""
    app = TableApp(VirtualTable(COLUMNS, id="table"), rows)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        yield app, pilot


def lines(app: TableApp) -> list[str]:
    return [app.table.render_line(y).text.rstrip() for y in range(app.table.size.height)]


def number_at(app: TableApp, line: int) -> int:
    return int(lines(app)[line].strip("▌▏ ").split()[0])


async def test_the_keys_go_to_any_of_a_million_rows_and_read_only_what_is_seen() -> None:
    window = Attempts()
    async with open_table(window) as (app, pilot):
        table = app.table
        assert lines(app)[0].split() == ["Attempt", "Outcome", "Styled"]
        assert (number_at(app, 1), number_at(app, BODY)) == (MILLION, MILLION - BODY + 1)
        assert window.fetched == [(0, PAGE_ROWS)]
        assert table.row_count == MILLION
        assert app.told == [Attempt(MILLION)]

        table.focus()
        await pilot.press("end")
        assert (table.cursor, number_at(app, BODY)) == (MILLION - 1, 1)
        await pilot.press("pageup", "up")
        assert table.cursor == MILLION - 2 - BODY
        await pilot.press("home", "pagedown", "down")
        assert table.cursor == BODY + 1
        assert number_at(app, 1) == MILLION - BODY
        assert set(window.fetched) == {(0, PAGE_ROWS), (MILLION - PAGE_ROWS, PAGE_ROWS)}
        await pilot.press("enter")
        assert app.told[-1] == ("selected", Attempt(MILLION - BODY - 1))

        await pilot.press("home", "down", "down", "down", "pagedown")
        assert lines(app)[4].startswith("▌")  # the cursor stays on its line
        assert (table.cursor, table.scroll_offset.y) == (3 + BODY, BODY)

        table.show(Attempts(3))
        assert (table.cursor, number_at(app, 1)) == (0, 3)
        await pilot.press("up", "pageup")
        assert table.cursor == 0
        await pilot.press("pagedown", "down")
        assert (table.cursor, table.row) == (2, Attempt(1))


async def test_the_mouse_chooses_at_the_first_click_sorts_by_the_titles_and_scrolls() -> None:
    async with open_table(Attempts()) as (app, pilot):
        await pilot.double_click("#table", offset=(5, 3))
        assert app.told[1:] == [Attempt(MILLION - 2), ("selected", Attempt(MILLION - 2))]
        await pilot.click("#table", offset=(14, 0))
        assert app.told[-1] == ("header", "outcome")
        app.table.scroll_to(y=500, animate=False)  # as the wheel does: the cursor stays
        await pilot.pause()
        assert (number_at(app, 1), app.table.cursor) == (MILLION - 500, 2)
        app.table.action_move(1)
        assert (number_at(app, 1), app.table.cursor) == (MILLION - 3, 3)
        app.table.show(Attempts(2))
        await pilot.pause()
        told = list(app.told)
        await pilot.click("#table", offset=(5, 5))
        assert app.told == told


async def test_without_rows_a_sentence_says_so_and_nothing_can_be_chosen() -> None:
    async with open_table(Attempts()) as (app, pilot):
        app.table.show(Attempts(0))
        await pilot.pause()
        assert app.told == [Attempt(MILLION), None]
        app.table.empty_text = "No attempt yet."
        assert [line.strip() for line in lines(app) if line.strip()][1:] == ["No attempt yet."]
        app.table.focus()
        await pilot.press("enter", "end", "pagedown")
        assert (app.told[2:], app.table.row, app.table.cursor) == ([], None, 0)
        app.table.empty_text = "[/] \x1b matches nothing."
        assert "[/] ␛ matches nothing." in "".join(lines(app))


async def test_new_rows_move_nothing_that_one_reads_and_come_into_view_at_the_top() -> None:
    async with open_table(Attempts()) as (app, pilot):
        table = app.table
        table.show(Attempts(MILLION + 1), keep_cursor=True)
        await pilot.pause()
        assert (number_at(app, 1), app.told[-1]) == (MILLION + 1, Attempt(MILLION + 1))

        table.move_cursor(500)
        before = lines(app)
        table.show(Attempts(MILLION + 8), keep_cursor=True)
        await pilot.pause()
        assert lines(app) == before
        assert (table.cursor, table.row) == (507, Attempt(MILLION - 499))
        assert app.told[2:] == [Attempt(MILLION - 499)]

        table.scroll_to(y=300, animate=False)  # the cursor is out of sight
        table.show(Attempts(MILLION + 9), keep_cursor=True)
        await pilot.pause()
        assert (number_at(app, 1), table.row) == (MILLION + 8 - 300, Attempt(MILLION - 499))

        table.show(texts("the row is gone"), keep_cursor=True)
        assert (table.cursor, table.row) == (1, Attempt(2, "the row is gone"))


async def test_rows_are_read_as_far_as_they_are_known_and_far_ones_when_one_goes_there() -> None:
    window = Attempts(counted=False, outcome="sending")
    async with open_table(window) as (app, pilot):
        table = app.table
        assert table.row_count is None
        window.outcome = "✓ accepted"
        table.rows_changed()
        await pilot.pause()
        assert "✓ accepted" in lines(app)[1]
        assert app.told == [Attempt(MILLION, "sending"), Attempt(MILLION, "✓ accepted")]
        for _ in range(12):
            table.action_page(1)
        assert number_at(app, 1) == MILLION - 12 * BODY
        window.total = MILLION
        table.rows_changed()
        await pilot.pause()
        assert (table.row_count, number_at(app, 1)) == (MILLION, MILLION - 12 * BODY)
        table.action_last()
        assert table.row == Attempt(1, "✓ accepted")

        for go_there in (table.action_last, lambda: table.scroll_to(y=MILLION, animate=False, force=True)):
            partly = PartlyRead()
            table.show(partly)
            table.move_cursor(50)
            assert not partly.all_read
            go_there()
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert number_at(app, BODY) == 1
            table.action_last()
            assert table.row == Attempt(1)


HOSTILE = [
    "[/]",
    "[@click=app.quit]x",
    "\x1b[2J\x1b]0;title\x07",
    "\x00\x9b31m",
    "\u202egpj.exe\u2066",
    "👩\u200d👩\u200d👧 ❤\ufe0f 漢字 e\u0301",
    "a\nb\tc\u2028d",
    "\ud800",
    "x" * 100_000,
    "漢" * 100_000,
    "\u0301" * 100_000,
]


async def test_hostile_text_breaks_no_line_and_reaches_no_terminal() -> None:
    async with open_table(texts("[@click=q]x")) as (app, _):
        assert lines(app)[2].split() == ["2", "[@click=q]x", "[@click=q]x"]
        for text in HOSTILE:
            app.table.show(texts(text))
            for y in range(4):
                strip = app.table.render_line(y)
                assert cell_len(strip.text) == strip.cell_length == SIZE[0] - 1, text[:20]
                assert not any(
                    ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2028\u200d"
                    for c in strip.text
                )
                assert not any(segment.style and segment.style.meta for segment in strip)


async def test_a_step_draws_two_lines_and_idleness_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_table(Attempts()) as (app, pilot):
        drawn: set[int] = set()
        draw = app.table.render_line

        def draw_and_note(y: int) -> Strip:
            drawn.add(y)
            return draw(y)

        monkeypatch.setattr(app.table, "render_line", draw_and_note)
        app.table.action_move(1)
        await pilot.pause()
        assert drawn == {1, 2}
        drawn.clear()
        app.table.show_sort("number")
        await pilot.pause()
        assert drawn == {0}
        drawn.clear()
        await pilot.pause()
        assert drawn == set()


async def test_titles_show_the_sort_and_the_cursor_shows_the_focus_in_every_theme_and_size() -> None:
    async with open_table(Attempts()) as (app, pilot):
        app.table.show_sort("number", descending=True)
        assert lines(app)[0].split() == ["Attem…", "▼", "Outcome", "Styled"]
        app.table.show_sort("outcome")
        assert "Outcome ▲" in lines(app)[0]
        app.table.show_sort(None)
        assert "▲" not in lines(app)[0]

        blurred, other = app.table.render_line(1), app.table.render_line(2)
        app.table.focus()
        await pilot.pause()
        focused = app.table.render_line(1)
        assert (blurred.text[0], focused.text[0], other.text[0]) == ("▏", "▌", " ")
        assert len({next(iter(strip)).style for strip in (blurred, focused, other)}) == 3

        before = list(app.table.render_line(2))
        app.theme = "textual-light"
        await pilot.pause()
        after = list(app.table.render_line(2))
        assert [segment.text for segment in before] == [segment.text for segment in after]
        assert all(old.style != new.style for old, new in zip(before, after, strict=True))

        app.table.move_cursor(BODY - 1)
        await pilot.resize_terminal(30, 8)
        await drawn(pilot)
        assert lines(app)[0].split() == ["Attempt", "Outcome"]
        assert any(line.startswith("▌") for line in lines(app))


async def test_without_colours_the_cursor_is_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_table(Attempts()) as (app, pilot):
        app.table.focus()
        await pilot.pause()
        style = next(iter(app.table.render_line(1))).style
        assert style is not None
        assert style.reverse


def test_every_key_is_named_and_explained() -> None:
    bindings = [one for one in VirtualTable.BINDINGS if isinstance(one, Binding)]
    assert [one.key for one in bindings] == ["up", "down", "pageup", "pagedown", "home", "end", "enter"]
    assert all(one.id and one.description and one.tooltip for one in bindings)
