"""The trigger form: what it asks for, what fills it, and what it never loses."""

import json
from dataclasses import replace

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input, OptionList, Select, TextArea

from app.domain.model import TriggerRequest
from app.domain.wire import trigger_body
from app.tui.screens.menu import DataMenu
from app.tui.widgets.inputs import SafeInput
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk


def _input(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


def _editor(desk: Desk) -> TextArea:
    return desk.app.screen.query_one("#event-data", TextArea)


async def _choose_key(desk: Desk, key_id: str) -> None:
    desk.app.screen.query_one("#key-field", Select).value = key_id
    await desk.settle()


async def test_key_fields_are_searched_by_name_and_take_their_value_from_the_picked_contact(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        listed = desk.app.screen.query_one("#key-field", Select)
        options = {value: str(prompt) for prompt, value in listed._options}
        assert list(options)[:4] == ["3", "id", "uid", "10142"]
        assert options["3"] == "E-Mail (3)"
        assert options["10142"] == "Customer number (10142)"
        assert options["id"] == "contact id (id)"
        assert options["uid"] == "contact uid (uid)"
        assert options[""] == "other key id…"
        assert len(options) == 21 + 3
        await desk.press("f4")
        listed.focus()
        await desk.press("enter", *"cust", "enter")
        assert desk.form.key_id == "10142"

        await _choose_key(desk, "3")
        await desk.press("f3", *"thor", "enter")
        assert _input(desk, "external-id").value == "thor@example.com"
        for key_id, value in (("10142", "C-10011"), ("uid", "mJ0LniR9aKhM"), ("3", "thor@example.com")):
            await _choose_key(desk, key_id)
            assert _input(desk, "external-id").value == value
        _input(desk, "external-id").value = " by hand "
        await desk.settle()
        await _choose_key(desk, "10142")
        assert desk.form.request().external_id == " by hand "
        await desk.press("ctrl+n")
        await _choose_key(desk, "3")
        await desk.press("f2", *"100", "enter", *"Brunhilde Altmann", "enter")
        assert _input(desk, "external-id").value == ""
        assert "Brunhilde Altmann · contact 14 has no E-Mail (3)" in desk.text_of("#recipient")
        assert "Will be rejected: 2005" in desk.text_of("#preflight")
        assert "2008" not in desk.text_of("#preflight")


CHECKED = [
    ("null", "No event data"),
    ('{"a": 1}', "✓ JSON object"),
    ("[1]", "✗ line 1, column 1: A list, where the event data must be a JSON object"),
    ("[" * 100_000, "✗ line 1, column 1: The event data is nested too deeply"),
    ('{"trigger_id": "x"}', "! trigger_id in the event data is an ordinary variable"),
    ('{\n  "a": 1,\n}', "✗ line 2, column 9: A comma too many"),
]


async def test_event_data_are_checked_as_one_types_formatted_and_replaced_by_an_example_unless_typed(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        editor = _editor(desk)
        await desk.press(*"100", "enter")
        assert '"itemName": "hammer"' in editor.text
        await desk.press("f2", *"102", "enter")
        assert '"voucherCode": "HELLO-10"' in editor.text
        await desk.press("f4", "tab", "ctrl+a", *'{"a":[{}]}')
        assert editor.text == '{"a":[{}]}'
        await desk.press("f11")
        assert editor.text == '{\n  "a": [\n    {}\n  ]\n}'
        await desk.press("ctrl+z", "f2", *"100", "enter")
        assert editor.text == '{"a":[{}]}'
        assert "f8 inserts the example of 100" in desk.text_of("#data-check")
        await desk.press("f8", "enter")
        assert "hammer" in editor.text
        editor.undo()
        assert editor.text == '{"a":[{}]}'

        for text, said in CHECKED:
            editor.text = text
            await desk.settle()
            assert said in desk.text_of("#data-check")
        marked = [span for span in editor.get_line(1).spans if span.style.reverse]
        assert [(span.start, span.end) for span in marked] == [(8, 9)]
        assert not [span for span in editor.get_line(2).spans if span.style.reverse]
        editor.text = '{"a": "' + "x " * 50_000 + '"}'  # too long to wrap: it is scrolled
        await desk.settle()
        assert "✓ JSON object" in desk.text_of("#data-check")
        assert not editor.soft_wrap
        desk.form.editor.fill('{"a": 1}')
        assert editor.soft_wrap


async def test_faulty_event_data_is_never_predicted_to_be_accepted_nor_sent_and_the_fix_repairs_it(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        assert "Will be accepted" in desk.text_of("#preflight")
        _editor(desk).load_text('{"a": ')
        await desk.settle()
        shown = desk.text_of("#preflight-text")
        assert shown.startswith("✗ Not valid JSON line 1, column 1: This { is never closed.")
        _editor(desk).replace_all("{'price': 0.10,}")
        await desk.settle()
        assert "✗ Not valid JSON line 1, column 2: Single quote" in desk.text_of("#preflight")
        assert "accepted" not in desk.text_of("#preflight")
        await desk.press("ctrl+g")
        assert _editor(desk).text == '{\n  "price": 0.10\n}'
        assert "✓ Will be accepted (0 OK)" in desk.text_of("#preflight")
        _editor(desk).undo()
        assert _editor(desk).text == "{'price': 0.10,}"
        _editor(desk).text = '{\n  "a": \n}'  # it may mean several things
        await desk.settle()
        await desk.press("ctrl+g")
        assert desk.focus == "event-data"
        assert _editor(desk).cursor_location == (2, 0)
        _editor(desk).text = '{"a" 1}'
        await desk.press("f11", "f9")
        assert _editor(desk).text == '{"a" 1}'
        assert "Fix the event data first: line 1, column 6" in desk.text_of("#why")
        assert list(desk.service.history.list_attempts(0)) == []
        _editor(desk).text = '{"price": 0.10, "big": 1.50E3}'  # numbers are sent as they were typed
        await desk.press("f11", "f9")
        assert _editor(desk).text == '{\n  "price": 0.10,\n  "big": 1.50E3\n}'
        (attempt,) = desk.service.history.list_attempts(0)
        assert trigger_body(attempt.request).startswith(
            b'{"key_id":"3","external_id":"thor@example.com","data":{"price":0.10,"big":1.50E3},"trigger_id":'
        )


async def test_an_event_is_typed_by_id_or_name_with_the_key_of_last_time_and_enter_moves_on_to_send(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press("f4", *"100", "enter")
        assert desk.focus == "external-id"
        await desk.press(*"first", "f4", *"second", "enter")
        assert desk.focus == "send"
        assert _input(desk, "external-id").value == "second"
        await desk.press("f4", *"sif@example.com", "enter")  # an Enter that sends nothing
        assert desk.form.request().external_id == "sif@example.com"
        assert desk.focus == "send"
        await desk.press("ctrl+n")
        texts = _input(desk, "event-id").value, _input(desk, "external-id").value, _editor(desk).text
        assert texts == ("", "", "")
        assert desk.focus == "events-filter"

        for text, why in (
            ("", "Pick an event first"),
            ("hammer", "The event id must be digits, or the name of an event"),
        ):
            _input(desk, "event-id").value = text
            await desk.press("f9")
            assert why in desk.text_of("#why")
            assert why in desk.said
        assert list(desk.service.history.list_attempts(0)) == []
        for text, event_id, said in (
            (" 100 ", "100", "purchase_confirmation"),
            (" purchase confirmation ", "100", "= 100 purchase_confirmation"),
            ("1,000", "1000", "= 1000 not in the local list"),
            ("999", "999", "not in the local list"),
        ):
            _input(desk, "event-id").value = text
            await desk.settle()
            assert desk.form.request().event_id == event_id
            assert desk.text_of("#event-name") == said
        for text, said in (
            (
                "@Example.com",
                "The event id must be digits, or the name of an event; '@Example.com' is neither.",
            ),
            ("100", "purchase_confirmation"),
        ):
            _input(desk, "event-id").value = text
            for size in (WIDE, (100, 30)):
                await desk.pilot.resize_terminal(*size)
                await desk.settle()
                beside = desk.dashboard.query_one("#event-name").region
                rows = desk.screen().splitlines()[beside.y : beside.bottom]
                drawn = "".join(row[beside.x : beside.right] for row in rows)
                assert drawn.replace(" ", "") == said.replace(" ", "")

        await desk.service.send(TriggerRequest("104", "10142", "C-10011"), "one")
        await desk.press("ctrl+n", "f4", *"order_shipped", "enter")
        assert (desk.form.key_id, desk.focus) == ("10142", "external-id")
        desk.dashboard.cache.show_events()
        await desk.press("f2", "enter")
        assert desk.form.event_id == "104"
        _input(desk, "external-id").value = "typed for this key"
        await desk.service.send(TriggerRequest("100", "3", "thor@example.com"), "two")
        await desk.press("f2", *"100", "enter")
        assert desk.form.key_id == "10142"


async def test_placeholders_are_filled_and_templates_kept_taken_and_deleted(open_desk: OpenDesk) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        desk.form.editor.fill('{"mine": "{{contact.uid}}"}', typed=True)
        await desk.press("f8", "s", *"My [/] own", "enter", "f8")
        menu = desk.app.screen
        assert isinstance(menu, DataMenu)
        options = menu.query_one(OptionList)
        assert [str(option.prompt) for option in options.options] == [
            "example", "My [/] own   template", "Event time…", "Attachment…",
        ]  # fmt: skip
        await desk.press("enter")
        assert '"itemName": "hammer"' in _editor(desk).text
        await desk.press("f8", "down")
        assert '{"mine": "{{contact.uid}}"}' in desk.text_of("#data-preview")
        await desk.press("enter")
        assert _editor(desk).text == '{"mine": "{{contact.uid}}"}'
        await desk.press("f8", "d")
        assert desk.said == "Only a template can be deleted."
        await desk.press("down", "d", "ctrl+y", "f8")
        options = desk.app.screen.query_one(OptionList)
        assert [str(option.prompt) for option in options.options] == ["example", "Event time…", "Attachment…"]
        await desk.press("escape")
        assert _editor(desk).text == '{"mine": "{{contact.uid}}"}'

        desk.form.editor.fill('{"name": "{{field:77777}}"}')
        await desk.press("f9")
        assert "{{field:77777}}: contact 11 has no" in desk.text_of("#preflight")
        assert "The event data cannot be filled" in desk.text_of("#why")
        assert not list(desk.service.history.list_attempts(0))
        desk.form.editor.fill('{"name": "{{field:1}} on {{event.name}}"}')
        await desk.settle()
        assert "{{field:1}} Thor" in desk.text_of("#preflight")
        await desk.press("f9")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.request.data == {"name": "Thor on purchase_confirmation"}
        *_, last = desk.service.drafts.data_choices("100")
        assert (last.kind, last.data_text) == ("last", '{"name": "{{field:1}} on {{event.name}}"}')
        await desk.service.send(replace(attempt.request, data={"name": "Sif"}), "two")
        assert json.loads(desk.service.drafts.data_choices("100")[-1].data_text) == {"name": "Sif"}


async def test_a_draft_is_there_at_the_next_start_until_it_is_cleared_or_sent(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        desk.form.editor.fill("", typed=True)
        await desk.settle()
        typed = desk.form.draft()
    async with open_desk(size=NARROW) as desk:
        assert desk.form.draft() == typed
        assert typed.contact_id == "11"
        assert "restored draft · ctrl+n clears" in str(desk.form.border_title)
        await desk.press("f4", "f9")
        assert desk.service.drafts.draft() is None
        desk.form.editor.fill('{"more": 1}', typed=True)
        await desk.settle()
        desk.dashboard.form.save_draft()
        draft = desk.service.drafts.draft()
        assert draft is not None
        assert draft.draft.data_text == '{"more": 1}'
        await desk.press("ctrl+n")
        assert desk.form.border_title == "Trigger"
        desk.dashboard.form.save_draft()
        assert desk.service.drafts.draft() is None


class Line(App[None]):
    """One line to type in."""

    def compose(self) -> ComposeResult:
        yield SafeInput()


async def test_pasted_lines_that_find_no_place_are_told() -> None:
    async with Line().run_test() as pilot:
        field = pilot.app.query_one(SafeInput)

        async def paste(text: str) -> list[str]:
            field.value = ""
            pilot.app.clear_notifications()
            field.post_message(events.Paste(text))
            await pilot.pause()
            return [one.message for one in pilot.app._notifications]

        assert await paste("\na@example.com\n") == []
        assert field.value == "a@example.com"
        said = await paste("a@example.com\r\n[/]b@example.com\nc")
        assert field.value == "a@example.com"
        assert said == ["Pasted: a@example.com\n2 more lines left out: [/]b@example.com c"]
        field.cover(True)
        said = await paste("a@example.com\nb@example.com")
        assert said == ["The first line was pasted; 1 more line left out."]
        said = await paste("y" * 3_000_000)
        assert said == ["3,000,000 characters are too many for one line. Nothing was pasted."]
        assert field.value == ""
