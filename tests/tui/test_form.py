"""The trigger form: what it asks for, what fills it, and what it never loses."""

from textual.widgets import Input, Select, TextArea

from app.domain.wire import trigger_body
from tests.tui.conftest import Desk, OpenDesk


def _input(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


def _editor(desk: Desk) -> TextArea:
    return desk.app.screen.query_one("#event-data", TextArea)


async def _choose_key(desk: Desk, key_id: str) -> None:
    desk.app.screen.query_one("#key-field", Select).value = key_id
    await desk.settle()


async def test_every_key_field_is_listed_and_searched_by_name_with_both_ids_and_any_other(
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
        await desk.press("enter", *"cust")
        overlay = desk.app.screen.query_one("SelectOverlay")
        assert str(overlay.border_title) == "cust"
        await desk.press("x")
        assert str(overlay.border_title) == "custx  no match"
        await desk.press("backspace", "enter")
        assert desk.form.key_id == "10142"


async def test_another_key_field_takes_its_value_from_the_picked_contact_and_leaves_a_typed_one(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press("f3", *"thor", "enter")
        assert _input(desk, "external-id").value == "thor@example.com"
        for key_id, value in (
            ("10142", "C-10011"),
            ("id", "11"),
            ("uid", "mJ0LniR9aKhM"),
            ("3", "thor@example.com"),
        ):
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


async def test_an_event_brings_its_example_until_a_person_types_event_data(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter")
        assert '"itemName": "hammer"' in _editor(desk).text
        await desk.press("f2", *"102", "enter")
        assert '"voucherCode": "HELLO-10"' in _editor(desk).text
        _editor(desk).text = '{"mine": 1}'
        await desk.press("f2", *"100", "enter")
        assert _editor(desk).text == '{"mine": 1}'
        assert "f8 inserts the example of 100" in desk.text_of("#data-check")
        await desk.press("f8", "enter")
        assert "hammer" in _editor(desk).text
        _editor(desk).undo()
        assert _editor(desk).text == '{"mine": 1}'


CHECKED = [
    ("", "No event data"),
    ("null", "No event data"),
    ('{"a": 1}', "✓ JSON object"),
    ('{\n  "a": 1,\n}', "✗ line 2, column 9: A comma too many"),
    ("[1]", "✗ line 1, column 1: A list, where the event data must be a JSON object"),
    ('{"a": NaN}', "✗"),
    ("[" * 100_000, "✗ line 1, column 1: The event data is nested too deeply"),
]


async def test_event_data_is_checked_as_one_types_and_its_faulty_line_is_marked(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        editor = _editor(desk)
        for text, said in CHECKED:
            editor.text = text
            await desk.settle()
            assert said in desk.text_of("#data-check")
        editor.text = '{\n  "a": 1,\n}'
        await desk.settle()
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
        await desk.press("f9")
        assert "Fix the event data first: line 1, column 6" in desk.text_of("#why")
        assert list(desk.service.history.list_attempts(0)) == []
        _editor(desk).text = '{"price": 0.10, "big": 1.50E3}'  # numbers are sent as they were typed
        await desk.press("f11", "f9")
        assert _editor(desk).text == '{\n  "price": 0.10,\n  "big": 1.50E3\n}'
        (attempt,) = desk.service.history.list_attempts(0)
        assert trigger_body(attempt.request).startswith(
            b'{"key_id":"3","external_id":"thor@example.com","data":{"price":0.10,"big":1.50E3},"trigger_id":'
        )


async def test_an_event_is_typed_with_spaces_or_unknown_and_what_names_none_is_said(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        for text, why in (
            ("", "Pick an event first"),
            ("hammer", "The event id must be digits, or the name of an event"),
        ):
            _input(desk, "event-id").value = text
            await desk.press("f9")
            assert why in desk.text_of("#why")
            assert why in desk.said
            assert list(desk.service.history.list_attempts(0)) == []
        _input(desk, "event-id").value = " 100 "
        await desk.settle()
        assert desk.text_of("#event-name") == "purchase_confirmation"
        assert desk.form.request().event_id == "100"
        _input(desk, "event-id").value = "999"
        await desk.settle()
        assert desk.text_of("#event-name") == "not in the local list"
        _input(desk, "event-id").value = "@Example.com"
        await desk.settle()
        beside = desk.dashboard.query_one("#event-name")
        drawn = [line[beside.region.x : beside.region.right] for line in desk.screen().splitlines()]
        shown = " ".join(" ".join(drawn[beside.region.y : beside.region.bottom]).split())
        assert shown == "The event id must be digits, or the name of an event; '@Example.com' is neither."


async def test_enter_moves_on_to_send_and_the_key_of_the_form_selects_the_value_once_more(
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
        assert list(desk.service.history.list_attempts(0)) == []
        await desk.press("ctrl+n")
        texts = _input(desk, "event-id").value, _input(desk, "external-id").value, _editor(desk).text
        assert texts == ("", "", "")
        assert desk.focus == "events-filter"
