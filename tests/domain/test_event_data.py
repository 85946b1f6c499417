"""Event data as typed: what is sent for it, and where it is wrong."""

import pytest

from app.domain.event_data import EventDataError, data_hints, parse_event_data, sent_bytes
from app.domain.model import JsonObject


def test_an_object_is_sent_as_it_is() -> None:
    assert parse_event_data('{"global": {"itemName": "hammer", "itemPrice": "123"}}') == {
        "global": {"itemName": "hammer", "itemPrice": "123"}
    }


@pytest.mark.parametrize("text", ["", "  \n ", "null", " null "])
def test_blank_text_and_null_send_no_data(text: str) -> None:
    assert parse_event_data(text) is None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a": }', 1, 7),
        ('{\n  "a": 1,\n  b\n}', 3, 3),
        ("[1]", 1, 1),
        ("\n  7", 2, 3),
        ('"text"', 1, 1),
        ('{"a": 1', 1, 8),
    ],
)
def test_a_fault_is_named_by_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(EventDataError, match=f"^line {line}, column {column}: ") as caught:
        parse_event_data(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', '{"a":' * 50_000, '{"a": ' + "9" * 5000 + "}"],
)
def test_what_json_cannot_carry_is_refused_in_words(text: str) -> None:
    with pytest.raises(EventDataError, match=r"\.$"):
        parse_event_data(text)


def test_a_million_bytes_are_allowed_and_not_one_more() -> None:
    fits = '{"a": "' + "x" * (1_000_000 - 9) + '"}'
    assert len(fits) == 1_000_000
    assert parse_event_data(fits) is not None
    with pytest.raises(EventDataError, match="over 1,000,000 bytes"):
        parse_event_data(fits + " ")


def test_what_is_nested_deeper_than_any_program_reads_is_refused() -> None:
    def nested(levels: int) -> str:
        return '{"a":' * levels + "1" + "}" * levels

    assert parse_event_data(nested(99)) is not None
    for levels in (101, 484, 900, 100_000):
        with pytest.raises(EventDataError, match="nested too deeply"):
            parse_event_data(nested(levels))


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"global": {"itemName": "hammer"}},
        {"global": {"a": 1}, "products": [{"b": 2}, {"c": 3}]},
        {"global": {"a": 1}, "name": "Thor", "sizes": [1, 2]},
        {"products": [{"b": 2}], "empty": []},
    ],
)
def test_the_documented_shapes_have_no_hint(data: JsonObject | None) -> None:
    assert data_hints(data) == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"products": [{"b": 2}], "name": "Thor"}, "Section groups (products) and free variables (name)"),
        ({"trigger_id": "x"}, "trigger_id in the event data is an ordinary variable"),
        ({"global": {"event_time": "x"}}, "event_time in the event data in global is"),
        ({"key_id": "3"}, "choose the key field in the form"),
        ({"data": {"global": {}}}, "Remove that level"),
        ({"ems_event_time": "x"}, "ems_event_time is reserved"),
        ({"global": [{"a": 1}]}, "global must be an object"),
        ({"a": "x" * 100_000}, "does not reach Interactions"),
        ({"a": "x" * 950_000}, "near the limit"),
        ({"a": "x" * 1_000_000}, "Emarsys rejects more than 1,000,000"),
    ],
)
def test_what_will_not_do_what_is_expected_is_said_once(data: JsonObject, said: str) -> None:
    (hint,) = data_hints(data)
    assert said in hint


def test_the_size_is_that_of_compact_utf_8() -> None:
    assert sent_bytes({"a": "é€"}) == len('{"a":""}') + 2 + 3
    assert sent_bytes(None) == 0


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a": ["x\\ud83d"]}', '{"a": "\ud800"}']
)
def test_half_a_character_is_refused_where_it_is_typed(text: str) -> None:
    with pytest.raises(EventDataError, match="half a character"):
        parse_event_data(text)


def test_two_halves_are_one_character() -> None:
    assert parse_event_data('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
