"""Presenting on the built-in account: the palette produces every reply and every failure, and a fresh start."""

from pathlib import Path

import pytest

from app.domain.model import ExternalEvent
from app.service.scenarios import FAILURES, REPLIES
from app.tui.bindings import Palette
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import OpenDesk


async def test_each_reply_is_prepared_in_the_form_and_sent_by_the_user(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        for number, code in enumerate(REPLIES):
            desk.dashboard.form.prepare(code)
            await desk.settle()
            assert desk.attempts().total == number
            await desk.press("f9")
            row = desk.attempts().rows(0, 1)[0]
            assert row.reply_code == code
            assert str(code) in desk.text_of("#reply")
            assert "as predicted" in desk.text_of("#reply")
        desk.form.choose_event(ExternalEvent("100", "purchase_confirmation"))
        await desk.settle()
        assert desk.form.editor.value == desk.service.drafts.example("100")


@pytest.mark.parametrize("kind", ["cut_before", "401", "429", "502"])
async def test_each_failure_is_simulated_once(open_desk: OpenDesk, kind: str) -> None:
    failure = next(failure for failure in FAILURES if failure.kind == kind)
    async with open_desk() as desk:
        desk.dashboard.form.simulate(failure)
        await desk.settle()
        outcome = desk.attempts().rows(0, 1)[0].outcome
        assert outcome == ("unknown" if kind in ("cut_before", "502") else "rejected")
        desk.dashboard.form.prepare(0)
        await desk.settle()
        await desk.press("f9", "ctrl+y")
        assert desk.attempts().rows(0, 1)[0].outcome == "accepted"


async def test_the_palette_offers_all_of_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        palette = Palette(desk.dashboard)
        names = [str(hit.display) async for hit in palette.discover()]
        assert names[names.index("Prepare reply 0") : -2] == [
            "Prepare reply 0", "Prepare reply 2004", "Prepare reply 2005", "Prepare reply 2008",
            "Prepare reply 2010", "Prepare reply 5001", "Prepare reply 2012", "Simulate: cut connection", "Simulate: cut reply",
            "Simulate: 401", "Simulate: 429", "Simulate: 502", "Simulate: slow",
            "Mails that went out", "Reset the account", "Reset the account and its history",
        ]  # fmt: skip
        for typed, first in (
            ("2008", "Prepare reply 2008"),
            ("prepare", "Prepare reply 0"),
            ("filter", "Choose a filter"),
        ):
            hits = [hit async for hit in palette.search(typed)]
            assert max(hits, key=lambda hit: hit.score).text == first


async def test_the_mails_that_went_out_are_listed_and_follow_a_cut_reply(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.dashboard.form.show_mails()
        await desk.settle()
        assert "No mail went out yet." in desk.said
        desk.dashboard.form.simulate(next(one for one in FAILURES if one.kind == "cut_during"))
        await desk.settle()
        assert desk.attempts().rows(0, 1)[0].outcome == "unknown"
        desk.dashboard.form.show_mails()
        await desk.settle()
        assert "Thank you for your order" in desk.screen()
        assert "to thor@example.com" in desk.screen()
        await desk.press("escape", "f6", "l", "ctrl+y")
        assert desk.attempts().rows(0, 1)[0].arrived is True


async def test_a_reset_asks_first_and_takes_the_history_only_when_told(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.dashboard.form.prepare(0)
        await desk.settle()
        await desk.press("f9")
        desk.dashboard.form.reset_account(with_history=True)
        await desk.settle()
        assert isinstance(desk.app.screen, Confirm)
        await desk.press("escape")
        assert desk.attempts().total == 1
        desk.dashboard.form.reset_account(with_history=True)
        await desk.press("ctrl+y")
        assert desk.attempts().total == 0
        assert "No attempts yet. What you send appears here" in desk.screen()
        assert desk.text_of("#reply-text") == "Nothing sent in this session"
        assert "last sent" not in desk.text_of("#preflight")
        assert "Already sent" not in desk.text_of("#preflight")


async def test_another_account_has_no_such_commands(open_desk: OpenDesk, tmp_path: Path) -> None:
    async with open_desk() as desk:
        desk.service.scenarios = None
        names = [str(hit.display) async for hit in Palette(desk.dashboard).discover()]
        assert not [name for name in names if name.startswith(("Prepare", "Simulate", "Reset"))]
