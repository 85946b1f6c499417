"""Going to another profile: a list on a key, the old account left in order, nothing of it carried over."""

from pathlib import Path

import pytest
from textual.widgets import OptionList

from app.bootstrap import Profiles
from app.domain.model import Outcome
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.dashboard import Dashboard
from app.tui.screens.confirm import Confirm
from app.tui.screens.menu import ProfileList
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk, SlowEndpoint

CONFIG = """
[profiles.shop]
base_url = "http://127.0.0.1:9/api/v2"
production = true

[profiles.try]
base_url = "https://api.example.com/api/v3"
production = false

[profiles.wrong]
account = "no-such-folder"
"""


async def test_a_switch_keeps_what_was_typed_carries_no_unlocking_over_and_may_fail(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG)
    profiles = Profiles(load_settings({"TRIGGERDESK_HOME": str(home)}))
    service = profiles.open("sandbox")
    app = TriggerDeskApp(Opening(lambda: service, profiles))
    async with app.run_test(size=NARROW) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        await desk.press(*"104", "enter", *"sif", "enter", "f4")
        desk.form.editor.fill('{"typed": "by hand"}', typed=True)
        await desk.press("ctrl+o")
        assert isinstance(app.screen, ProfileList)
        for said in (
            "● ◆ sandbox · built-in, nothing leaves this machine",
            "▲ shop · 127.0.0.1:9, LIVE: real customers",
            "◇ try · api.example.com, Test account",
        ):
            assert said in desk.screen()

        await desk.press("down", "enter")
        assert "▲ shop" in desk.screen().splitlines()[0]
        assert "read-only" in desk.screen().splitlines()[0]
        assert desk.form.request().event_id == ""
        await desk.press("f10", *"shop", "enter")
        assert "SENDING UNLOCKED" in desk.screen().splitlines()[0]
        await desk.press("ctrl+o", "escape", "ctrl+o", "enter")
        assert "SENDING UNLOCKED" in desk.screen().splitlines()[0]

        await pilot.click("#status")
        await desk.settle()
        app.screen.query_one(OptionList).highlighted = 0
        await desk.press("enter")
        request = desk.form.request()
        assert (request.event_id, request.key_id, request.external_id) == ("104", "3", "sif@example.com")
        assert desk.form.editor.text == '{"typed": "by hand"}'
        await desk.press("ctrl+n", "ctrl+o", "down", "enter")
        assert "read-only" in desk.screen().splitlines()[0]
        assert len([screen for screen in app.screen_stack if isinstance(screen, Dashboard)]) == 1

        await desk.press("ctrl+o", "end", "enter")
        assert "no-such-folder" in desk.said
        assert "▲ shop" in desk.screen().splitlines()[0]
        (home / "config.toml").write_text("nonsense")
        await desk.press("ctrl+o")
        assert "not valid TOML" in desk.said


async def test_while_a_trigger_is_under_way_it_is_asked_and_the_trigger_recorded(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(CONFIG)
    profiles = Profiles(load_settings({"TRIGGERDESK_HOME": str(home)}))
    service = profiles.open("sandbox")
    endpoint = SlowEndpoint(service, monkeypatch)
    app = TriggerDeskApp(Opening(lambda: service, profiles))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        await desk.press(*"100", "enter", *"thor", "enter")
        await pilot.press("f9")
        await desk.until(lambda: bool(endpoint.requests))
        for keys in (("ctrl+o", "down", "enter", "escape"), ("ctrl+o", "down", "enter")):
            await pilot.press(*keys)
            await desk.until(lambda: app.is_idle)
        await desk.until(lambda: isinstance(app.screen, Confirm))
        assert desk.dashboard.send.is_sending
        await pilot.press("ctrl+y")
        await desk.until(lambda: "shop" in desk.screen().splitlines()[0])
        looking = profiles.open("sandbox")
        assert [row.outcome for row in looking.history.list_attempts(0)] == [Outcome.UNKNOWN]
        await looking.close()
