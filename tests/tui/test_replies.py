"""Each documented reply: produced from the form, predicted before, explained after."""

from pathlib import Path

import pytest
from textual.widgets import Button, Input, Select

from app.service.masking import open_mask
from tests.tui.conftest import NARROW, Desk, OpenDesk

SEVEN = [
    ("100", "3", "thor@example.com", 200, "0 OK", "Emarsys accepted the event."),
    (
        "100",
        "email",
        "thor@example.com",
        400,
        "2004 Invalid key field id: email",
        "The field ID does not exist.",
    ),
    (
        "100",
        "3",
        "",
        400,
        "2005 No value provided for key field: 3",
        "The value of the key field was not provided or is empty.",
    ),
    (
        "100",
        "3",
        "nobody@example.com",
        400,
        "2008 No contact found with the external id: 3 - nobody@example.com",
        "No match for the specified [key_id] - [external_id] pair.",
    ),
    (
        "100",
        "3",
        "twin@example.com",
        400,
        "2010 More contacts found with the external id: 3 - twin@example.com.",
        "More than one contacts selected.",
    ),
    (
        "999",
        "3",
        "thor@example.com",
        400,
        "5001 Invalid event id for customer.",
        "The customer doesn't have an external event with the specified [id].",
    ),
    (
        "100",
        "id",
        "999999",
        400,
        "2012 Invalid contact id for customer.",
        "The customer doesn't have a contact with the specified [external_id].",
    ),
]


async def _fill(desk: Desk, event_id: str, key_id: str, external_id: str) -> None:
    screen = desk.app.screen
    screen.query_one("#event-id", Input).value = event_id
    picker = screen.query_one("#key-field", Select)
    known = {value for _, value in picker._options}
    picker.value = key_id if key_id in known else ""
    screen.query_one("#key-id", Input).value = key_id
    await desk.settle()
    screen.query_one("#external-id", Input).value = external_id
    await desk.settle()


async def test_each_reply_is_predicted_and_explained_also_without_colours_and_on_a_narrow_screen(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_desk(open_mask=lambda: open_mask(home)) as desk:
        assert desk.app.no_color
        for event_id, key_id, external_id, status, reply, description in SEVEN:
            await _fill(desk, event_id, key_id, external_id)
            code, text = reply.split(" ", 1)
            before = desk.text_of("#preflight")
            if code == "0":
                assert "✓ Will be accepted (0 OK)" in before
                assert "Thor Odinson · contact 11" in desk.text_of("#recipient")
                assert "Sends the mail “Purchase confirmation” (subject: Thank you for your order)." in before
            else:
                assert (f"✗ Will be rejected: {code}" if external_id else "Pick a contact.") in before
                assert (text in before) == bool(external_id)
            await desk.press("f9")
            after = desk.text_of("#reply")
            assert ("✓ accepted" if code == "0" else "✗ rejected") in after
            assert f"HTTP {status}" in after
            assert reply in after
            assert description in after
            assert "as predicted" in after
            assert ("→" in after) == (code != "0")
        await _fill(desk, "121", "3", "thor@example.com")
        assert "! No active program or mail uses this event." in desk.text_of("#preflight")
        await _fill(desk, "999", "3", "nobody@example.com")
        assert "Will be rejected: 2008" in desk.text_of("#preflight")
        assert "After that fix: 5001" in desk.text_of("#preflight")

        await desk.pilot.resize_terminal(*NARROW)
        await _fill(desk, "100", "3", "")
        assert desk.text_of("#preflight-text") == "Pick a contact."  # only begun, which is no mistake
        assert "✗" not in desk.text_of("#preflight")
        await desk.press("f4", *"twin@example.com", "enter")
        assert "✗ Will be rejected: 2010" in desk.screen()
        for contact in ("Mira Tveskov, contact 12", "Magnus Tveskov-Hale, contact 13"):
            assert f"Pick {contact}" in desk.text_of("#preflight")
        await desk.press("enter")
        assert "✗ rejected   HTTP 400" in desk.screen()
        assert "2010  More contacts found" in desk.screen()
        assert [str(button.label) for button in desk.reply.query(Button)] == [
            "▸ Pick Mira Tveskov, contact 12  ctrl+g",
            "▸ Pick Magnus Tveskov-Hale, contact 13",
        ]
        await desk.press("ctrl+b")
        assert len(desk.reply.query(Button)) == 2
        assert "Mira" not in desk.text_of("#reply")
