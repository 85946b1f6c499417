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


async def test_every_field_is_offered_by_name_and_id_with_both_ids_and_any_other(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        options = {
            value: str(prompt) for prompt, value in desk.app.screen.query_one("#key-field", Select)._options
        }
        assert list(options)[:4] == ["3", "id", "uid", "10142"]
        assert options["3"] == "E-Mail (3)"
        assert options["10142"] == "Customer number (10142)"
        assert options["id"] == "contact id (id)"
        assert options["uid"] == "contact uid (uid)"
        assert options[""] == "other key id…"
        assert len(options) == 21 + 3


async def test_the_key_field_is_chosen_by_typing_its_name(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4")
        desk.app.screen.query_one("#key-field").focus()
        await desk.press("enter", *"cust")
        overlay = desk.app.screen.query_one("SelectOverlay")
        assert str(overlay.border_title) == "cust"
        await desk.press("x")
        assert str(overlay.border_title) == "custx  no match"
        await desk.press("backspace", "enter")
        assert desk.dashboard.query_one("#trigger").key_id == "10142"


async def test_another_key_field_takes_its_value_from_the_chosen_contact(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f3", *"thor", "enter")
        assert _input(desk, "external-id").value == "thor@example.com"
        for key_id, value in (("10142", "C-10011"), ("id", "11"), ("uid", "mJ0LniR9aKhM")):
            await _choose_key(desk, key_id)
            assert _input(desk, "external-id").value == value


async def test_an_external_id_typed_by_hand_survives_another_key_field(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f3", *"thor", "enter")
        _input(desk, "external-id").value = " by hand "
        await desk.settle()
        await _choose_key(desk, "10142")
        assert desk.dashboard.query_one("#trigger").request().external_id == " by hand "


async def test_a_contact_without_a_value_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f2", *"100", "enter", *"Brunhilde Altmann", "enter")
        assert _input(desk, "external-id").value == ""
        assert "Brunhilde Altmann · contact 14 has no E-Mail (3)" in desk.text_of("#recipient")
        assert "Will be rejected: 2005" in desk.text_of("#preflight")
        assert "2008" not in desk.text_of("#preflight")


async def test_broken_event_data_is_never_predicted_to_be_accepted(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f2", *"100", "enter", *"thor", "enter")
        assert "Will be accepted" in desk.text_of("#preflight")
        _editor(desk).load_text('{"a": ')
        await desk.settle()
        assert desk.text_of("#preflight-text").startswith(
            "✗ Not valid JSON line 1, column 1: This { is never closed."
        )
        assert "accepted" not in desk.text_of("#preflight")


async def test_an_event_brings_its_example_and_the_next_event_another(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter")
        assert '"itemName": "hammer"' in _editor(desk).text
        await desk.press("f2", *"102", "enter")
        assert '"voucherCode": "HELLO-10"' in _editor(desk).text


async def test_event_data_typed_by_hand_is_not_replaced_but_the_example_is_offered(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter")
        _editor(desk).text = '{"mine": 1}'
        await desk.press("f2", *"102", "enter")
        assert _editor(desk).text == '{"mine": 1}'
        assert "f8 inserts the example of 102" in desk.text_of("#data-check")
        await desk.press("f8", "enter")
        assert "HELLO-10" in _editor(desk).text
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
        for text, said in CHECKED:
            _editor(desk).text = text
            await desk.settle()
            assert said in desk.text_of("#data-check")
        _editor(desk).text = '{\n  "a": 1,\n}'
        await desk.settle()
        marked = [span for span in _editor(desk).get_line(1).spans if span.style.reverse]
        assert [(span.start, span.end) for span in marked] == [(8, 9)]
        assert not [span for span in _editor(desk).get_line(2).spans if span.style.reverse]


async def test_faulty_event_data_is_repaired_by_the_fix_as_one_step_of_undo(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        _editor(desk).replace_all("{'price': 0.10,}")
        await desk.settle()
        assert "✗ Not valid JSON line 1, column 2: Single quote" in desk.text_of("#preflight")
        assert "accepted" not in desk.text_of("#preflight")
        await desk.press("ctrl+g")
        assert _editor(desk).text == '{\n  "price": 0.10\n}'
        assert "✓ Will be accepted (0 OK)" in desk.text_of("#preflight")
        _editor(desk).undo()
        assert _editor(desk).text == "{'price': 0.10,}"


async def test_the_fix_goes_to_a_fault_that_may_mean_several_things(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        _editor(desk).text = '{\n  "a": \n}'
        await desk.settle()
        await desk.press("ctrl+g")
        assert desk.focus == "event-data"
        assert _editor(desk).cursor_location == (2, 0)


async def test_numbers_are_sent_as_they_were_typed(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        _editor(desk).text = '{"price": 0.10, "big": 1.50E3}'
        await desk.press("f11", "f9")
        assert _editor(desk).text == '{\n  "price": 0.10,\n  "big": 1.50E3\n}'
        (attempt,) = desk.service.history.list_attempts(0)
        assert trigger_body(attempt.request).startswith(
            b'{"key_id":"3","external_id":"thor@example.com","data":{"price":0.10,"big":1.50E3},"trigger_id":'
        )


async def test_send_is_off_while_the_event_data_has_a_fault(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter")
        _editor(desk).text = '{"a" 1}'
        await desk.press("f9")
        assert "Fix the event data first: line 1, column 6" in desk.text_of("#why")
        assert list(desk.service.history.list_attempts(0)) == []


async def test_send_says_why_it_is_off(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        for event_id, why in (
            ("", "Pick an event first"),
            ("hammer", "The event id must be digits, or the name of an event"),
        ):
            _input(desk, "event-id").value = event_id
            await desk.press("f9")
            assert why in desk.text_of("#why")
            assert why in desk.said
            assert list(desk.service.history.list_attempts(0)) == []


async def test_spaces_around_an_event_id_are_forgiven(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        _input(desk, "event-id").value = " 100 "
        await desk.settle()
        assert desk.text_of("#event-name") == "purchase_confirmation"
        assert desk.dashboard.query_one("#trigger").request().event_id == "100"


async def test_an_event_that_is_not_in_the_list_can_be_typed(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4", *"999")
        assert desk.text_of("#event-name") == "not in the local list"


async def test_enter_in_the_form_moves_on_to_send(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4", *"100", "enter")
        assert desk.focus == "external-id"
        await desk.press("x", "enter")
        assert desk.focus == "send"


async def test_who_goes_to_a_filled_form_changes_whom_it_is_for_and_sends_nothing_by_enter(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter", "f4", *"sif@example.com", "enter")
        assert desk.form.request().external_id == "sif@example.com"
        assert desk.focus == "send"
        assert list(desk.service.history.list_attempts(0)) == []


async def test_the_form_can_be_emptied(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", *"thor", "enter", "ctrl+n")
        assert (_input(desk, "event-id").value, _input(desk, "external-id").value, _editor(desk).text) == (
            "",
            "",
            "",
        )
        assert desk.focus == "events-filter"


async def test_a_line_too_long_to_wrap_is_scrolled_and_the_next_text_wraps_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        editor = _editor(desk)
        editor.text = '{"a": "' + "x " * 50_000 + '"}'
        await desk.settle()
        assert "✓ JSON object" in desk.text_of("#data-check")
        assert not editor.soft_wrap
        desk.dashboard.query_one("#data").fill('{"a": 1}')
        assert editor.soft_wrap


async def test_why_no_event_can_be_told_is_read_whole(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4", *"@Example.com")
        beside = desk.dashboard.query_one("#event-name")
        drawn = [line[beside.region.x : beside.region.right] for line in desk.screen().splitlines()]
        shown = " ".join(" ".join(drawn[beside.region.y : beside.region.bottom]).split())
        assert shown == "The event id must be digits, or the name of an event; '@Example.com' is neither."


async def test_the_key_of_the_form_selects_what_stands_there_once_more(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", "f4", *"first", "f4", *"second")
        assert _input(desk, "external-id").value == "second"
