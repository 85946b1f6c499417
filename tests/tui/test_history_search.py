"""The tester's history by the screen alone: found, compared, repeated, taken out, seen."""

import asyncio
import json
import re
import threading
from pathlib import Path

import pytest
from textual.content import Content
from textual.widgets import Input, OptionList

from app.bootstrap import open_service
from app.domain.model import JsonObject, TriggerRequest, new_attempt_id
from app.service.checks import read_cases
from app.service.history import AttemptHistory, AttemptRow, RowIds, StoppedError
from app.service.masking import open_mask
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.compare import CompareScreen
from app.tui.screens.confirm import Confirm
from app.tui.screens.export import ExportScreen
from app.tui.screens.menu import Menu
from app.tui.screens.statistics import StatisticsScreen
from app.tui.widgets.history import PLACEHOLDER
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk

PERSONS = re.compile(r"(?i)thor|twin@|sif@|nobody@")

SENT = (
    ("100", "thor@example.com", {"n": 1}),
    ("100", "nobody@example.com", None),
    ("104", "thor@example.com", {"n": 2}),
    ("104", "twin@example.com", None),
    ("100", "sif@example.com", None),
)


@pytest.fixture
async def past(home: Path) -> Path:
    """A home with a few attempts: three accepted, one 2008, one 2010."""
    await send(home, *SENT)
    return home


async def look(desk: Desk, home: Path, *requests: tuple[str, str, JsonObject | None]) -> None:
    """Sends from another window, and lets the dashboard look."""
    await send(home, *requests)
    desk.dashboard.look()
    await desk.settle()


async def send(home: Path, *requests: tuple[str, str, JsonObject | None]) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    for event_id, external_id, data in requests:
        request = TriggerRequest(event_id, "3", external_id, data)
        await service.send(request, new_attempt_id(), repeats=True)
    await service.close()


def rows(desk: Desk) -> list[str]:
    """The external ids in the lines of the table."""
    table = desk.history.table
    words = " ".join(table.render_line(line).text for line in range(table.size.height)).split()
    return [word for word in words if word.endswith("@example.com")]


async def ask(desk: Desk, query: str) -> None:
    """Types a query at once."""
    desk.history.line.write(query)
    await desk.settle()


async def pick(desk: Desk, key: str, entry: int) -> None:
    """Opens a menu and picks an entry; a negative number counts from the end."""
    await desk.press(key)
    options = desk.app.screen.query_one(OptionList)
    options.highlighted = entry % options.option_count
    await desk.press("enter")


def files_named(pattern: str, folder: Path) -> list[Path]:
    return list(folder.rglob(pattern))


def title(desk: Desk) -> str:
    return Content.from_markup(desk.history.border_title or "").plain


async def test_attempts_are_filtered_sorted_and_counted_and_new_ones_are_told(
    open_desk: OpenDesk, past: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(at=past, size=NARROW) as desk:
        await desk.press("f6")
        assert "5  ✓ 60%  ✗ 40%" in title(desk)
        await desk.press("slash")
        await ask(desk, "outcom:rejected")
        assert "Unknown field" in desk.text_of("#history-fault")
        assert rows(desk) == []
        await desk.press("enter")  # takes the proposal
        assert desk.screen().count("✗ rejected") == 2
        assert "2  ✗ 100%" in title(desk)
        await ask(desk, "since:1h sort:-con")
        await desk.press("right", "enter")
        assert rows(desk) == sorted((external_id for _, external_id, _ in SENT), reverse=True)
        await desk.press("down")
        before = desk.history.table.row
        await look(desk, past, ("104", "aaa@example.com", None))
        assert rows(desk)[-1] == "aaa@example.com"
        assert desk.history.table.row == before
        assert "6  " in title(desk)
        assert title(desk).endswith("  1 new")
        await desk.press("home")
        assert "new" not in title(desk)

        await ask(desk, "outcome:rej")
        assert len(rows(desk)) == 6  # an unfinished term changes nothing
        await ask(desk, "outcome:rejxted")
        assert rows(desk) == []  # a mistyped one finds nothing
        await desk.press("slash", "enter")
        assert len(rows(desk)) == 3

        await ask(desk, "sif")
        await look(desk, past, ("104", "thor@example.com", None))
        assert title(desk).endswith("1 new attempt is hidden by this filter")
        await desk.press("slash", "escape")
        assert "hidden" not in title(desk)

        go_on = threading.Event()
        real = RowIds.read_first

        def slow(window: RowIds[AttemptRow], row: AttemptRow | None = None) -> None:
            go_on.wait(10)
            real(window, row)

        before_all = rows(desk)
        monkeypatch.setattr(RowIds, "read_first", slow)
        await desk.pilot.press(*"thor")
        await desk.pilot.pause()
        assert desk.history.query_one(Input).value == "thor"
        assert rows(desk) == before_all
        go_on.set()
        await desk.settle()
        assert rows(desk) == ["thor@example.com"] * 3


async def test_menus_and_titles_write_the_query_which_statistics_and_export_obey(
    open_desk: OpenDesk, past: Path, tmp_path: Path
) -> None:
    async with open_desk(size=WIDE, at=past) as desk:
        line = desk.history.line
        await desk.press("f6")
        await pick(desk, "f", 3)
        assert line.text == "outcome:rejected"
        await pick(desk, "t", 2)
        await pick(desk, "r", 4)
        assert line.text == "outcome:rejected on:today sort:contact"
        assert rows(desk) == ["nobody@example.com", "twin@example.com"]
        await desk.pilot.click("#history-table", offset=(4, 0))
        await desk.settle()
        assert line.text == "outcome:rejected on:today"
        await pick(desk, "t", -1)
        assert "until:" in line.text
        assert desk.focus == "history-filter"
        await desk.press("enter")
        await pick(desk, "f", -1)
        assert line.text == ""
        await pick(desk, "f", 10)
        assert line.text == "code:0"

        await desk.press("f6")
        assert desk.history.size.height > 35
        await desk.press("p")
        assert isinstance(desk.app.screen, StatisticsScreen)
        for word in ("3 attempts", "Attempts over time", "▇", "No rejected attempts.", "p95"):
            assert word in desk.screen()
        await desk.press("escape")
        await ask(desk, "")
        await desk.press("p")
        assert "5 attempts   ✓ accepted 3 60%   ✗ rejected 2 40%" in desk.screen()
        await desk.pilot.resize_terminal(45, 24)
        await desk.settle()
        head = [line.strip() for line in desk.screen().splitlines()[:2]]
        assert head == ["5 attempts   ✓ accepted 3 60%", "✗ rejected 2 40%"]
        assert "Attempts over time" in desk.screen()
        await desk.pilot.resize_terminal(*WIDE)
        await desk.press("f", "enter")
        assert line.text == "outcome:rejected,partial event:104"
        await desk.press("escape")
        assert desk.history.whole is False

        await ask(desk, "code:0")
        await pick(desk, "x", 8)
        path = tmp_path / "out.jsonl"
        desk.app.screen.query_one("#path", Input).value = str(path)
        await desk.press("enter")
        lines = path.read_text("ascii").splitlines()
        assert [json.loads(line)["external_id"] for line in lines] == [
            "sif@example.com",
            "thor@example.com",
            "thor@example.com",
        ]


def endless(wrote: threading.Event) -> object:
    def export(_: object, *arguments: object, **__: object) -> int:
        wrote.set()
        (stop,) = (one for one in arguments if isinstance(one, threading.Event))
        stop.wait(10)
        raise StoppedError

    return export


async def keep_as_check(desk: Desk, file: Path) -> None:
    """Adds the open attempt to a file of checks twice, and once to one that is faulty."""
    await desk.press("t", "enter")
    assert "order_shipped replies 2010, in " in desk.said
    await desk.press("t", "enter")
    first, second = read_cases(file)
    assert (first.request, second.name) == (second.request, "order_shipped replies 2010 2")
    assert first.request.external_id == "twin@example.com"
    await asyncio.to_thread(file.write_text, "[[case]]\nname = 1\n")
    await desk.press("t", "enter")
    assert "line 2: name: a case needs a name" in desk.said


async def test_an_attempt_is_read_noted_compared_and_handed_on(
    open_desk: OpenDesk, past: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk(at=past, size=NARROW) as desk:
        await desk.press("f6", "m", "enter", "right", "j")
        assert isinstance(desk.app.screen, AttemptScreen)
        assert "order_shipped" in desk.text_of("#attempt")
        await desk.press("tab")
        assert "Reply body" in desk.screen()
        assert "External id  " not in desk.screen()
        await desk.press("left", "e", *"asked", "enter")
        assert "note asked" in desk.text_of("#attempt-outcome")
        await desk.press("b")
        assert "00000 7b 22" in desk.text_of("#attempt-reply")
        await keep_as_check(desk, tmp_path / "checks.toml")
        await desk.press("x", "enter", "enter")
        (ticket,) = files_named("attempt-*.md", tmp_path)
        text = ticket.read_text("utf-8")
        assert all(word in text for word in ("2010", "asked", "curl"))
        assert "twin@example.com" not in text
        await desk.press("x", "enter", "enter")
        assert isinstance(desk.app.screen, Confirm)
        await desk.press("escape")
        assert isinstance(desk.app.screen, ExportScreen)
        await desk.press("escape", "escape", "c")
        assert isinstance(desk.app.screen, CompareScreen)
        assert "event 104 order_shipped twin@example.com" in desk.text_of("#compare")
        assert (
            'A "event_id": "104", A "external_id": "twin@example.com", B "event_id": "100"'
            in desk.text_of("#compare-request")
        )
        assert 'A "http_status": 400, A "outcome": "rejected" B "http_status": 200' in desk.text_of(
            "#compare-reply"
        )
        await desk.press("escape", "home", "down", "m", "c", "escape")
        assert "●" not in desk.screen()

        await look(desk, past, ("100", "thor@example.com", {"n": 9}))
        await desk.press("end", "c")
        assert "With the last accepted attempt of this event for this contact." in desk.text_of("#compare")
        assert 'A "n": 1 B "n": 9' in desk.text_of("#compare-request")
        await desk.press("escape", "up", "enter", "c")
        said = "of this event for anybody; none for this contact was accepted."
        assert said in desk.text_of("#compare")
        shown = 'A "external_id": "nobody@example.com", B "external_id": "thor@example.com"'
        assert shown in desk.text_of("#compare-request")
        await desk.press("escape", "escape")
        await ask(desk, "104 -twin")
        await desk.press("c")
        assert "Cannot compare. No other attempt of this event was accepted." in desk.text_of("#compare")

        await desk.press("escape")
        await ask(desk, "")
        long = [("100", "thor@example.com", {"text": sign * 1500}) for sign in "xy"]
        await look(desk, past, *long)
        await desk.press("home", "c")
        values = [line for line in desk.screen().splitlines() if "xxx" in line]
        assert len(values) > 10
        assert all(line.startswith("│   ") for line in values)  # not under the scroll bar


async def test_attempts_on_a_contact_are_listed_one_is_changed_and_sent_and_a_long_export_stops(
    open_desk: OpenDesk, past: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(at=past) as desk:
        await desk.press("f3", *"thor")
        desk.dashboard.query_one("#contacts-table").focus()
        await desk.press("c")
        assert rows(desk) == ["thor@example.com", "thor@example.com"]
        await desk.press("enter")
        assert "order_shipped" in desk.text_of("#attempt-facts")
        await desk.press("escape", "f1")
        for word in ("Export", "Compare", "two at most", "outcome:"):
            assert word in desk.text_of("#help")
        await desk.press("escape", "f2", "ctrl+p", *"a filter", "enter")
        assert isinstance(desk.app.screen, Menu)
        await desk.press("escape")
        await ask(desk, "")
        await desk.press("f6", "end", "o")
        assert desk.focus == "external-id"
        assert " again" in str(desk.form.border_title)
        assert desk.form.event_id == "100"
        assert desk.form.editor.value == {"n": 1}
        first = list(desk.service.history.list_attempts(0))[-1]
        desk.dashboard.query_one("#external-id", Input).value = "sif@example.com"
        await desk.press("f9")
        again = next(iter(desk.service.history.list_attempts(1)))
        assert (again.parent_id, again.request.external_id) == (first.attempt_id, "sif@example.com")
        desk.dashboard.send.forget_last()
        await desk.press("f9", "ctrl+y")
        assert next(iter(desk.service.history.list_attempts(1))).parent_id is None
        await desk.press("f6")
        await ask(desk, "sif")
        await desk.press("down", "enter")
        assert "▸" in desk.text_of("#attempt-chain")

        await desk.press("escape")
        wrote = threading.Event()
        monkeypatch.setattr(AttemptHistory, "export", endless(wrote))
        await pick(desk, "x", 6)
        desk.app.screen.query_one("#path", Input).value = str(tmp_path / "long.csv")
        await desk.pilot.press("enter")
        await asyncio.to_thread(wrote.wait, 10)
        await desk.press("escape")
        assert "Cancelled. Nothing was written." in desk.screen()
        assert not files_named("*long.csv*", tmp_path)


async def test_no_person_is_shown_or_taken_out_while_the_mask_is_on(past: Path, tmp_path: Path) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(past)}))
    service.scenarios = None  # as on any account but the built-in one
    app = TriggerDeskApp(Opening(lambda: service), open_mask=lambda: open_mask(past), masked=True)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        path = tmp_path / "out.jsonl"
        for keys in (
            ("f6", "m", "f"),
            ("escape", "down", "c"),
            ("escape", "enter", "b"),
            ("t",),
            ("escape", "slash", *"outcome:thor"),
            ("escape", "enter", "p"),
            ("escape", "x"),
            (*["down"] * 7, "enter"),
        ):
            await desk.press(*keys)
            assert not PERSONS.search(desk.screen().replace(PLACEHOLDER, "")), keys
            if keys == ("t",):
                assert "Show personal data first." in desk.said
        assert "5 attempts as JSON Lines, personal data hidden" in desk.text_of("#export")
        desk.app.screen.query_one("#path", Input).value = str(path)
        await desk.press("enter")
        written = path.read_text("ascii")
        assert len(written.splitlines()) == 5
        assert not PERSONS.search(written)
        await desk.press("x", "enter")
        assert desk.text_of("#export").count("personal data hidden") == 1
