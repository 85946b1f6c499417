"""A production account: looked at only, until its name is typed; then every trigger is asked about once."""

from pathlib import Path

import pytest
from textual.widgets import Button, Input

from app.domain.model import Reply, TriggerRequest
from app.tui.screens.confirm import NO_MINUTES, NOT_THE_NAME, Confirm
from tests.tui.conftest import NARROW, OpenDesk, SlowEndpoint

CONFIG = '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\nproduction = true\n'


async def test_sending_must_be_armed_and_each_trigger_is_asked_about(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(CONFIG)
    async with open_desk(size=NARROW, profile="shop") as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        assert "read-only" in desk.text_of("#status")
        assert desk.dashboard.query_one("#send", Button).label.plain == "Send to shop"
        await desk.press("f4", *"100", "tab", "tab", *"thor@example.com", "f9")
        assert endpoint.requests == []
        assert "Read-only" in desk.dashboard.send.obstacle
        keys = desk.screen().splitlines()[-1]
        assert all(
            key in keys for key in ("f9 Send", "f10 Unlock sending", "f5 Refresh", "f1 Help", "^p palette")
        )

        await desk.press("f10", *"wrong", "enter")
        assert NOT_THE_NAME in desk.screen()
        await desk.press("escape")
        assert "read-only" in desk.text_of("#status")
        await desk.press("f10", *"shop", "tab", *"61", "enter")
        assert NO_MINUTES in desk.screen()
        await desk.press(*"3", "enter")
        assert "SENDING UNLOCKED 3:00" in desk.text_of("#status") or "SENDING UNLOCKED 2:5" in desk.text_of(
            "#status"
        )
        await desk.press("f10", "f10", *"shop", "enter")
        assert "SENDING UNLOCKED 10:00" in desk.text_of("#status") or "SENDING UNLOCKED 9:5" in desk.text_of(
            "#status"
        )

        await desk.press("f9")
        assert isinstance(desk.app.screen, Confirm)
        for word in ("event 100", "thor@example.com", "shop", "? Cannot predict the reply"):
            assert word in desk.text_of("#confirm")
        await desk.press("escape")
        assert endpoint.requests == []

        endpoint.answers.put_nowait(Reply(200, 0, "OK"))
        desk.dashboard.send.forget_last()
        await desk.press("f9", "ctrl+y")
        assert len(endpoint.requests) == 1
        assert "accepted" in desk.text_of("#reply")

        await desk.press("f10")
        assert "read-only" in desk.text_of("#status")


async def test_who_is_no_test_contact_is_refused_before_the_press_and_wsse_says_when_it_ends(
    open_desk: OpenDesk, home: Path
) -> None:
    (home / "config.toml").write_text(
        '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\nauth = "wsse"\nuser = "shop001"\n'
        'test_contacts = ["@example.org"]\n'
    )
    async with open_desk(size=NARROW, profile="shop") as desk:
        assert "2026-12-31" in desk.text_of("#status")
        assert "never" in desk.text_of("#status")
        await desk.press("f4", *"100", "tab", "tab", *"thor@example.com")
        assert "The profile 'shop' is limited to test" in desk.screen()
        await desk.press("f9")
        assert "this external id is not one of them." in desk.said
        assert list(desk.service.history.list_attempts(0)) == []
        desk.form.fill(TriggerRequest("100", "3", "sif@example.org"))
        await desk.settle()
        assert desk.dashboard.send.obstacle == ""


async def test_a_run_is_not_sent_while_sending_is_locked(open_desk: OpenDesk, home: Path) -> None:
    (home / "config.toml").write_text(CONFIG)
    file = home / "customers.csv"
    file.write_text("external_id\nthor@example.com\nthor@example.com\n")
    async with open_desk(size=NARROW, profile="shop") as desk:
        await desk.press("f4", *"100", "ctrl+d", "n")
        desk.app.screen.query_one("#plan-file", Input).value = str(file)
        await desk.press("enter")
        assert "Remove them, or plan to send the first row of each contact" in desk.text_of("#plan-status")
        file.write_text("external_id\nthor@example.com\n")
        await desk.press("enter")
        await desk.press("r")
        await desk.until(lambda: "Read-only. f10 unlocks sending." in desk.screen())
        assert desk.attempts().total == 0
