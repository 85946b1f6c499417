"""Typing less: events by name, the key field of last time, JSON that is formatted, templates, drafts."""

import json
from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Input, OptionList, TextArea

from app.domain.model import TriggerRequest
from app.tui.screens.menu import DataMenu
from tests.tui.conftest import NARROW, Desk, OpenDesk, SlowEndpoint


def _text(desk: Desk) -> str:
    return desk.dashboard.query_one("#event-data", TextArea).text


def _put(desk: Desk, name: str, value: str) -> None:
    desk.dashboard.query_one(f"#{name}", Input).value = value


async def test_an_event_is_taken_by_name_and_with_marks_and_the_key_is_the_one_of_last_time(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        form = desk.form
        _put(desk, "event-id", " purchase ")
        await desk.settle()
        assert form.request().event_id == "100"
        assert desk.text_of("#event-name") == "= 100 purchase_confirmation"
        for text, event_id in (("1,000", "1000"), ("order_shipped", "104"), ("1'0", "1'0")):
            _put(desk, "event-id", text)
            await desk.settle()
            assert form.request().event_id == event_id
        assert "The event id must be digits" in desk.text_of("#why")
        await desk.service.send(TriggerRequest("104", "10142", "C-10011"), "one")
        await desk.press("ctrl+n", "f4", *"order_shipped", "enter")
        assert (form.key_id, desk.focus) == ("10142", "external-id")
        desk.dashboard.cache.show_events()
        await desk.press("f2", "enter")
        assert form.event_id == "104"
        _put(desk, "external-id", "typed for this key")
        await desk.service.send(TriggerRequest("100", "3", "thor@example.com"), "two")
        await desk.press("f2", *"100", "enter")
        assert form.key_id == "10142"


async def test_json_is_formatted_undone_and_hinted_at(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4", "tab", "tab", "tab", *'{"a":[{}]}')
        assert _text(desk) == '{"a":[{}]}'
        await desk.press("f11")
        assert _text(desk) == '{\n  "a": [\n    {}\n  ]\n}'
        await desk.press("ctrl+z")
        assert _text(desk) == '{"a":[{}]}'
        desk.form.editor.fill('{"trigger_id": "x"}')
        await desk.settle()
        assert "! trigger_id in the event data is an ordinary variable" in desk.text_of("#data-check")
        desk.form.editor.fill('{"a" 1}')
        await desk.press("f11")
        assert _text(desk) == '{"a" 1}'


async def test_placeholders_are_shown_filled_and_sent_filled(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        desk.form.editor.fill('{"name": "{{field:1}} on {{event.name}}"}')
        await desk.settle()
        assert "{{field:1}} Thor" in desk.text_of("#preflight")
        desk.form.editor.fill('{"name": "{{field:77777}}"}')
        await desk.press("f9")
        assert "{{field:77777}}: contact 11 has no" in desk.text_of("#preflight")
        assert "The event data cannot be filled" in desk.text_of("#why")
        assert not list(desk.service.history.list_attempts(0))
        desk.form.editor.fill('{"name": "{{field:1}} on {{event.name}}"}')
        await desk.press("f9")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.request.data == {"name": "Thor on purchase_confirmation"}
        *_, last = desk.service.drafts.data_choices("100")
        assert (last.kind, last.data_text) == ("last", '{"name": "{{field:1}} on {{event.name}}"}')
        await desk.service.send(replace(attempt.request, data={"name": "Sif"}), "two")
        assert json.loads(desk.service.drafts.data_choices("100")[-1].data_text) == {"name": "Sif"}


async def test_templates_are_kept_taken_and_deleted_in_a_menu(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        desk.form.editor.put_back('{"mine": "{{contact.uid}}"}')
        await desk.press("f8", "s", *"My [/] own", "enter", "f8")
        menu = desk.app.screen
        assert isinstance(menu, DataMenu)
        options = menu.query_one(OptionList)
        assert [str(option.prompt) for option in options.options] == ["example", "My [/] own   template"]
        await desk.press("enter")
        assert '"itemName": "hammer"' in _text(desk)
        await desk.press("f8", "down")
        assert '{"mine": "{{contact.uid}}"}' in desk.text_of("#data-preview")
        await desk.press("enter")
        assert _text(desk) == '{"mine": "{{contact.uid}}"}'
        await desk.press("f8", "d")
        assert desk.said == "Only a template can be deleted."
        await desk.press("down", "d", "ctrl+y", "f8")
        assert len(desk.app.screen.query_one(OptionList).options) == 1
        await desk.press("escape")
        assert _text(desk) == '{"mine": "{{contact.uid}}"}'


async def test_a_draft_is_there_at_the_next_start_until_it_is_cleared_or_sent(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        desk.form.editor.put_back("")
        await desk.settle()
        typed = desk.form.draft()
    async with open_desk(size=NARROW) as desk:
        assert desk.form.draft() == typed
        assert typed.contact_id == "11"
        assert "restored draft · ctrl+n clears" in str(desk.form.border_title)
        await desk.press("f4", "f9")
        assert desk.service.drafts.draft() is None
        desk.form.editor.put_back('{"more": 1}')
        await desk.settle()
    async with open_desk() as desk:
        assert _text(desk) == '{"more": 1}'
        await desk.press("ctrl+n")
        assert desk.form.border_title == "Trigger"
    async with open_desk() as desk:
        assert desk.form.draft().event_id == ""


async def test_the_next_contact_that_is_typed_while_the_reply_is_awaited_stays_a_draft(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*"100", "enter", *"thor", "enter")
        await desk.pilot.press("f9", "f4", *"sif@example.com")
        endpoint.accept()
        await desk.settle()
        desk.dashboard.form.save_draft()
        draft = desk.service.drafts.draft()
        assert draft is not None
        assert draft.draft.external_id == "sif@example.com"


async def test_pasted_lines_that_find_no_place_are_told(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", "f4")
        field = desk.dashboard.query_one("#external-id", Input)
        field.post_message(events.Paste("\na@example.com\n"))
        await desk.settle()
        assert field.value == "a@example.com"
        assert not desk.said
        field.value = ""
        field.post_message(events.Paste("a@example.com\r\n[/]b@example.com\nc"))
        await desk.settle()
        assert field.value == "a@example.com"
        assert desk.said == "One line only: Pasted: a@example.com\n2 more lines left out: [/]b@example.com c"
        field.cover(True)
        field.value = ""
        field.post_message(events.Paste("a@example.com\nb@example.com"))
        await desk.settle()
        assert desk.said == "One line only: The first line was pasted; 1 more line left out."


async def test_contacts_that_are_only_similar_are_called_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f3", *"fairwether")
        assert desk.app.screen.query_one("#contacts").border_title == "Contacts  1 similar"
        await desk.press(*["backspace"] * 10, *"imogen")
        assert "similar" not in str(desk.app.screen.query_one("#contacts").border_title)
