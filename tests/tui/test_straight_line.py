"""Event, contact, Send: the job, by the keyboard, from a cold start."""

import asyncio
from pathlib import Path

from textual import events
from textual.widgets import Input

from app.domain.model import Outcome
from tests.tui.conftest import OpenDesk

EXAMPLE_DATA = {"global": {"itemName": "hammer", "itemPrice": "123"}}
STRAIGHT_LINE = (*"100", "enter", *"thor", "enter", "f9")


async def test_the_documented_example_takes_fifteen_keys_and_faster_ones_never_send_the_choice_before(
    open_desk: OpenDesk,
) -> None:
    assert len(STRAIGHT_LINE) <= 15
    async with open_desk(size=(60, 20)) as desk:
        await desk.press(*STRAIGHT_LINE)
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.ACCEPTED
        assert (attempt.request.event_id, attempt.request.key_id) == ("100", "3")
        assert attempt.request.external_id == "thor@example.com"
        assert attempt.request.data == EXAMPLE_DATA
        assert attempt.request.trigger_id == attempt.attempt_id
        assert "✓ accepted" in desk.text_of("#reply")
        assert "0 OK" in desk.text_of("#reply")
        assert "as predicted" in desk.text_of("#reply")
        desk.type_at_once("f3", *"sif", "enter", "f9", "f9")
        await desk.settle()
        newest, _ = desk.service.history.list_attempts(0)
        assert newest.request.external_id == "sif@example.com"


async def test_a_first_start_fills_the_lists_over_the_wire_and_names_the_four_steps(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    async with open_desk(at=tmp_path / "new") as desk:
        assert "22 events 250 contacts refreshed just now" in desk.text_of("#status")
        assert "f1 explains every pane" in desk.text_of("#reply")
        for word in ("1 Pick an event", "2 Pick a contact", "4 Send"):
            assert word in desk.text_of("#preflight")
        assert "Pick an event first" in desk.text_of("#why")
        await desk.press("down", "enter")  # the arrows pick another row without leaving the filter
        assert desk.text_of("#event-name") == "password_reset"
        await desk.press("f2", *"105", "enter")
        assert desk.text_of("#event-name") == "order_delivered"
        assert desk.focus == "contacts-filter"
        await desk.press(*"thor", "enter")
        assert desk.focus == "send"
        await desk.press("enter")
        assert "✓ accepted" in desk.text_of("#reply")


async def test_whatever_arrives_at_once_or_ahead_of_the_focus_is_typed_where_it_belongs(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        desk.type_at_once(*STRAIGHT_LINE)
        await desk.settle()
        desk.type_at_once("f2", *"104", "enter", *"sif", "enter", "enter")
        await desk.settle()
        newest, first = desk.service.history.list_attempts(0)
        assert (first.request.event_id, first.request.external_id) == ("100", "thor@example.com")
        assert (newest.request.event_id, newest.request.external_id) == ("104", "sif@example.com")

        await desk.press("f2", *"101", "ctrl+j", *"imogen", "ctrl+j")  # terminals make line feeds of Enter
        assert desk.focus == "send"
        request = desk.form.request()
        assert (request.event_id, request.external_id) == ("101", "Imogen.Fairweather@example.com")

        await desk.press("ctrl+n", *"100", "enter")
        freed = asyncio.Event()
        for key in ("f4", *"sif"):
            desk.app.post_message(events.Key(key, key if len(key) == 1 else None))
        desk.app.call_later(freed.wait)  # the focus moves behind this, as on a busy machine
        asyncio.get_running_loop().call_later(0.2, freed.set)
        await desk.settle()
        assert desk.form.request().external_id == "sif"
        assert desk.dashboard.query_one("#contacts-filter", Input).value == ""
