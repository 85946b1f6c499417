"""The history on the screen: newest first, whole on demand, there after a restart."""

from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.settings import load_settings
from app.store.database import StoreError
from app.store.history_search import HistorySearch
from app.tui.screens.attempt import AttemptScreen
from tests.tui.conftest import NARROW, WIDE, OpenDesk


async def test_attempts_of_an_earlier_run_tell_what_fits_at_every_size_and_all_on_enter(
    open_desk: OpenDesk, home: Path
) -> None:
    earlier = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    for external_id in ("thor@example.com", "twin@example.com"):
        request = TriggerRequest("100", "3", external_id, {"itemName": "hammer"})
        await earlier.send(request, new_attempt_id())
    await earlier.close()
    async with open_desk() as desk:
        await desk.press("f6")
        table = desk.history.table
        for size in (NARROW, (100, 30), WIDE):
            await desk.pilot.resize_terminal(*size)
            await desk.settle()
            titles, newest, oldest = (" ".join(table.render_line(line).text.split()) for line in range(3))
            assert "Code Description" in titles, size
            assert "twin@example.com" in newest
            assert "2010 More than o" in newest
            assert "✓ accepted" in oldest
            assert desk.text_of("#history-detail").endswith("More than one contacts selected.")
            assert "HTTP 400 2010 More contacts found" in desk.text_of("#history-detail")
            assert desk.text_of("#history-keys").startswith("/ search f filter")
        await desk.pilot.resize_terminal(240, 40)
        await desk.settle()
        row = table.render_line(1).text
        for cell in (
            "100 purchase_confirmation",
            "E-Mail (3)",
            "twin@example.com",
            "400",
            "2010",
            "More than one",
        ):
            assert cell in row
        await desk.press("down", "enter")
        assert isinstance(desk.app.screen, AttemptScreen)
        accepted = list(desk.service.history.list_attempts(0))[-1]
        shown = desk.text_of("#attempt")
        for part in (
            accepted.attempt_id,
            '"external_id": "thor@example.com"',
            '"itemName": "hammer"',
            '"replyCode": 0',
            "Key field E-Mail (3)",
        ):
            assert part in shown
        await desk.press("escape")
        assert desk.app.screen is desk.dashboard


async def test_a_history_that_cannot_be_read_is_said_and_the_desk_stands(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise StoreError("The history is locked by another program.")

    monkeypatch.setattr(HistorySearch, "rows", locked)
    async with open_desk() as desk:
        assert "The history is locked by another program." in desk.text_of("#reply")
        await desk.press(*"100", "enter")
        assert desk.form.event_id == "100"
