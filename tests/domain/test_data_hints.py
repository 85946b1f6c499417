"""What is unusual about event data is said, and never refused."""

import pytest

from app.domain.data_hints import data_hints, sent_bytes
from app.domain.model import JsonObject


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
        ({"trigger_id": "x"}, "trigger_id in the event data is a variable"),
        ({"global": {"event_time": "x"}}, "event_time in the event data in global is"),
        ({"key_id": "3"}, "the key field is chosen in the form"),
        ({"data": {"global": {}}}, "leave that level out"),
        ({"ems_event_time": "x"}, "ems_event_time is reserved"),
        ({"global": [{"a": 1}]}, "global must be an object"),
        ({"a": "x" * 100_000}, "does not reach Interactions"),
        ({"a": "x" * 950_000}, "near the limit"),
        ({"a": "x" * 1_000_000}, "it is refused"),
    ],
)
def test_what_will_not_do_what_is_expected_is_said_once(data: JsonObject, said: str) -> None:
    (hint,) = data_hints(data)
    assert said in hint


def test_the_size_is_that_of_compact_utf_8() -> None:
    assert sent_bytes({"a": "é\ud800"}) == len('{"a":""}') + 2 + 3
    assert sent_bytes(None) == 0
