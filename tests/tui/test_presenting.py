"""Presenting on the built-in account: the palette produces every reply and every failure, and a fresh start."""

import asyncio
from pathlib import Path

from app.domain.model import ExternalEvent
from app.service.scenarios import FAILURES, REPLIES
from app.tui.bindings import Palette
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import OpenDesk


async def test_replies_are_prepared_failures_simulated_the_mails_listed_and_a_reset_empties_everything(
    open_desk: OpenDesk,
) -> None:
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
        await desk.press("escape", "f3", *"sif")  # what is typed in a list is for another contact
        desk.dashboard.form.simulate(next(failure for failure in FAILURES if failure.kind == "502"))
        await desk.settle()
        assert [row.outcome for row in desk.attempts().rows(0, 2)] == ["unknown", "unknown"]
        await desk.press("escape")
        for number, code in enumerate((0, 2004, 2010), 2):
            desk.dashboard.form.prepare(code)
            await desk.settle()
            assert desk.attempts().total == number
            await desk.press("f9", *([] if code else ["ctrl+y"]))
            row = desk.attempts().rows(0, 1)[0]
            assert row.reply_code == code
            assert str(code) in desk.text_of("#reply")
            assert "as predicted" in desk.text_of("#reply")
        desk.form.choose_event(ExternalEvent("100", "purchase_confirmation"))
        await desk.settle()
        assert desk.form.editor.value == desk.service.drafts.example("100")
        await desk.press("f3", *"sif", "f4", *"loki@example.com")
        desk.history.line.write("code:0")
        number = desk.attempts().total
        desk.dashboard.form.reset_account(with_history=True)
        await desk.settle()
        assert isinstance(desk.app.screen, Confirm)
        await desk.press("escape")
        assert desk.attempts().total == number
        desk.dashboard.form.reset_account(with_history=True)
        await desk.press("ctrl+y")
        assert desk.attempts().total == 0
        assert "No attempts yet. What you send appears here" in desk.screen()
        assert desk.text_of("#reply-text").startswith(
            "Nothing sent in this session This is the built-in account"
        )
        assert "Pick an event: type in Events" in desk.text_of("#preflight")
        assert (desk.form.event_id, desk.form.request().external_id, desk.form.editor.text) == ("", "", "")
        assert desk.history.line.text == desk.dashboard.query_one("#contacts-filter").value == ""
        assert desk.service.drafts.draft() is None


async def test_the_palette_lists_by_pane_what_is_on_and_finds_what_is_meant_and_a_screenshot_is_saved(
    open_desk: OpenDesk, home: Path
) -> None:
    async with open_desk() as desk:
        palette = Palette(desk.dashboard)
        hits = [hit async for hit in palette.discover()]
        names = [hit.text for hit in hits]
        assert [name for name in names if name.endswith("Sort")] == [
            "Events: Sort", "Contacts: Sort", "History: Sort",
        ]  # fmt: skip
        assert [name for name in names if "Prepare" in name] == [
            f"Demo: Prepare reply {code}" for code in REPLIES
        ]
        assert len([name for name in names if "Simulate" in name]) == len(FAILURES)
        off = [hit.help.startswith("Off: ") for hit in hits]
        assert off == sorted(off)
        helps = {hit.text: hit.help for hit in hits}
        assert helps["Demo: Prepare reply 0"] == "OK. Fills the form, does not send."
        assert (
            helps["Demo: Prepare reply 2004"] == "The field ID does not exist. Fills the form, does not send."
        )
        events = next(hit for hit in hits if hit.text == "Events")
        assert str(events.display).endswith(" f2")
        for typed, first in (
            ("2008", "Demo: Prepare reply 2008"),
            ("demo", "Demo: Prepare reply 0"),
            ("slow", "Demo: Simulate slow"),
            ("timeout", "Demo: Simulate slow"),
            ("csv", "History: Export"),
            ("filter", "History: Choose a filter"),
        ):
            hits = [hit async for hit in palette.search(typed)]
            assert max(hits, key=lambda hit: hit.score).text == first, typed
        assert "read-only" not in desk.text_of("#status")
        assert "Unlock" not in desk.screen()
        desk.app.action_screenshot()
        await desk.settle()
        assert desk.said.startswith(f"Screenshot saved: {home}/screenshot-")
        saved = Path(desk.said.removeprefix("Screenshot saved: "))
        assert await asyncio.to_thread(saved.read_text, "utf-8")
        desk.service.scenarios = None
        names = [str(hit.display) async for hit in Palette(desk.dashboard).discover()]
        assert not [name for name in names if name.startswith("Demo")]
