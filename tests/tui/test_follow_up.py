"""What follows an attempt: an unknown one stands out until somebody settles it, and any can be sent again."""

import asyncio
from pathlib import Path

import pytest

from app.bootstrap import Profiles, open_service
from app.domain.model import NoReply, Reply
from app.service.session import Session
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.screens.confirm import Confirm
from app.tui.screens.menu import ProfileList
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk, SlowEndpoint

TO_THOR = (*"100", "enter", *"thor", "enter")


def set_aside_in(home: Path) -> list[bytes]:
    return [file.read_bytes()[:11] for file in home.glob("history.db.damaged-*")]


async def send_into_the_unknown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> SlowEndpoint:
    endpoint = SlowEndpoint(desk.service, monkeypatch)
    endpoint.answers.put_nowait(NoReply("deadline", "maybe", "No reply within 30 seconds."))
    await desk.press(*TO_THOR, "f9")
    return endpoint


async def test_an_unknown_outcome_stands_out_until_it_is_settled_and_the_reply_shows_how(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        await send_into_the_unknown(desk, monkeypatch)
        assert "? 1 unresolved" in desk.text_of("#status")
        assert "mark it in History" in desk.text_of("#reply")
        assert "Check in the account" in desk.text_of("#reply")
        await desk.press("f6", "enter")
        shown = desk.screen()
        assert all(name in shown for name in ("Mark arrived", "Resend", "Export", "Note", "Raw"))
        await desk.press("a", *"call", "enter")
        assert "unresolved" not in desk.text_of("#status")
        assert "resolved: arrived: call" in desk.text_of("#reply")
        assert "mark it in History" not in desk.text_of("#reply")
        assert "Check in the account" not in desk.text_of("#reply")
        assert "marked arrived" in desk.text_of("#preflight")
        await desk.press("f6", "enter")
        assert "resolved: arrived: call" in desk.text_of("#attempt")
        await desk.press("escape")
        assert "? resolved" in desk.screen()
        assert str(desk.history.border_title) == "History  1  [$primary]resolved[/$primary] 100%"
        (row,) = desk.attempts().rows(0, 9)
        assert (row.outcome, row.arrived) == ("unknown", True)
        await desk.press("d", *"wrong log", "enter")
        assert "resolved: did not arrive: wrong log" in desk.text_of("#reply")
        await desk.press("ctrl+b")
        assert "resolved: did not arrive" in desk.text_of("#reply")


async def test_the_count_and_the_palette_lead_to_what_nobody_settled(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=NARROW) as desk:
        endpoint = await send_into_the_unknown(desk, monkeypatch)
        await desk.press("f4", "ctrl+p", *"unresolved", "enter")
        await desk.until(lambda: "? unknown" in desk.screen())
        assert (desk.history.line.text, desk.focus) == ("settled:no", "history-table")
        desk.history.line.write("")
        await desk.settle()
        endpoint.accept()
        await desk.press("f2", *"104", "enter", *"sif", "enter", "f9")
        await desk.press("f6", "slash", *"sif", "enter")
        await desk.press("f2")
        assert "arrived" not in desk.text_of("#history-keys")
        (place,) = (x for x in range(NARROW[0]) if desk.screen()[x:].startswith("? 1 unresolved"))
        await desk.pilot.click(offset=(place + 3, 0))
        await desk.settle()
        history = desk.history
        assert (history.line.text, desk.focus) == ("settled:no", "history-table")
        assert [history.table.row_count, "thor@example.com" in desk.screen()] == [1, True]
        assert all(name in desk.text_of("#history-keys") for name in ("a arrived", "d not arrived"))
        await desk.press("d", "enter")
        assert "No matching attempts. Esc clears the filter." in desk.screen()
        await desk.pilot.click(offset=(3, 0))
        await desk.settle()
        assert isinstance(desk.app.screen, ProfileList)


async def test_an_attempt_is_sent_again_as_the_same_trigger_if_unknown_and_else_as_one_of_its_own(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = await send_into_the_unknown(desk, monkeypatch)
        await desk.press("f6", "enter", "s")
        assert isinstance(desk.app.screen, Confirm)
        for word in ("purchase_confirmation", "thor@example.com", "unknown", "same trigger"):
            assert word in desk.text_of("#confirm")
        await desk.press("escape")
        assert len(endpoint.requests) == 1
        endpoint.answers.put_nowait(Reply(200, 0, "OK"))
        await desk.press("f6", "enter", "s", "ctrl+y")
        first, second = endpoint.requests
        assert first == second
        again, before = desk.attempts().rows(0, 9)
        assert again.outcome == "accepted"
        repeated = desk.service.history.attempt(again.attempt_id)
        assert repeated is not None
        assert repeated.parent_id == before.attempt_id
        assert "accepted" in desk.text_of("#reply")
        await desk.press("f6", "home", "enter")
        assert "Mark arrived" not in desk.screen()
        assert "s Resend" not in desk.screen()
        endpoint.accept()
        await desk.press("n", "ctrl+y")
        *_, second, third = endpoint.requests
        assert second.trigger_id != third.trigger_id
        assert second.data == third.data
        assert (second.event_id, second.external_id) == (third.event_id, third.external_id)
        await desk.press("f6", "end", "n")
        for words in ("Will be accepted (0 OK)", "You sent this", "(accepted, ", "triggered twice"):
            assert words in desk.text_of("#confirm")


async def test_a_damaged_history_is_set_aside_only_after_asking(open_desk: OpenDesk, home: Path) -> None:
    await asyncio.to_thread((home / "history.db").write_bytes, b"no database " * 1000)
    opened: list[Session] = []

    def open_it() -> Session:
        opened.append(open_service(load_settings({"TRIGGERDESK_HOME": str(home)})))
        return opened[-1]

    app = TriggerDeskApp(Opening(open_it))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert not opened
        await pilot.press("ctrl+y")
        await pilot.pause()
        assert len(opened) == 1
    assert set_aside_in(home) == [b"no database"]


async def test_a_damaged_history_that_may_not_be_set_aside_is_left_as_it_is(home: Path) -> None:
    await asyncio.to_thread((home / "history.db").write_bytes, b"no database " * 1000)

    app = TriggerDeskApp(Profiles(load_settings({"TRIGGERDESK_HOME": str(home)})))
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
    assert "damaged" in str(app.return_value)
    assert (home / "history.db").read_bytes() == b"no database " * 1000
