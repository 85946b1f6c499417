"""What a trigger will send, before it is sent, and whether a mail went out, from the account."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.mails import Usages
from app.domain.model import Answer, Draft, NoReply, TriggerRequest
from app.service.session import Session
from app.settings import load_settings
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import NARROW, OpenDesk, SlowEndpoint

TO_THOR = (*"100", "enter", *"thor", "enter")
LIVE = '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\nproduction = true\n'


class Told:
    """An account that tells what an event starts once `may_tell` is set."""

    def __init__(self, service: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.may_tell = asyncio.Event()
        monkeypatch.setattr(service.client, "usages", self._usages)

    async def _usages(self, event_id: str) -> Usages:
        self.asked.append(event_id)
        await self.may_tell.wait()
        return Usages(programs=("12",))


async def test_a_live_account_is_asked_about_the_picked_event_and_the_question_says_it_once_it_is_known(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(LIVE)
    shutil.copytree(home / "accounts" / "sandbox", home / "accounts" / "shop")
    before = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}, "shop"))
    before.drafts.save_draft(Draft(event_id="100", key_id="3", external_id="thor@example.com"))
    await before.close()
    async with open_desk(profile="shop") as desk:
        told, endpoint = Told(desk.service, monkeypatch), SlowEndpoint(desk.service, monkeypatch)
        assert desk.form.event_id == "100"
        await desk.press("f10", *"shop", "enter")
        assert told.asked == []  # a restored draft asks nothing
        await desk.pilot.press("f9")
        await desk.until(lambda: isinstance(desk.app.screen, Confirm))
        assert "program 12" not in desk.text_of("#confirm")
        told.may_tell.set()
        await desk.settle()
        assert "Starts the program 12." in desk.text_of("#confirm")
        endpoint.accept()
        await desk.press("ctrl+y")
        assert "accepted" in desk.text_of("#reply")
        assert told.asked == ["100"]
        await desk.press("f6", "n")
        assert "Starts the program 12." in desk.text_of("#confirm")
        await desk.press("escape")
        for event_id in ("101", "102", "101"):
            await desk.press("f2", *event_id, "enter")
        assert told.asked == ["100", "101", "102"]
        assert "Starts the program 12." in desk.text_of("#preflight")


async def test_no_mail_resolves_nothing_and_a_mail_in_the_account_proves_an_unknown_trigger_in_two_keys(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=NARROW) as desk:
        trigger = desk.service.client.trigger

        async def lost(_: TriggerRequest, stop: asyncio.Event | None = None) -> Answer:
            return NoReply("deadline", "maybe", "No reply within 30 seconds.")

        async def cut(request: TriggerRequest, stop: asyncio.Event | None = None) -> Answer:
            await trigger(request, stop)
            return NoReply("cut", "maybe", "The connection was cut.")

        monkeypatch.setattr(desk.service.client, "trigger", lost)
        await desk.press(*TO_THOR, "f9")
        await desk.press("f6", "enter", "l")
        assert "No trace yet (checked " in desk.said
        assert not isinstance(desk.app.screen, Confirm)
        (row,) = desk.attempts().rows(0, 9)
        assert row.arrived is None
        monkeypatch.setattr(desk.service.client, "trigger", cut)
        await desk.press("f2", *"104", "enter", *"thor", "enter", "f9")
        await desk.press("f6", "home")
        assert "l find mail" in desk.text_of("#history-keys")
        await desk.press("l")
        assert "The mail “Order shipped” was launched at " in desk.text_of("#confirm")
        row, _ = desk.attempts().rows(0, 9)
        assert row.arrived is None
        await desk.press("ctrl+y")
        attempt = desk.service.history.attempt(row.attempt_id)
        assert attempt is not None
        assert attempt.settlement is not None
        assert attempt.settlement.arrived
        assert attempt.settlement.note.endswith(": it arrived.")
        assert "? 1 unresolved" in desk.text_of("#status")
