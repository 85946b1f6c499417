"""Diagnosis on a key and a button: it mends what is asked for and never sends; a second send is asked about once."""

from datetime import UTC, datetime

import pytest
from textual.widgets import Button

from app.domain.diagnosis import FormPatch
from app.domain.model import Outcome, Reply
from app.domain.text import minute
from app.tui.screens.confirm import Confirm
from app.tui.widgets.answers import RemedyButtons
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk, SlowEndpoint


def _asked(desk: Desk) -> tuple[str, str, str]:
    request = desk.form.request()
    return request.event_id, request.key_id, request.external_id


async def test_contacts_that_share_a_value_are_told_apart_and_each_cause_is_fixed_on_the_key(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=WIDE) as desk:
        await desk.press(*"100", "enter", "f4", *"twin@example.com", "enter", "f9")
        assert desk.reply.remedies
        await desk.press("ctrl+g", "enter")
        accepted, refused = desk.service.history.list_attempts(0)
        assert (refused.outcome, accepted.outcome) == (Outcome.REJECTED, Outcome.ACCEPTED)
        assert (accepted.request.key_id, accepted.request.external_id) == ("id", "12")
        assert not desk.dashboard.form.fixes

        desk.form.change(FormPatch(key_id="3", external_id="twin@example.com"))
        await desk.press("f4")
        buttons = desk.preflight.query(Button)
        assert [str(button.label) for button in buttons] == [
            "▸ Pick Mira Tveskov, contact 12  ctrl+g",
            "▸ Pick Magnus Tveskov-Hale, contact 13",
        ]
        for button in buttons:
            assert button.region.height == 1
            assert desk.preflight.region.contains_region(button.region)
        await desk.pilot.click(buttons.last())
        await desk.settle()
        assert _asked(desk) == ("100", "id", "13")
        assert desk.focus == "send"

        external_id = desk.form.query_one("#external-id")
        for typed, key_id, value in (
            ("thor@example.com ", "3", "thor@example.com"),
            ("C-10011", "10142", "C-10011"),
            ("thor@exmaple.com", "3", "thor@example.com"),
        ):
            desk.form.change(FormPatch(key_id="3", external_id=typed))
            await desk.settle()
            assert "▸ Pick Thor Odinson, contact 11" in desk.text_of("#preflight")
            await desk.press("ctrl+g")
            assert _asked(desk) == ("100", key_id, value)
        await desk.press("ctrl+g")
        assert desk.said == "Nothing to fix"
        external_id.value = "nobody"
        await desk.settle()
        assert not desk.dashboard.form.fixes
        assert len(list(desk.service.history.list_attempts(0))) == 2


async def test_a_stale_cache_is_refreshed_on_the_key_and_a_reply_advises_only_its_own_request(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        endpoint.answers.put_nowait(Reply(400, 2008, "No contact found"))
        await desk.press(*"100", "enter", *"thor", "enter", "f9")
        (button,) = desk.reply.query_one(RemedyButtons).query(Button)
        assert str(button.label) == "▸ refresh  ctrl+g"
        desk.form.query_one("#external-id").value = "sif@example.com"
        await desk.settle()
        assert not desk.dashboard.form.fixes
        desk.form.query_one("#external-id").value = "thor@example.com"
        await desk.settle()
        refreshed = desk.service.refresh.state().refreshed_at
        await desk.press("ctrl+g")
        assert desk.service.refresh.state().refreshed_at != refreshed


async def test_a_second_send_is_asked_about_with_the_first_in_view(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*"100", "enter", *"thor", "enter", "f9")
        await desk.press("f2", *"100", "enter", *"thor", "enter")
        row = desk.attempts().rows(0, 1)[0]
        sent_at = minute(row.started_at, datetime.now(UTC))
        assert f"! Already sent to this contact at {sent_at} with the same data (accepted, " in desk.text_of(
            "#preflight"
        )
        desk.dashboard.send.forget_last()
        await desk.press("f9")
        assert isinstance(desk.app.screen, Confirm)
        assert desk.focus == "no"
        for said in ("You sent this ", "(accepted, ", "thor@example.com", "Send it again?"):
            assert said in desk.text_of("#confirm")
        await desk.press("enter")
        assert len(list(desk.service.history.list_attempts(0))) == 1
        await desk.press("f9", "ctrl+y")
        assert len(list(desk.service.history.list_attempts(0))) == 2
        await desk.press("f2", *"104", "enter", *"thor", "enter")
        assert "last sent: ✓ accepted purchase_confirmation " in desk.text_of("#preflight")
        await desk.press("f9")
        assert len(list(desk.service.history.list_attempts(0))) == 3
