"""The dashboard of a member: the question with a colleague's attempt, the team's history, what the top line says."""

import pytest
from textual.widgets import Input

from app.domain.model import Outcome
from app.service.guard import GuardError
from app.tui.app import TriggerDeskApp
from tests.cli.conftest import open_account, served_account
from tests.profiles import Opening
from tests.team.conftest import OPENED
from tests.team.proxy import Proxy
from tests.tui.conftest import WIDE, Desk, waiting_for_quiet

__all__ = ["open_account", "served_account", "waiting_for_quiet"]


async def wait_for(desk: Desk, words: str) -> None:
    """Returns once the top line says so."""
    for _ in range(600):
        desk.dashboard.look()
        if words in desk.text_of("#status"):
            return
        await desk.pilot.pause(0.05)
    raise AssertionError(desk.text_of("#status"))


async def test_one_answer_sends_once_and_a_key_shows_the_attempts_of_the_team(
    homes: OPENED, proxy: Proxy
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert", proxy.uri)
    await anna.send(data=anna.session.drafts.example("100"))  # what the form inserts
    anna.team.sync()
    bert.team.sync()
    app = TriggerDeskApp(Opening(lambda: bert.session))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, bert.session)
        await desk.settle()
        await wait_for(desk, f"team {bert.team.settings.account} ✓")
        desk.app.screen.query_one("#event-id", Input).value = "100"
        desk.app.screen.query_one("#external-id", Input).value = "thor@example.com"
        await desk.settle()
        await desk.press("f9")
        asked = " ".join(desk.screen().split())
        assert "! Anna triggered this" in asked
        assert "Send it again?" in asked
        await desk.press("escape")
        assert list(bert.session.history.list_attempts(0)) == []

        await desk.press("f6", "e")
        assert desk.history.border_title is not None
        assert desk.history.border_title.startswith("Team's history")
        assert "Member" in desk.screen()
        assert "Anna" in desk.screen()
        await pilot.resize_terminal(80, 24)
        await desk.settle()
        assert "Anna" in desk.screen(), "a narrow terminal shows who sent it too"
        await pilot.resize_terminal(*WIDE)
        await desk.settle()
        await desk.press("n")
        assert "Only the member who sent it can do this." in desk.said
        await desk.press("enter")
        opened = desk.screen()
        assert "Sent by      Anna" in opened
        assert opened.count("Only the member who sent it has this.") == 2, "neither body is known"
        assert "Predicted" in opened
        assert "Send as new" not in opened
        assert "Preview request" not in opened.splitlines()[-2:]
        await desk.press("escape")
        await desk.press("e")
        assert "Anna" not in desk.screen()
        assert "Member" not in desk.screen()

        await desk.press("f9")
        await desk.press("ctrl+y")
        assert "✓ accepted" in desk.text_of("#reply")
        assert len(list(bert.session.history.list_attempts(0))) == 1
        proxy.unplug()
        bert.team.wake()
        await wait_for(desk, f"✗ team {bert.team.settings.account} not reachable")


async def test_a_request_for_approval_is_told_and_approved_in_the_palette(
    homes: OPENED, open_account: str
) -> None:
    live = {"folder": None, "base_url": f"{open_account}/api/v2", "production": True, "approve": True}
    anna, bert = await homes("Anna", **live), await homes("Bert", **live)
    app = TriggerDeskApp(Opening(lambda: bert.session))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, bert.session)
        await desk.settle()
        await wait_for(desk, f"team {bert.team.settings.account} ✓")
        with pytest.raises(GuardError, match="Another member must approve this first"):
            await anna.send(production="shop")
        while not bert.team.waiting:
            await pilot.pause(0.05)
        desk.dashboard.look()
        desk.dashboard.look()
        await desk.settle()
        assert desk.said.count("Anna asks for approval of 100 ") == 1
        assert "thor@example.com" not in desk.said, "the team knows no addresses"
        approve = next(one for one in desk.dashboard.commands() if one.name.startswith("Approve 100"))
        assert approve.help.startswith("Asked by Anna")
        approve.run()
        await desk.settle()
        assert "Approved for an hour, once." in desk.said
        await anna.send(production="shop")
    assert [one.outcome for one in anna.session.history.list_attempts(0)] == [Outcome.ACCEPTED]
