"""The dashboard of a member: the question with a colleague's attempt, the team's history, what the top line says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.widgets import Input

from app.tui.app import TriggerDeskApp
from tests.profiles import Opening
from tests.team.conftest import OPENED, Home
from tests.team.proxy import Proxy
from tests.tui.conftest import WIDE, Desk, waiting_for_quiet

__all__ = ["waiting_for_quiet"]


@asynccontextmanager
async def dashboard(home: Home) -> AsyncIterator[Desk]:
    app = TriggerDeskApp(Opening(lambda: home.session))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, home.session)
        await desk.settle()
        yield desk


async def fill(desk: Desk) -> None:
    desk.app.screen.query_one("#event-id", Input).value = "100"
    desk.app.screen.query_one("#external-id", Input).value = "thor@example.com"
    await desk.settle()


async def test_the_question_shows_the_attempt_of_the_colleague_and_one_answer_sends_once(
    homes: OPENED,
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send(data=anna.session.drafts.example("100"))  # what the form inserts
    anna.team.sync()
    async with dashboard(bert) as desk:
        await fill(desk)
        await desk.press("f9")
        asked = " ".join(desk.screen().split())
        assert "! Anna triggered this" in asked
        assert "Send it again?" in asked
        await desk.press("escape")
        assert list(bert.session.history.list_attempts(0)) == []
        await desk.press("f9")
        await desk.press("ctrl+y")
        assert "✓ accepted" in desk.text_of("#reply")
        assert len(list(bert.session.history.list_attempts(0))) == 1


async def test_a_key_switches_between_ones_own_attempts_and_those_of_the_team(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send("12", key="id")
    anna.team.sync()
    bert.team.sync()
    async with dashboard(bert) as desk:
        await desk.press("f6", "e")
        assert desk.history.border_title is not None
        assert desk.history.border_title.startswith("Team's history")
        assert "Anna" in desk.text_of("#history") or "Anna" in desk.screen()
        await desk.press("n")
        assert "Only the member who sent it can send it again." in desk.said
        await desk.press("e")
        assert "Anna" not in desk.screen()


async def test_the_top_line_says_whether_the_team_is_reachable(
    homes: OPENED, uri: str, until: Callable[[Desk, str], Awaitable[None]]
) -> None:
    proxy = Proxy(uri)
    bert = await homes("Bert", proxy.uri)
    async with dashboard(bert) as desk:
        await until(desk, "team ✓")
        proxy.unplug()
        await fill(desk)
        await desk.press("f9")
        assert "This is sent without asking it, and pushed later." in desk.said
        await until(desk, "✗ team not reachable")
    proxy.close()


@pytest.fixture
def until() -> Callable[[Desk, str], Awaitable[None]]:
    async def wait(desk: Desk, words: str) -> None:
        for _ in range(600):
            desk.dashboard.look()
            if words in desk.text_of("#status"):
                return
            await desk.pilot.pause(0.05)
        raise AssertionError(desk.text_of("#status"))

    return wait
