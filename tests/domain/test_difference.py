"""What differs between two attempts: by JSON path, keys in any order, equal parts folded, whatever stands in them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.domain.body_value import body_value
from app.domain.difference import MOST_PARTS, Comparison, Part, Sameness, compared, difference
from app.domain.model import Answer, Attempt, NoReply, Reply, TriggerRequest
from app.domain.outcome import outcome_of

EQUAL, CHANGED, LEFT, RIGHT = Sameness


def compare_bodies(left: bytes, right: bytes) -> Comparison:
    return compared(body_value(left), body_value(right))


def told(left: str, right: str) -> dict[str, tuple[str | None, str | None]]:
    """What differs, by path."""
    parts = compare_bodies(
        left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass")
    ).parts
    return {part.path: (part.left, part.right) for part in parts if part.sameness is not EQUAL}


def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter() -> None:
    same = compare_bodies(b'{"a": 1, "b": [1.0, {"c": null}]}', b'{ "b":[1,{"c":null}],"a":1 }')
    assert same.is_equal
    assert same.parts == (Part("$", EQUAL, values=3),)


def test_what_differs_is_named_by_its_path_and_what_is_equal_is_folded() -> None:
    left = '{"data": {"g": {"n": "x", "m": 1}, "odd key": [1, 2, 3, 4]}, "only": 1}'
    right = '{"data": {"odd key": [1, 2, 9, 4, 5], "g": {"n": "y", "m": 1}}, "new": {}}'
    assert compare_bodies(left.encode(), right.encode()).parts == (
        Part("$.data.g.n", CHANGED, '"x"', '"y"'),
        Part("$.data.g.m", EQUAL),
        Part('$.data["odd key"][0:2]', EQUAL, values=2),
        Part('$.data["odd key"][2]', CHANGED, "3", "9"),
        Part('$.data["odd key"][3]', EQUAL),
        Part('$.data["odd key"][4]', RIGHT, None, "5"),
        Part("$.only", LEFT, "1", None),
        Part("$.new", RIGHT, None, "{}"),
    )


def test_types_count_and_so_does_a_name_that_is_repeated() -> None:
    assert told('[1, true, null, "1"]', "[true, 1, 0, 1]").keys() == {"$[0]", "$[1]", "$[2]", "$[3]"}
    assert told('{"a": 1, "a": 2}', '{"a": 1}') == {"$.a#2": ("2", None)}
    assert told('[{"n": 1}, 2, 3]', '[0, {"n": 1}, 2, 3]') == {"$[0]": (None, "0")}
    assert told("[1, 2, 3, 3]", "[1, 2, 3]") == {"$[3]": ("3", None)}
    assert told("[1, 2, 8]", "[1, 5, 6, 7, 8]").keys() == {"$[1]", "$[2]", "$[3]"}
    assert told("[NaN]", "[NaN]") == {}


def test_what_is_no_json_is_compared_by_lines() -> None:
    assert told("one\ntwo\nthree", "one\n2\nthree") == {"$ line 2": ("two", "2")}
    assert told("<html>", '{"a": 1}') == {"$": ("<html>", '{"a": 1}')}
    assert told("", "x") == {"$ line 1": ("", "x")}


def test_nothing_is_too_deep_too_long_or_too_odd() -> None:
    deep = "[" * 100_000
    assert told(deep, deep) == {}
    assert told(deep, "[]")["$"][1] == "[]"
    assert told("[" * 300 + "]" * 300, "[1]").keys() == {"$"}
    long = json.dumps(list(range(5000)))
    found = compare_bodies(long.encode(), json.dumps(list(range(1, 5001))).encode())
    assert (len(found.parts), found.left_out) == (MOST_PARTS, 4000)
    assert told('["\\ud800"]', '["\\ud801"]') == {"$[0]": ('"\ud800"', '"\ud801"')}
    assert told("\ud800", "\udfff") == {}, "bytes that are no text are all shown alike"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_nothing_differs_exactly_where_the_values_are_equal(left: object, right: object) -> None:
    ours, theirs = json.dumps(left), json.dumps(right)
    canonical = [json.dumps(value, sort_keys=True) for value in (left, right)]
    assert compare_bodies(ours.encode(), theirs.encode()).is_equal is (canonical[0] == canonical[1])
    backwards = compare_bodies(theirs.encode(), ours.encode())
    forwards = compare_bodies(ours.encode(), theirs.encode())
    assert {(part.path, part.left, part.right) for part in forwards.parts if part.sameness is not EQUAL} == {
        (part.path, part.right, part.left) for part in backwards.parts if part.sameness is not EQUAL
    }


def attempt(attempt_id: str, request: TriggerRequest, answer: Answer | None) -> Attempt:
    return Attempt(
        attempt_id, "shop", "shop", replace(request, trigger_id=attempt_id), "purchase",
        datetime(2026, 1, 1, tzinfo=UTC), 0, **({} if answer is None else {"outcome": outcome_of(answer), "answer": answer}),
    )  # fmt: skip


def test_two_attempts_are_compared_in_request_and_reply() -> None:
    request = TriggerRequest("100", "3", "thor@example.com", {"a": {"b": 1}})
    sent = attempt("one", request, Reply(200, 0, "OK", body=b'{"replyCode":0,"replyText":"OK"}'))
    same = attempt("two", request, Reply(200, 0, "OK", body=b'{"replyText": "OK", "replyCode": 0}'))
    assert difference(sent, same).is_equal, "a trigger id of one's own is no difference"
    other = attempt(
        "three", replace(request, external_id="sif@example.com", data=None), NoReply("dns", "no", "Lost.")
    )
    found = difference(sent, other)
    assert {part.path for part in found.request.parts if part.sameness is not EQUAL} == {
        "$.external_id",
        "$.data",
    }
    assert {part.path: part.sameness for part in found.reply.parts} == {
        "$.outcome": CHANGED, "$.http_status": LEFT, "$.body": LEFT, "$.reason": RIGHT, "$.detail": RIGHT,
    }  # fmt: skip
    assert difference(sent, attempt("four", request, None)).reply.parts[0].right == '"sending"'
