"""The history on the screen: newest first, whole on demand, there after a restart, and from other processes."""

import pytest

from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.settings import load_settings
from app.store.database import StoreError
from app.store.history_search import HistorySearch
from app.tui.screens.attempt import AttemptScreen
from tests.tui.conftest import NARROW, WIDE, OpenDesk

CHOSEN = (*"100", "enter", *"thor", "enter")


async def test_an_attempt_appears_on_top_with_all_its_columns(open_desk: OpenDesk) -> None:
    async with open_desk(size=(240, 40)) as desk:
        await desk.press(*CHOSEN, "f9", "f4", *"twin@example.com", "enter", "f9")
        rows = [line for line in desk.screen().splitlines() if "example.com" in line and "HTTP" not in line]
        newest = next(line for line in rows if "rejected" in line)
        for cell in (
            "100 purchase_confirmation",
            "E-Mail (3)",
            "twin@example.com",
            "400",
            "2010",
            "More than one",
        ):
            assert cell in newest
        assert rows.index(newest) < rows.index(next(line for line in rows if "accepted" in line))


async def test_choosing_an_attempt_shows_its_whole_request_and_reply(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*CHOSEN, "f9", "f6", "enter")
        assert isinstance(desk.app.screen, AttemptScreen)
        (attempt,) = desk.service.history.list_attempts(0)
        shown = desk.text_of("#attempt")
        for part in (
            attempt.attempt_id,
            '"external_id": "thor@example.com"',
            '"replyCode": 0',
            "Key field E-Mail (3)",
        ):
            assert part in shown
        await desk.press("escape")
        assert desk.app.screen is desk.dashboard


async def test_what_does_not_fit_into_a_row_is_said_below_on_a_narrow_screen(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*"100", "enter", "f4", *"twin@example.com", "enter", "f9", "f6")
        assert "HTTP 400  2010 More contacts found" in desk.screen()
        assert "More than one contacts selected." in desk.screen()


async def test_every_attempt_shows_its_code_and_description_at_every_size(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.service.send(TriggerRequest("100", "3", "twin@example.com"), new_attempt_id())
        desk.dashboard.history.show()
        await desk.press("f6")
        for size in (NARROW, (100, 30), (120, 34), WIDE, (200, 50)):
            await desk.pilot.resize_terminal(*size)
            await desk.settle()
            table = desk.history.table
            titles, row = (" ".join(table.render_line(line).text.split()) for line in (0, 1))
            assert "Code Description" in titles, size
            assert "twin@example.com" in row
            assert "2010 More than o" in row
            assert desk.text_of("#history-detail").endswith("More than one contacts selected.")
            assert "HTTP 400 2010 More contacts found" in desk.text_of("#history-detail")
            assert desk.text_of("#history-keys").startswith("/ search f filter")


async def test_everything_is_there_after_a_restart(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*CHOSEN, "f9")
    async with open_desk() as desk:
        await desk.press("f6")
        assert "✓ accepted" in desk.screen()
        assert "thor@example.com" in desk.screen()
        await desk.press("enter")
        assert '"itemName": "hammer"' in desk.text_of("#attempt")


async def test_an_attempt_of_another_process_appears_at_the_next_look(
    open_desk: OpenDesk, home: object
) -> None:
    async with open_desk() as desk:
        other = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
        await other.send(TriggerRequest("104", "3", "sif@example.com"), new_attempt_id())
        await other.close()
        desk.dashboard.look()
        await desk.settle()
        assert "sif@example.com" in desk.screen().split("History")[1]


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
