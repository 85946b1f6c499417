"""Somebody with only a mouse does the job in a small terminal: find, send, read, look it up, get help, copy."""

from textual.events import MouseScrollDown

from app.domain.model import Outcome
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.help import HelpScreen
from app.tui.screens.request import RequestScreen
from tests.tui.conftest import NARROW, Desk, OpenDesk

MIDDLE = (40, 12)


async def click_on(desk: Desk, words: str) -> None:
    """Clicks where these words stand on the screen; turns the wheel until they do."""
    for _ in range(20):
        for row, line in enumerate(desk.screen().splitlines()):
            if words in line:
                await desk.pilot.click(offset=(line.index(words) + 1, row))
                await desk.settle()
                return
        await desk.pilot._post_mouse_events([MouseScrollDown], offset=MIDDLE)
        await desk.settle()
    raise AssertionError(f"{words} is not there:\n{desk.screen()}")


async def test_the_whole_job_is_done_by_the_mouse_alone(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await click_on(desk, "104  order_shipped")
        assert desk.dashboard.pane == "contacts"
        await click_on(desk, "Imogen")
        await click_on(desk, "^p palette")
        await click_on(desk, "Preview request")
        assert isinstance(desk.app.screen, RequestScreen)
        await click_on(desk, "Python")
        assert "import httpx" in desk.screen()
        await click_on(desk, "Copy")
        assert desk.app.clipboard.startswith("import httpx")
        await click_on(desk, "Back")
        await click_on(desk, " Send ")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.ACCEPTED
        assert "✓ accepted" in desk.screen()
        await click_on(desk, " History ")
        await click_on(desk, "✓ accepted")
        assert isinstance(desk.app.screen, AttemptScreen)
        await click_on(desk, "Back")
        await click_on(desk, "Help")
        assert isinstance(desk.app.screen, HelpScreen)
        await click_on(desk, "Back")
        assert desk.app.screen is desk.dashboard
