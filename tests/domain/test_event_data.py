"""Event data as typed: what is sent for it, and where it is wrong."""

import pytest

from app.domain.event_data import (
    EventDataError,
    Filled,
    data_hints,
    fill_placeholders,
    parse_event_data,
    placeholders_in,
    repair,
    sent_bytes,
)
from app.domain.json_text import TypedObject
from app.domain.model import Contact
from tests.domain.accounts import HandMadeAccount


def test_an_object_is_sent_as_it_is() -> None:
    assert parse_event_data('{"global": {"itemName": "hammer", "itemPrice": "123"}}') == {
        "global": {"itemName": "hammer", "itemPrice": "123"}
    }


def test_blank_text_and_null_send_no_data() -> None:
    for text in ["", "  \n ", "null", " null "]:
        assert parse_event_data(text) is None


def fault(text: str) -> EventDataError:
    with pytest.raises(EventDataError) as caught:
        parse_event_data(text)
    return caught.value


def test_a_fault_is_named_by_line_and_column() -> None:
    for text, line, column in [
        ('{"a": }', 1, 7),
        ('{\n  "a": 1,\n  b\n}', 3, 3),
        ("[1]", 1, 1),
        ("\n  7", 2, 3),
        ('"text"', 1, 1),
        ('{"a": 1', 1, 1),
        ('{\n "a": NaN}', 2, 7),
        ('{"a": 1,\n "b": 1e999}', 2, 7),
        ('{"a": 1,\n "b": [' + "9" * 5000 + "]}", 2, 8),
        ('{"a": 1,\n}', 1, 8),
    ]:
        assert str(fault(text)).startswith(f"line {line}, column {column}: ")
        assert (fault(text).line, fault(text).column) == (line, column)


def test_what_json_cannot_carry_is_refused_in_words() -> None:
    for value in ["NaN", "-Infinity", "1e999", '{"a":' * 50_000, "9" * 5000]:
        assert str(fault(f'{{"a": {value}}}')).endswith(".")


def test_a_million_bytes_are_allowed_and_not_one_more() -> None:
    fits = '{"a":"' + "x" * (1_000_000 - 8) + '"}'
    assert len(fits) == 1_000_000
    assert parse_event_data(fits) is not None
    assert "over 1,000,000 bytes" in str(fault(fits.replace("x", "xx", 1)))


def test_only_what_is_sent_counts() -> None:
    value = "x" * 999_000
    assert parse_event_data(f'{{{" " * 50_000}\n"a":  "{value}"}}') == {"a": value}


def test_a_fault_is_named_by_the_character_that_is_there() -> None:
    for text, said in [
        ('{"a": 1,}', "A comma too many"),
        ('{"a": [1, ]}', "A comma too many"),
        ("{“a”: 1}", 'Curly quote “ instead of ".'),
        ('{"a": ‘x’}', 'Curly quote ‘ instead of ".'),
        ("{'a': 1}", "Single quote ' instead of \"."),
        ('{"a": 1 // one\n}', "A comment"),
        ('{"a": /* x */ 1}', "A comment"),
        ('# x\n{"a": 1}', "A comment"),
        ('{"a":\u00a01}', "An invisible character (U+00A0, no-break space)"),
        ('{"a":\u200b1}', "An invisible character (U+200B, zero width space)"),
        ('\ufeff{"a": 1}', "U+FEFF"),
        ('```json\n{"a": 1}\n```', "A code fence"),
        ('{"a": True}', "True instead of true."),
        ('{"a": [None]}', "None instead of null."),
        ('{"a": undefined}', "undefined is not JSON."),
        ('{"a": {{field:1}}}', "A placeholder outside a text. Put it in double quotes."),
        ('data = {"a": 1}', "Text before the object"),
        ('{"a": 1};', "Text after the closing brace."),
        ('{"a": "x}', "A text that begins here is never closed."),
        ('{"a": {"b": 1}', "This { is never closed. Add } at the end."),
        ('{"a": [1', "This [ is never closed. Add ] at the end."),
        ('{"a": "x\ny"}', "A line break or control character inside a text."),
        ('{"a": "C:\\x"}', "A backslash that escapes nothing."),
        ('{"a": "x" "b": 1}', "A comma is missing before this."),
        ('{"a" 1}', "A colon is missing before this."),
        ('[{"a": 1}]', "A list, where the event data must be a JSON object"),
        ('"{}"', "A text in quotes, where the event data must be a JSON object"),
    ]:
        assert said in str(fault(text))


def test_a_repair_is_offered_only_if_it_can_be_sent() -> None:
    assert repair('{"a": 1,}') == '{\n  "a": 1\n}'
    assert repair('{"a": "\\ud800",}') is None
    assert repair('{"a": }') is None
    assert repair('{"a": {{field:1}} }') == '{\n  "a": "{{field:1}}"\n}'


def test_a_repeated_key_is_a_hint_at_its_line_and_column() -> None:
    data = parse_event_data('{"a": 1,\n "a": 2}')
    assert data_hints(data) == ("line 2, column 2: Duplicate key 'a': only one of its values counts.",)


def test_a_whole_request_pasted_as_data_is_a_hint() -> None:
    data = parse_event_data('{"key_id": "3", "external_id": "x", "data": {"a": 1}}')
    assert data_hints(data) == ("This is a whole request. The event data is what stands under data.",)


def test_what_is_nested_deeper_than_any_program_reads_is_refused() -> None:
    def nested(levels: int) -> str:
        return '{"a":' * levels + "1" + "}" * levels

    assert parse_event_data(nested(99)) is not None
    for levels in (101, 484, 900, 100_000):
        assert "nested too deeply" in str(fault(nested(levels)))


def test_the_documented_shapes_have_no_hint() -> None:
    for data in [
        None,
        {},
        {"global": {"itemName": "hammer"}},
        {"global": {"a": 1}, "products": [{"b": 2}, {"c": 3}]},
        {"global": {"a": 1}, "name": "Thor", "sizes": [1, 2]},
        {"products": [{"b": 2}], "empty": []},
        {"global": {"a": "{{name}}, {{ customer.name }}, {{#if shipped}}"}},
    ]:
        assert data_hints(data) == ()


def test_what_will_not_do_what_is_expected_is_said_once() -> None:
    for data, said in [
        ({"products": [{"b": 2}], "name": "Thor"}, "Section groups (products) and free variables (name)"),
        ({"trigger_id": "x"}, "trigger_id in the event data is an ordinary variable"),
        ({"global": {"event_time": "x"}}, "event_time in the event data in global is"),
        ({"key_id": "3"}, "choose the key field in the form"),
        ({"data": {"global": {}}}, "Remove that level"),
        ({"ems_event_time": "x"}, "ems_event_time is reserved"),
        ({"global": [{"a": 1}]}, "global must be an object"),
        ({"a": ["Dear {{feld:1}}, {{name}}"]}, "{{feld:1}} is sent as typed: it is no placeholder."),
        ({"a": "x" * 100_000}, "does not reach Interactions"),
        ({"a": "x" * 950_000}, "near the limit"),
        ({"a": "x" * 1_000_000}, "Emarsys rejects more than 1,000,000"),
    ]:
        (hint,) = data_hints(data)
        assert said in hint, data


def test_the_size_is_that_of_compact_utf_8() -> None:
    assert sent_bytes({"a": "é€"}) == len('{"a":""}') + 2 + 3
    assert sent_bytes(None) == 0


def test_half_a_character_is_refused_where_it_is_typed() -> None:
    for text in [
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"a": ["x\\ud83d"]}',
        '{"a": "\ud800"}',
        '{"a": "\ud800", "a": 1}',
    ]:
        assert "half a character" in str(fault(text))


def test_two_halves_are_one_character() -> None:
    assert parse_event_data('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


THOR = Contact("11", "mJ0LniR9aKhM", {"1": 'Th"or', "2": "{{contact.id}}", "3": "thor@example.com"})


def fill(data: dict[str, object], contact: Contact | None = THOR, name: str | None = "purchase") -> Filled:
    return fill_placeholders(data, contact, name, HandMadeAccount())


def test_a_placeholder_becomes_the_value() -> None:
    for text, filled in [
        ("{{field:1}}", 'Th"or'),
        ("Dear {{field:1}}, {{ field:1 }}!", 'Dear Th"or, Th"or!'),
        ("{{contact.uid}}/{{contact.id}}", "mJ0LniR9aKhM/11"),
        ("{{event.name}}", "purchase"),
        ("{{field: 3}}", "thor@example.com"),
    ]:
        found = fill({"a": [{"b": text}], "c": 1})
        assert found.data == {"a": [{"b": filled}], "c": 1}, text
        assert found.fault is None, text


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    assert fill({"a": "{{field:2}}"}).data == {"a": "{{contact.id}}"}


def test_other_braces_are_left_alone() -> None:
    for text in ["{{name}}", "{{ customer.name }}", "{field:1}", "{{fields:1}}", "{{", "{{}}"]:
        assert fill({"a": text}) == Filled({"a": text})


def test_keys_are_left_alone() -> None:
    assert fill({"{{field:1}}": "x"}).data == {"{{field:1}}": "x"}


def test_what_cannot_be_filled_is_named_with_the_reason() -> None:
    for text, why in [
        ("{{field:4}}", "contact 11 has no value in field 4"),
        ("{{field:10142}}", "contact 11 has no Customer number (10142)"),
        ("{{contact.name}}", "there is no such placeholder"),
        ("{{field:email}}", "there is no such placeholder"),
        ("{{event.id}}", "there is no such placeholder"),
    ]:
        found = fill({"a": text})
        assert found.missing == {text: why}, text
        assert found.data == {"a": text}, text
        assert found.fault == f"The event data cannot be filled: {text}: {why}.", text


def test_without_a_contact_or_a_known_event_the_reason_is_said() -> None:
    assert fill({"a": "{{field:1}}"}, None).missing == {"{{field:1}}": "no contact is chosen"}
    assert fill({"a": "{{event.name}}"}, None, None).missing == {
        "{{event.name}}": "the event is not in the cache"
    }
    assert fill({"a": "{{event.name}}"}, None).data == {"a": "purchase"}


def test_no_data_need_no_contact() -> None:
    assert fill_placeholders(None, None, None, HandMadeAccount()) == Filled(None)


def test_placeholders_are_listed_once_in_their_order() -> None:
    assert placeholders_in({"a": "{{field:2}}{{field:1}}", "b": ["{{field:2}}"]}) == ("field:2", "field:1")


def test_numbers_and_keys_stay_as_typed_around_a_filled_text() -> None:
    typed = parse_event_data(
        '{"price": 0.10, "{{contact.id}}": "{{contact.id}}", "a": {"b": "x: {{contact.id}}"}}'
    )
    filled = fill_placeholders(typed, Contact("11", "u"), None, HandMadeAccount())
    assert filled.data == {"price": 0.1, "{{contact.id}}": "11", "a": {"b": "x: 11"}}
    assert isinstance(filled.data, TypedObject)
    assert filled.data.text == '{"price": 0.10, "{{contact.id}}": "11", "a": {"b": "x: 11"}}'
