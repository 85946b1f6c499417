"""Event data as typed: what is sent for it, and where it is wrong."""

import pytest

from app.domain.event_data import EventDataError, parse_event_data


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
