"""The one table of the dashboard, in an app of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from app.tui.text import label
from app.tui.widgets.row_window import PAGE_ROWS
from app.tui.widgets.table_columns import Column
from app.tui.widgets.windowed_table import WindowedTable

MILLION = 1_000_000
SIZE = (60, 12)
BODY = 10


@dataclass(frozen=True)
class Attempt:
    number: int
    outcome: str = "✗ rejected"


class Attempts:
    """Attempts with the highest number first; remembers what was asked for."""

    def __init__(self, newest: int = MILLION, *, counted: bool = True, outcome: str = "✗ rejected") -> None:
        self.newest = newest
        self.total = newest if counted else None
        self.outcome = outcome
        self.fetched: list[tuple[int, int]] = []

    def rows(self, start: int, count: int) -> Sequence[Attempt]:
        self.fetched.append((start, count))
        end = min(self.newest, start + count)
        return [Attempt(self.newest - position, self.outcome) for position in range(start, end)]

    def position(self, row: Attempt) -> int | None:
        return self.newest - row.number


class PartlyRead(Attempts):
    """Attempts of which only the first hundred are there before all are read."""

    READ = 100
    all_read = False

    def rows(self, start: int, count: int) -> Sequence[Attempt]:
        return super().rows(start, count if self.all_read else max(0, min(count, self.READ - start)))

    def lacks(self, position: int) -> bool:
        return position >= self.READ and not self.all_read

    def read_all(self) -> None:
        self.all_read = True

    def settle(self) -> None:
        """The number of rows is known."""


class Texts:
    """The same text in two rows."""

    total = 2

    def __init__(self, text: str) -> None:
        self.text = text

    def rows(self, start: int, count: int) -> Sequence[Attempt]:
        return [Attempt(1, self.text), Attempt(2, self.text)][start : start + count]

    def position(self, row: Attempt) -> int | None:
        return row.number - 1 if row.outcome == self.text else None


COLUMNS = [
    Column[Attempt]("number", "Attempt", lambda row: str(row.number), 8, justify="right"),
    Column[Attempt]("outcome", "Outcome", lambda row: row.outcome, 12, flex=1),
    Column[Attempt]("styled", "Styled", lambda row: label(row.outcome, "$text-error"), 12),
]


class TableApp(App[None]):
    """An input to give the focus to, and a table."""

    CSS = "Input { height: 1; border: none; } Vertical { height: 11; }"

    def __init__(self, table: WindowedTable[Attempt]) -> None:
        super().__init__()
        self.table = table
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield Input()
        with Vertical():
            yield self.table

    @on(WindowedTable.Highlighted)
    def note_highlighted(self, event: WindowedTable.Highlighted[Attempt]) -> None:
        self.told.append(event.row)

    @on(WindowedTable.Selected, "#table")
    def note_selected(self, event: WindowedTable.Selected[Attempt]) -> None:
        self.told.append(("selected", event.row))

    @on(WindowedTable.HeaderSelected)
    def note_header(self, event: WindowedTable.HeaderSelected) -> None:
        self.told.append(("header", event.column.key))


def table_app(window: Attempts | Texts | None = None, **options: bool | str) -> TableApp:
    app = TableApp(WindowedTable(COLUMNS, id="table", **options))  # type: ignore[arg-type]
    if window is not None:
        app.table.show(window)
    return app


def lines(app: TableApp) -> list[str]:
    return [app.table.render_line(y).text.rstrip() for y in range(app.table.size.height)]


def number_at(app: TableApp, line: int) -> int:
    return int(lines(app)[line].strip("▌▏ ").split()[0])


async def settle(pilot: Pilot[None]) -> TableApp:
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, TableApp)
    return app


async def test_a_million_rows_are_shown_by_fetching_one_page() -> None:
    window = Attempts()
    async with table_app(window).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        assert lines(app)[0].split() == ["Attempt", "Outcome", "Styled"]
        assert (number_at(app, 1), number_at(app, BODY)) == (MILLION, MILLION - BODY + 1)
        assert window.fetched == [(0, PAGE_ROWS)]
        assert app.table.row_count == MILLION
        assert app.told == [Attempt(MILLION)]


async def test_the_keys_go_to_any_row_and_fetch_only_what_is_seen() -> None:
    window = Attempts()
    async with table_app(window).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.focus()
        await pilot.press("end")
        assert (app.table.cursor, number_at(app, BODY)) == (MILLION - 1, 1)
        await pilot.press("pageup", "up")
        assert app.table.cursor == MILLION - 2 - BODY
        await pilot.press("home", "pagedown", "down")
        assert app.table.cursor == BODY + 1
        assert number_at(app, 1) == MILLION - BODY
        assert set(window.fetched) == {(0, PAGE_ROWS), (MILLION - PAGE_ROWS, PAGE_ROWS)}


async def test_a_page_moves_the_rows_under_a_cursor_that_stays_on_its_line() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(3)
        app.table.action_page_down()
        assert lines(app)[4].startswith("▏")
        assert (app.table.cursor, app.table.scroll_offset.y) == (3 + BODY, BODY)


async def test_the_cursor_stops_at_both_ends() -> None:
    async with table_app(Attempts(3)).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.action_cursor_up()
        app.table.action_page_up()
        assert app.table.cursor == 0
        app.table.action_page_down()
        app.table.action_cursor_down()
        assert (app.table.cursor, app.table.row) == (2, Attempt(1))


async def test_the_mouse_wheel_moves_the_rows_and_not_the_cursor() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.scroll_to(y=500, animate=False)
        await pilot.pause()
        assert (number_at(app, 1), app.table.cursor) == (MILLION - 500, 0)
        app.table.action_cursor_down()
        assert (number_at(app, 1), app.table.cursor) == (MILLION - 1, 1)


async def test_a_click_highlights_and_a_double_click_chooses() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        await pilot.click("#table", offset=(5, 3))
        assert app.told == [Attempt(MILLION), Attempt(MILLION - 2)]
        await pilot.double_click("#table", offset=(5, 4))
        assert app.told[2:] == [Attempt(MILLION - 3), ("selected", Attempt(MILLION - 3))]


async def test_a_table_can_choose_at_the_first_click() -> None:
    async with table_app(Attempts(), choose_on_click=True).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        await pilot.double_click("#table", offset=(5, 3))
        assert app.told[1:] == [Attempt(MILLION - 2), ("selected", Attempt(MILLION - 2))]


async def test_a_click_below_the_last_row_does_nothing() -> None:
    async with table_app(Attempts(2), choose_on_click=True).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        await pilot.click("#table", offset=(5, 5))
        assert app.told == [Attempt(2)]


async def test_enter_chooses_the_row_under_the_cursor() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.focus()
        await pilot.press("enter")
        assert app.told[-1] == ("selected", Attempt(MILLION))


async def test_where_there_are_no_rows_a_sentence_says_so_and_nothing_can_be_chosen() -> None:
    async with table_app(Attempts(0), empty_text="No attempt yet.").run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        assert [line.strip() for line in lines(app) if line.strip()][1:] == ["No attempt yet."]
        app.table.focus()
        await pilot.press("enter", "end", "pagedown")
        assert (app.told, app.table.row, app.table.cursor) == ([], None, 0)
        app.table.empty_text = "[/] \x1b matches nothing."
        assert "[/] ␛ matches nothing." in "".join(lines(app))


async def test_rows_that_go_away_are_told() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.show(Attempts(0))
        await pilot.pause()
        assert app.told[-1] is None


async def test_the_titles_answer_to_a_click_and_show_the_sort() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        await pilot.click("#table", offset=(14, 0))
        assert app.told[-1] == ("header", "outcome")
        app.table.show_sort("number", descending=True)
        assert lines(app)[0].split() == ["Attem…", "▼", "Outcome", "Styled"]
        app.table.show_sort("outcome")
        assert "Outcome ▲" in lines(app)[0]
        app.table.show_sort(None)
        assert "▲" not in lines(app)[0]


async def test_a_table_without_titles_begins_with_a_row() -> None:
    async with table_app(Attempts(), show_header=False).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        assert number_at(app, 0) == MILLION
        app.table.action_last()
        assert number_at(app, app.table.size.height - 1) == 1


async def test_new_rows_on_top_do_not_move_what_one_reads() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(500)
        before = lines(app)
        app.table.show(Attempts(MILLION + 7), keep_cursor=True)
        await pilot.pause()
        assert lines(app) == before
        assert (app.table.cursor, app.table.row) == (507, Attempt(MILLION - 500))
        assert app.told == [Attempt(MILLION), Attempt(MILLION - 500)]


async def test_rows_that_were_scrolled_to_stay_although_the_cursor_is_out_of_sight() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.scroll_to(y=300, animate=False)
        app.table.show(Attempts(MILLION + 7), keep_cursor=True)
        await pilot.pause()
        assert (number_at(app, 1), app.table.row) == (MILLION - 300, Attempt(MILLION))


async def test_at_the_very_top_new_rows_come_into_view() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.show(Attempts(MILLION + 7), keep_cursor=True)
        await pilot.pause()
        assert (number_at(app, 1), app.told[-1]) == (MILLION + 7, Attempt(MILLION + 7))


async def test_a_row_that_is_gone_leaves_the_cursor_where_it_was() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(5)
        app.table.show(Texts("other"), keep_cursor=True)
        assert (app.table.cursor, app.table.row) == (1, Attempt(2, "other"))


async def test_other_rows_are_shown_from_the_first() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(500)
        app.table.show(Attempts(50))
        await pilot.pause()
        assert (app.table.cursor, number_at(app, 1)) == (0, 50)


async def test_rows_that_are_not_yet_counted_can_be_read_on_and_on() -> None:
    window = Attempts(counted=False)
    async with table_app(window).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        uncounted = app.table.row_count
        for _ in range(60):
            app.table.action_page_down()
        assert number_at(app, 1) == MILLION - 60 * BODY
        window.total = MILLION
        app.table.window_changed()
        await pilot.pause()
        assert (uncounted, app.table.row_count) == (None, MILLION)
        assert number_at(app, 1) == MILLION - 60 * BODY
        app.table.action_last()
        assert app.table.row == Attempt(1)


@pytest.mark.parametrize("move", ["end", "scroll"])
async def test_far_rows_are_read_when_somebody_goes_there(move: str) -> None:
    window = PartlyRead()
    async with table_app(window).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(50)
        assert not window.all_read
        if move == "end":
            app.table.action_last()
        else:
            app.table.scroll_to(y=MILLION, animate=False, force=True)
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert number_at(app, BODY) == 1
        app.table.action_last()
        assert app.table.row == Attempt(1)


async def test_a_row_that_reads_differently_now_is_shown_and_told() -> None:
    window = Attempts(outcome="sending")
    async with table_app(window).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        window.outcome = "✓ accepted"
        app.table.window_changed()
        await pilot.pause()
        assert "✓ accepted" in lines(app)[1]
        assert app.told == [Attempt(MILLION, "sending"), Attempt(MILLION, "✓ accepted")]


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


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_breaks_no_line_and_reaches_no_terminal(text: str) -> None:
    async with table_app(Texts(text)).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        for y in range(app.table.size.height):
            strip = app.table.render_line(y)
            assert cell_len(strip.text) == strip.cell_length == SIZE[0] - 1
            assert not any(
                ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2028\u200d" for c in strip.text
            )
            assert not any(segment.style and segment.style.meta for segment in strip)


async def test_data_in_brackets_is_shown_as_it_is() -> None:
    async with table_app(Texts("[@click=q]x")).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        assert lines(app)[2].split() == ["2", "[@click=q]x", "[@click=q]x"]


async def test_the_columns_follow_the_width_of_the_pane_and_the_cursor_stays_in_view() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.move_cursor(BODY - 1)
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert lines(app)[0].split() == ["Attempt", "Outcome"]
        assert any(line.startswith("▏") for line in lines(app))


async def test_the_cursor_looks_different_with_the_focus_and_without() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        blurred = app.table.render_line(1)
        other = app.table.render_line(2)
        app.table.focus()
        await pilot.pause()
        focused = app.table.render_line(1)
        assert (blurred.text[0], focused.text[0], other.text[0]) == ("▏", "▌", " ")
        looks = [next(iter(strip)).style for strip in (blurred, focused, other)]
        assert len(set(looks)) == 3


async def test_without_colours_the_cursor_is_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        app.table.focus()
        await pilot.pause()
        style = next(iter(app.table.render_line(1))).style
        assert style is not None
        assert style.reverse


async def test_a_step_of_the_cursor_draws_two_lines_and_idleness_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        drawn: list[int] = []
        draw = app.table.render_line

        def draw_and_note(y: int) -> Strip:
            drawn.append(y)
            return draw(y)

        monkeypatch.setattr(app.table, "render_line", draw_and_note)
        app.table.action_cursor_down()
        await pilot.pause()
        assert sorted(set(drawn)) == [1, 2]
        drawn.clear()
        app.table.show_sort("number")
        await pilot.pause()
        assert set(drawn) == {0}
        drawn.clear()
        await pilot.pause()
        assert drawn == []


async def test_the_colours_of_a_new_theme_are_used() -> None:
    async with table_app(Attempts()).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        before = list(app.table.render_line(2))
        app.theme = "textual-light"
        await pilot.pause()
        after = list(app.table.render_line(2))
        assert [segment.text for segment in before] == [segment.text for segment in after]
        assert all(old.style != new.style for old, new in zip(before, after, strict=True))


async def test_every_second_row_can_be_shaded() -> None:
    async with table_app(Attempts(), zebra=True).run_test(size=SIZE) as pilot:
        app = await settle(pilot)
        first, second, third = (next(iter(app.table.render_line(y))).style for y in (2, 3, 4))
        assert first == third != second


def test_every_key_is_named_and_explained() -> None:
    bindings = [binding for _, binding in WindowedTable(COLUMNS)._bindings if binding.id]
    assert {binding.key for binding in bindings} == {
        "up",
        "down",
        "pageup",
        "pagedown",
        "home",
        "end",
        "enter",
    }
    assert all(binding.description and binding.tooltip for binding in bindings)
