"""The screen as a whole: every size, theme and terminal, every pane reachable, every action named."""

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.widgets import OptionList

from app.service.refresh import Refresh
from app.service.session import Session, StoreError
from app.tui.app import TriggerDeskApp
from app.tui.bindings import APP_BINDINGS, DASHBOARD_BINDINGS
from app.tui.screens.help import HelpScreen
from app.tui.widgets.filtered_list import ContactList
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk

CHOSEN = (*"100", "enter", *"thor", "enter")
PANES = {"f2": "events", "f3": "contacts", "f4": "trigger", "f6": "history", "f7": "reply"}


def panes(desk: Desk) -> set[str | None]:
    """The ids of the panes on the screen."""
    return {pane.id for pane in desk.dashboard._compositor.visible_widgets if pane.has_class("pane")}


FOCUSED = (
    "events-filter",
    "contacts-table",
    "key-field",
    "external-id",
    "event-data",
    "send",
    "reply",
)


async def test_a_wide_screen_shows_every_pane_and_a_narrow_one_at_a_time(open_desk: OpenDesk) -> None:
    async with open_desk(size=(100, 30)) as desk:
        assert panes(desk) == {*PANES.values(), "preflight"}
        assert not desk.dashboard.query_one("#tabs").display
        for number, focused in enumerate(FOCUSED):
            key = list(PANES)[number % len(PANES)]
            desk.app.screen.query_one(f"#{focused}").focus()
            await desk.press(key)
            assert desk.dashboard.pane == PANES[key], (focused, key)
        await desk.press("f4", *"104")
        await desk.pilot.resize_terminal(*NARROW)
        await desk.settle()
        assert panes(desk) == {"trigger", "preflight"}
        assert "order_shipped" in desk.screen()
        for key, pane in PANES.items():
            await desk.press(key)
            assert panes(desk) - {"preflight"} == {pane}
            assert desk.dashboard.pane == pane
        for pane in PANES.values():
            at = desk.screen().splitlines()[1].index(pane.title())
            await desk.pilot.click("#tabs", offset=(at, 0))
            await desk.settle()
            assert panes(desk) - {"preflight"} == {pane}
            tabs = desk.app.screen._compositor.render_strips()[1]
            marked = "".join(one.text for one in tabs if one.style and one.style.reverse)
            assert marked.startswith(pane.title())


async def test_every_size_and_theme_shows_the_account_the_keys_and_what_matters(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        for size in (NARROW, (100, 30), WIDE):
            await desk.pilot.resize_terminal(*size)
            await desk.settle()
            first, second, *_, last = desk.screen().splitlines()
            assert "◆ sandbox" in first, size
            assert "nothing leaves this machine" in first, size
            keys = last if size[0] >= 100 else f"{second} {last}"
            for key in ("f9 Send", "f5 Refresh", "f1 Help", "^p palette"):
                assert key in last, size
            for pane in ("f2", "f3", "f4", "f6"):
                assert f"{pane} " in f"{keys} ", size
        await desk.press("f2", *CHOSEN, "f9")
        for size in ((40, 10), (60, 16)):
            await desk.pilot.resize_terminal(*size)
            await desk.press("f4")
            for shown in ("Event  ", "Key field  ", "thor@example.com", "to Thor Odinson", "  Send  "):
                assert shown in desk.screen(), size
            assert desk.preflight.region.height == 1
            assert "✓ Will be accepted (0 OK)" in desk.screen()
            await desk.press("f6")
            assert "✓ accepted" in desk.screen()
            assert "HTTP 200" in desk.screen()
        await desk.pilot.resize_terminal(*WIDE)
        for theme in ("triggerdesk-light", "dracula", "ansi-dark"):
            desk.app.theme = theme
            await desk.settle()
            assert "✓ accepted" in desk.screen(), theme


@pytest.mark.parametrize(
    ("colours", "wanted", "used"),
    [
        ("truecolor", "no-such-theme", "triggerdesk-dark"),
        ("truecolor", "triggerdesk-light", "triggerdesk-light"),
        ("", None, "triggerdesk-high-contrast"),
    ],
)
def test_the_theme_is_the_configured_one_or_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, colours: str, wanted: str | None, used: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", colours)
    app = TriggerDeskApp(Opening(lambda: pytest.fail("opened")), theme=wanted)
    assert app.theme == used
    app.action_other_theme()
    assert app.current_theme.dark == (used == "triggerdesk-light")


async def help_names_every_part(desk: Desk) -> None:
    """The page of the part one is in, every key, symbol and reply code; links lead on."""
    for keys, title, named in (
        (("f6", "slash"), "Queries", "/ Search: "),
        (("f4", "tab", "tab", "tab"), "The form", "^a Select all: Select all event data"),
    ):
        await desk.press(*keys, "f1")
        assert isinstance(desk.app.screen, HelpScreen)
        shown = desk.text_of("#help")
        assert f" {title} " in shown
        assert named in shown
        if title == "Queries":
            await desk.press("f1")
            assert desk.app.screen is desk.dashboard
    for key in ("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9 Send:", "^q"):
        assert f" {key} " in shown
    await desk.press("pagedown")
    row, line = next(
        found for found in enumerate(desk.screen().splitlines()) if "  Bulk: one event" in found[1]
    )
    await desk.pilot.click(offset=(line.index("Bulk: one event"), row))
    await desk.settle()
    assert desk.text_of("#help").startswith("Bulk One event for many contacts")
    await desk.press("s")
    for symbol in ("✓ accepted", "◐ partial", "✗ rejected", "○ not sent", "? unknown", "◆", "◇", "▲"):
        assert symbol in desk.text_of("#help")
    await desk.press("r")
    for code in (2004, 2005, 2008, 2010, 5001, 2012):
        assert str(code) in desk.text_of("#help")


async def test_lists_say_what_a_filter_leaves_the_palette_why_an_action_is_off_and_help_what_every_part_is(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=WIDE) as desk:
        await desk.press(*"zzz")
        assert 'No event matches "zzz". Esc clears.' in " ".join(desk.screen().split())
        assert str(desk.dashboard.query_one("#events").border_title) == "Events  0"
        await desk.press("enter")
        assert desk.said == 'Nothing to choose: No event matches "zzz". Esc clears.'
        await desk.press("escape")
        assert "purchase_confirmation" in desk.screen()
        assert str(desk.dashboard.query_one("#events").border_title) == "Events"

        await desk.press("f3", *"example")
        contacts = desk.dashboard.query_one(ContactList)
        found = [contact.id for contact in desk.service.contacts.containing("example", 0)]
        assert len(found) > 200
        assert str(contacts.border_title) == f"Contacts  {len(found)}"
        contacts.table.focus()
        await desk.press("end")
        assert contacts.table.cursor == len(found) - 1
        assert contacts.table.row.id == found[-1]
        await desk.press("f3", *"fairwether")
        assert contacts.border_title == "Contacts  1 similar"
        contacts.filter.value = "nobody has this"
        await desk.settle()
        await desk.press("enter")
        assert desk.said == 'Nothing to choose: No contact matches "nobody has this". Esc clears.'
        assert desk.focus == "contacts-filter"

        painted: list[object] = []
        with monkeypatch.context() as patched:
            patched.setattr(desk.app, "_display", lambda *_: painted.append(1))
            for _ in range(3):
                desk.dashboard.look()
                await desk.settle()
        assert len(painted) <= 1  # an idle dashboard, whose lists may just have become a minute older

        await desk.pilot.press("ctrl+p")
        await desk.settle()
        assert isinstance(desk.app.screen, CommandPalette)
        options = desk.app.screen.query_one(OptionList)
        shown = "\n".join(str(options.get_option_at_index(n).prompt) for n in range(options.option_count))
        for action in (
            "Send",
            "Events",
            "Contacts",
            "Form",
            "History",
            "Refresh",
            "Reply",
            "Event data",
            "Clear form",
        ):
            assert action in shown
        for action in ("Help", "Dark or light", "Quit", "Theme", "Screenshot"):
            assert action in shown
        assert "Off: Pick an event first" in shown
        assert "Off: Test account: sending is always unlocked." in shown
        assert "History: Send as new " in shown
        assert "No match for the specified [key_id] - [external_id] pair." in shown

        await desk.press("escape")
        await help_names_every_part(desk)


def test_every_binding_has_an_id_a_name_and_a_tooltip() -> None:
    for one in (*APP_BINDINGS, *DASHBOARD_BINDINGS):
        assert isinstance(one, Binding)
        assert one.id is not None
        assert one.id.startswith("desk.")
        assert one.description
        assert one.tooltip


async def test_a_home_that_cannot_be_opened_ends_with_its_sentence() -> None:
    def locked() -> Session:
        raise StoreError("The history is locked by another program.")

    app = TriggerDeskApp(Opening(locked))
    async with app.run_test():
        pass
    assert str(app.return_value) == "The history is locked by another program."


async def test_the_first_start_says_what_it_waits_for(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Refresh, "run", refused)
    async with open_desk(size=WIDE, at=tmp_path / "new") as desk:
        shown = " ".join(desk.screen().split())
        assert "No events here. f5 refreshes." in shown
        assert "never refreshed" in shown
        assert "Refresh failed: The disk is full." in desk.text_of("#reply")
