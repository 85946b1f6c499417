"""Presenting on the built-in account: the palette produces every reply and every failure, and a fresh start."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.model import ExternalEvent
from app.service.scenarios import FAILURES, REPLIES
from app.tui.screens.commands import DeskCommands
from app.tui.screens.confirm import Confirm
from app.tui.screens.palette import RehearsalCommands
from tests.tui.conftest import OpenDesk


async def test_each_reply_is_produced_in_the_form_and_told(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        for code in REPLIES:
            desk.dashboard.parts.rehearsing.produce_reply(code)
            await desk.settle()
            row = desk.attempts().rows(0, 1)[0]
            assert row.reply_code == code
            assert str(code) in desk.text_of("#reply")
            assert "as predicted" in desk.text_of("#reply")
        assert desk.attempts().total == len(REPLIES)
        asked = replace(REPLIES[0], event_id="104", data={"global": {"itemName": "anvil"}})
        desk.dashboard.parts.rehearsing.fill_and_send(asked)
        await desk.settle()
        sent = next(iter(desk.service.history.list_attempts(1))).request
        assert (sent.event_id, sent.data) == (asked.event_id, asked.data)
        desk.dashboard.desk.form.choose_event(ExternalEvent("100", "purchase_confirmation"))
        await desk.settle()
        assert desk.dashboard.desk.form.editor.value == desk.service.drafts.example("100")


@pytest.mark.parametrize("kind", ["cut_before", "401", "429", "502"])
async def test_each_failure_is_produced_once(open_desk: OpenDesk, kind: str) -> None:
    failure = next(failure for failure in FAILURES if failure.kind == kind)
    async with open_desk() as desk:
        desk.dashboard.parts.rehearsing.produce_failure(failure)
        await desk.settle()
        outcome = desk.attempts().rows(0, 1)[0].outcome
        assert outcome == ("unknown" if kind in ("cut_before", "502") else "rejected")
        desk.dashboard.parts.rehearsing.produce_reply(0)
        await desk.settle()
        assert desk.attempts().rows(0, 1)[0].outcome == "accepted"


async def test_the_palette_offers_all_of_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        commands = RehearsalCommands(desk.dashboard)
        names = [str(hit.display) async for hit in commands.discover()]
        assert names == [
            "Produce reply 0", "Produce reply 2004", "Produce reply 2005", "Produce reply 2008",
            "Produce reply 2010", "Produce reply 5001", "Produce reply 2012", "Produce failure: cut connection",
            "Produce failure: 401", "Produce failure: 429", "Produce failure: 502", "Produce failure: slow",
            "Reset the account", "Reset the account and its history",
        ]  # fmt: skip
        everything = (RehearsalCommands(desk.dashboard), DeskCommands(desk.dashboard))
        for typed, first in (
            ("2008", "Produce reply 2008"),
            ("produce", "Produce reply 0"),
            ("filter", "Filter"),
        ):
            hits = [hit for commands in everything async for hit in commands.search(typed)]
            assert max(hits, key=lambda hit: hit.score).text == first


async def test_a_reset_asks_first_and_takes_the_history_only_when_told(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.dashboard.parts.rehearsing.produce_reply(0)
        await desk.settle()
        desk.dashboard.parts.rehearsing.reset_account(with_history=True)
        await desk.settle()
        assert isinstance(desk.app.screen, Confirm)
        await desk.press("escape")
        assert desk.attempts().total == 1
        desk.dashboard.parts.rehearsing.reset_account(with_history=True)
        await desk.press("ctrl+y")
        assert desk.attempts().total == 0
        assert "Nothing was sent yet. What you send appears here" in desk.screen()
        assert desk.text_of("#reply-text") == "Nothing was sent yet."
        assert "last sent" not in desk.text_of("#preflight")
        assert "went to this contact" not in desk.text_of("#preflight")


async def test_another_account_has_no_such_commands(open_desk: OpenDesk, tmp_path: Path) -> None:
    async with open_desk() as desk:
        desk.service.scenarios = None
        assert [hit async for hit in RehearsalCommands(desk.dashboard).discover()] == []
