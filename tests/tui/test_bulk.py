"""Bulk runs on the dashboard: plan a file, send the canary, type the number, follow other windows, read the report."""

from pathlib import Path

from textual.widgets import Input, OptionList

from app.bootstrap import open_service
from app.service.bulk import Planning
from app.settings import load_settings
from app.tui.screens.bulk import BulkScreen
from tests.service.bulk_desk import csv_of, sending
from tests.tui.conftest import NARROW, Desk, OpenDesk

PEOPLE = [
    "thor@example.com", "sif@example.com", "imogen.fairweather@example.com", "e.papadogianni@example.com",
    "lukaszz@example.com", "sakura.hoshimi@example.com", "abdelnour.yasmin@example.com", "loki@example.com",
]  # fmt: skip


async def plan(desk: Desk, home: Path) -> None:
    """Plans PEOPLE for event 100."""
    path = home / "customers.csv"
    path.write_text(csv_of(PEOPLE), encoding="utf-8")
    await desk.press(*"100", "enter", "ctrl+d", "n")
    desk.app.screen.query_one("#plan-file", Input).value = str(path)
    await desk.press("enter")


async def asked(desk: Desk, words: str) -> None:
    """Returns once this is asked."""
    await desk.until(lambda: bool(desk.app.screen.query("#ask")) and words in desk.text_of("#ask"))


async def test_a_person_sends_the_chosen_run_types_the_number_and_follows_one_of_another_window(
    home: Path, open_desk: OpenDesk
) -> None:
    async with open_desk() as desk:
        await plan(desk, home)
        planned = desk.text_of("#bulk-text")
        assert "Will be accepted: 7 contacts" in planned
        assert "line 9: loki@example.com" in planned
        assert '"external_id": "thor@example.com"' in planned
        other = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
        newer = await other.bulk.plan(Planning("100", "3", home / "customers.csv"))
        screen = desk.app.screen
        assert isinstance(screen, BulkScreen)
        screen.look()
        assert screen.query_one("#bulk-runs", OptionList).highlighted == 1  # the newer run is above it
        assert desk.attempts().total == 0
        await desk.pilot.press("r")
        await asked(desk, "5 of 5 accepted. Send the other 3 to sandbox? Type 3.")
        await desk.pilot.press("4", "enter")
        await asked(desk, "That is not 3. 5 of 5 accepted.")
        await desk.press("3", "enter")
        assert "7 ✓ accepted 1 ✗ rejected nothing left" in desk.text_of("#bulk-text")
        assert "Predicted as accepted: 7 contacts" in desk.text_of("#bulk-text")
        assert desk.attempts().total == 8
        await desk.press("e")
        desk.app.screen.query_one(Input).value = str(home / "again.csv")
        await desk.press("enter")
        assert (home / "again.csv").read_text(encoding="utf-8") == csv_of(["loki@example.com"])
        await desk.press("up")
        assert "8 left" in desk.text_of("#bulk-text")
        await other.bulk.run(newer, sending())
        await other.close()
        screen.look()
        assert "7 ✓ accepted 1 ✗ rejected nothing left" in desk.text_of("#bulk-text")


async def test_a_run_that_was_paused_goes_on_and_what_was_rejected_is_planned_again(
    home: Path, open_desk: OpenDesk
) -> None:
    async with open_desk(size=NARROW) as desk:
        await plan(desk, home)
        await desk.pilot.press("r")
        await asked(desk, "Type 3.")
        await desk.press("escape")
        assert "paused" in desk.text_of("#bulk-text").lower()
        await desk.pilot.press("r")
        await asked(desk, "Type 3.")
        await desk.press("3", "enter")
        await desk.press("escape")
        assert "done: 7 of 8 contacts accepted." in desk.text_of("#reply")
        await desk.press("f6", "slash", *"outcome:rejected", "enter")
        for key in ("ctrl+d", "h", "ctrl+y"):
            await desk.press(key)
        assert isinstance(desk.app.screen, BulkScreen)
        assert "1 row: 1 unique" in desk.text_of("#bulk-text")


async def test_a_run_that_was_aborted_leaves_nothing_to_wait_for(home: Path, open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await plan(desk, home)
        assert "1 request, about 1 second for what is left" in desk.text_of("#bulk-text")
        await desk.pilot.press("r")
        await asked(desk, "Type 3.")
        for key in ("escape", "x", "ctrl+y"):
            await desk.press(key)
        text = desk.text_of("#bulk-text")
        assert "5 ✓ accepted 3 not sent" in text
        assert "Aborted." in text
        assert "for what is left" not in text
