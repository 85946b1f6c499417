"""The exact request, seen before it goes and copied, with nothing sent."""

import json
from pathlib import Path

import pytest
from textual.widgets import TextArea

from app.domain.masking import Mask
from app.tui.screens.attempt import AttemptScreen
from tests.tui.conftest import NARROW, WIDE, OpenDesk


async def test_the_request_is_seen_in_three_forms_and_copied_whole(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMUX", "STY", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with open_desk(size=NARROW) as desk:
        await desk.press("ctrl+r")
        assert desk.app.screen is desk.dashboard
        await desk.press(*"100", "enter", *"thor", "enter", "ctrl+r")
        assert "curl --globoff --request POST" in desk.screen()
        await desk.press("c")
        assert desk.app.clipboard.startswith("curl --globoff")
        await desk.press("right", "c")
        assert "reply = httpx.request(" in desk.screen()
        assert desk.app.clipboard.startswith("import httpx")
        await desk.press("f1")
        assert "c Copy: Copy the whole text" in desk.text_of("#help")
        await desk.press("f1")
        await desk.pilot.click("#json")
        await desk.press("c")
        seen = json.loads(desk.app.clipboard)
        assert seen["url"].endswith("/event/100/trigger")
        assert seen["body"]["external_id"] == "thor@example.com"
        assert seen["body"]["data"] == {"global": {"itemName": "hammer", "itemPrice": "123"}}
        await desk.press("ctrl+r")
        await desk.pilot.click("#see")
        await desk.settle()
        assert "curl --globoff --request POST" in desk.screen()
        await desk.press("ctrl+r")
        assert desk.app.screen is desk.dashboard
        assert not list(desk.service.history.list_attempts(0))


async def test_a_mask_and_a_fault_in_the_data_hold_here_too(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    mask = Mask(b"k" * 32)
    async with open_desk(size=WIDE, open_mask=lambda: mask, masked=True) as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        for shown in ("purchase_confirmation", "thor@example.com", "hammer", "contact 11"):
            assert shown in desk.screen()  # invented people: ids and typed text stay readable
        assert "Odinson" not in desk.screen()
        await desk.press("ctrl+r", "c")
        assert "thor@example.com" not in (home / "copied.txt").read_text()
        assert "Personal data is masked." in desk.text_of("#request-said")
        await desk.press("escape", "f9")
        await desk.press("f6", "enter", "r")
        assert "Running this sends" in desk.text_of("#request-said")
        assert mask.value("thor@example.com").partition("-")[2] in desk.screen()
        await desk.press("escape")
        assert isinstance(desk.app.screen, AttemptScreen)
        await desk.press("escape", "f4")
        desk.dashboard.query_one("#event-data", TextArea).text = "{"
        await desk.press("ctrl+r")
        assert desk.app.screen is desk.dashboard
