"""A production account: looked at only, until its name is typed; then every trigger is asked about once."""

from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import Reply
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import NARROW, WIDE, Desk, SlowEndpoint

CONFIG = '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\nproduction = true\n'


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_sending_must_be_armed_and_each_trigger_is_asked_about(
    home: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    (home / "config.toml").write_text(CONFIG)
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}, "shop"))
    endpoint = SlowEndpoint(service, monkeypatch)
    app = TriggerDeskApp(lambda: service)
    async with app.run_test(size=size) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        assert "looking only" in desk.text_of("#status")
        await desk.press("f4", *"100", "tab", "tab", *"thor@example.com", "f9")
        assert endpoint.requests == []
        assert "Looking only" in desk.dashboard.form.obstacle

        await desk.press("f10", *"wrong", "enter")
        assert "looking only" in desk.text_of("#status")
        await desk.press("f10", *"shop", "enter")
        assert "ARMED 10:00" in desk.text_of("#status") or "ARMED 9:5" in desk.text_of("#status")

        await desk.press("f9")
        assert isinstance(app.screen, Confirm)
        for word in ("event 100", "thor@example.com", "shop"):
            assert word in desk.text_of("#confirm")
        await desk.press("escape")
        assert endpoint.requests == []

        endpoint.answers.put_nowait(Reply(200, 0, "OK"))
        desk.dashboard.form.forget_last()
        await desk.press("f9", "y")
        assert len(endpoint.requests) == 1
        assert "accepted" in desk.text_of("#reply")

        await desk.press("f10")
        assert "looking only" in desk.text_of("#status")


async def test_the_sandbox_never_asks(home: Path) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    app = TriggerDeskApp(lambda: service)
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        assert "looking only" not in desk.text_of("#status")
        assert "Arm" not in desk.screen()
