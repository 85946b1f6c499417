"""The lists of events and contacts sorted by their columns, also while a filter narrows them."""

import threading
from collections.abc import Sequence
from threading import Event

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from app.domain.model import ListOrder
from app.service.history import StoppedError
from app.tui.privacy import PrivacyMode
from app.tui.screens.menu import Menu
from app.tui.widgets.filtered_list import ContactList, EventList, FilteredList
from app.tui.widgets.table import Column
from tests.tui.conftest import WIDE, Desk, OpenDesk


def titles(desk: Desk, pane: str) -> str:
    return lines(desk, pane)[0]


def lines(desk: Desk, pane: str) -> list[str]:
    table = desk.dashboard.query_one(f"#{pane}", FilteredList).table
    return [" ".join(table.render_line(line).text.split()) for line in range(table.size.height)]


def bare(line: str) -> str:
    return line.lstrip("▏▌").lower()


async def offered(desk: Desk) -> list[str]:
    """What the menu offers that the key opens."""
    await desk.press("ctrl+s")
    assert isinstance(desk.app.screen, Menu)
    options = desk.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(number).prompt) for number in range(options.option_count)]


async def test_lists_are_sorted_by_mouse_and_by_key_and_stay_so_while_filtered(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=WIDE) as desk:
        assert titles(desk, "contacts") == "E-Mail Name Id ▲"
        await desk.pilot.click("#contacts-table", offset=(3, 0))
        await desk.settle()
        assert titles(desk, "contacts") == "E-Mail ▲ Name Id"
        first = lines(desk, "contacts")[1:5]
        assert first == sorted(first, key=bare)
        await desk.press("f3", *"thor")
        assert lines(desk, "contacts")[0].startswith("E-Mail ▲")
        assert any("thor@example.com" in line for line in lines(desk, "contacts")[1:5])
        await desk.press("escape")
        assert await offered(desk) == ["▲ E-Mail", "  Name", "  Id"]
        await desk.press("enter")
        assert titles(desk, "contacts") == "E-Mail ▼ Name Id"
        assert bare(lines(desk, "contacts")[1]) > bare(first[0])
        await offered(desk)
        await desk.press("down", "enter")
        assert titles(desk, "contacts") == "E-Mail Name ▲ Id"
        await offered(desk)
        await desk.press("escape")
        assert titles(desk, "contacts") == "E-Mail Name ▲ Id"
        await desk.press("enter")
        assert "@" in desk.dashboard.query_one("#external-id", Input).value

        await desk.press("f2")
        usual = lines(desk, "events")
        assert usual[0] == "Id Name"
        assert await offered(desk) == ["● Last sent first", "  Id", "  Name"]
        await desk.press("down", "down", "enter")
        named = lines(desk, "events")
        assert named[0] == "Id Name ▲"
        names = [line.split()[-1] for line in named[1:8]]
        assert names == sorted(names)
        await desk.pilot.click("#events-table", offset=(12, 0))
        await desk.settle()
        assert titles(desk, "events") == "Id Name ▼"
        await desk.press("f2", *"105")
        assert "order_delivered" in desk.dashboard.query_one(EventList).table.row.name  # type: ignore[union-attr]
        await desk.press("escape")
        await offered(desk)
        await desk.press("home", "enter")
        assert lines(desk, "events") == usual


class Slow:
    """Rows that are found in a thread, once that is let go on or stopped."""

    def __init__(self, search: str, stop: Event) -> None:
        self.search = search
        self.stop = stop
        self.go_on = threading.Event()
        self.total: int | None = None
        self.similar = False
        self._found: list[str] = []

    @property
    def known(self) -> int:
        return len(self._found)

    def is_unread(self, _: int) -> bool:
        return False

    def read_first(self, _: str | None = None) -> None:
        while not self.go_on.wait(0.001):
            if self.stop.is_set():
                raise StoppedError
        self._found = [f"found {self.search}"]

    def count(self) -> None:
        self.read_first()
        self.total = 1

    def rows(self, start: int, count: int) -> Sequence[str]:
        return self._found[start : start + count]

    def position(self, row: str) -> int | None:
        return 0 if row == f"found {self.search}" else None


class SlowApp(App[None]):
    """A list of which every answer is slow."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Slow] = []
        self.chosen: list[str] = []

    def on_filtered_list_chosen(self, message: FilteredList.Chosen) -> None:
        self.chosen.append(message.row)

    def compose(self) -> ComposeResult:
        yield FilteredList(
            [Column("text", "Text", str, 10)],
            self._find,
            title="Slow",
            placeholder="",
            personal=False,
            usual=ListOrder("text"),
            id="slow",
        )

    def _find(self, search: str, _: ListOrder | None, stop: Event) -> Slow:
        self.asked.append(Slow(search, stop))
        return self.asked[-1]


async def done(pilot: Pilot[None], window: Slow) -> None:
    """Lets it be found, and waits until it is shown and counted."""
    window.go_on.set()
    for _ in ("shown", "counted"):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_a_slow_answer_leaves_the_screen_alive_and_the_next_key_takes_its_place() -> None:
    app = SlowApp()
    async with app.run_test() as pilot:
        pane = app.query_one(FilteredList)
        pane.reload("")
        await done(pilot, app.asked[-1])
        assert pane.table.row == "found "
        await pilot.press("a", "b")
        await pilot.pause()
        of_a, of_b = app.asked[-2:]
        assert (of_a.stop.is_set(), of_b.stop.is_set()) == (True, False)
        assert pane.query_one(Input).value == "ab"
        assert pane.table.row == "found "
        assert pane.row is None
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen == []  # the rows are not those for what was typed
        await done(pilot, of_b)
        assert pane.table.row == "found ab"
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen == ["found ab"]
        assert pane.row == "found ab"
        assert str(pane.border_title) == "Slow  1"
        await pilot.press("c", "escape")
        await pilot.pause()
        assert app.asked[-2].stop.is_set()
        await done(pilot, app.asked[-1])
        assert pane.table.row == "found "


def test_the_lists_name_their_columns_as_the_store_does() -> None:
    assert {order.column for _, order in ContactList(lambda *_: None, PrivacyMode()).orders} == {
        "id",
        "email",
        "name",
    }  # type: ignore[arg-type, return-value]
