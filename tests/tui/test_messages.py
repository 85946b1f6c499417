"""What is said at the foot of the screen: where it stands, and when it goes."""

import pytest
from textual.widgets._toast import Toast

from app.tui import app as messages
from app.tui import dashboard
from app.tui.widgets.answers import PreflightPane
from tests.tui.conftest import NARROW, WIDE, OpenDesk


async def test_a_message_lies_on_no_pane_and_goes_with_the_next_key_once_it_could_be_seen_unless_unasked(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press("f4", "f9")
        assert desk.said == "Not sent: Pick an event first"
        (toast,) = desk.app.screen.query(Toast)
        before_sending = desk.app.screen.query_one(PreflightPane)
        assert toast.region.height == 1
        assert toast.region.bottom == NARROW[1] - 1  # the keys are below it
        assert not toast.region.overlaps(before_sending.region)
        assert "Read the prediction here." in desk.screen()
        await desk.press("f9", "f9")
        rows = desk.screen().splitlines()
        assert "Not sent: Pick an event first" in rows[-2]
        assert rows[-3].startswith("╰")  # of the messages before it nothing is left
        for length in (76, 78):
            desk.dashboard.say("", ("word " * 20)[: length - 1] + ".")
            await desk.settle()
            (toast,) = desk.app.screen.query(Toast)
            assert toast.region.bottom == NARROW[1] - 1  # its last line is not cut off

        await desk.pilot.resize_terminal(*WIDE)
        monkeypatch.setattr(messages, "READABLE_AFTER_S", 60.0)
        monkeypatch.setattr(dashboard, "SHORTEST_S", 60.0)
        await desk.press("f4", "f9", "f2")
        assert desk.said == "Not sent: Pick an event first"
        monkeypatch.setattr(messages, "READABLE_AFTER_S", 0.0)
        await desk.press("f9")
        assert desk.said == "Not sent: Pick an event first"
        await desk.press(*"100", "enter")
        assert desk.said == ""
        desk.dashboard.say("[b]Bold[/]", "[red]nothing [/] is markup \\[")
        await desk.settle()
        assert desk.said == "[b]Bold[/]: [red]nothing [/] is markup \\["
        assert "[b]Bold[/]: [red]nothing [/] is markup \\[" in desk.screen()
        await desk.press("f2")
        desk.dashboard.say("? unknown", "It may have been triggered.", unasked=True)
        await desk.press(*"104")
        assert desk.said == "? unknown: It may have been triggered."
        await desk.press("f9")
        assert "? unknown: It may have been triggered." in desk.screen()
        assert "Not sent: you typed in Events but did not pick a row" in desk.screen()
