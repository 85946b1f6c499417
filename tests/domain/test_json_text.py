"""JSON is kept and shown as it was typed, and two attempts are compared line by line."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_diff import MAX_LINES, JsonDiff, Side, diff_attempts, diff_json
from app.domain.json_text import (
    TypedObject,
    ascii_json,
    compact,
    indented,
    member,
    repaired,
    repeated_keys,
    written,
)
from app.domain.model import Answer, Attempt, NoReply, Reply, TriggerRequest, outcome_of

TYPED = (
    '{ "price": 0.10, "big": 12345678901234567890.50, "exp": 1.50E3, "a": {}, "l": [1, {"x": []}], "l": "é" }'
)


def test_compact_json_keeps_numbers_and_repeated_keys() -> None:
    assert compact(TYPED) == (
        '{"price":0.10,"big":12345678901234567890.50,"exp":1.50E3,"a":{},"l":[1,{"x":[]}],"l":"é"}'
    )
    assert ascii_json('{"a": "é\\n", "b": "x:,{ }"}') == '{"a":"\\u00e9\\n","b":"x:,{ }"}'


def test_indented_json_differs_in_white_space_only() -> None:
    assert indented(TYPED) == (
        '{\n  "price": 0.10,\n  "big": 12345678901234567890.50,\n  "exp": 1.50E3,\n  "a": {},\n  "l": [\n    1,\n'
        '    {\n      "x": []\n    }\n  ],\n  "l": "é"\n}'
    )
    assert compact(indented(TYPED)) == compact(TYPED)


def test_it_is_indented_as_the_standard_library_does() -> None:
    for value in [{}, {"a": []}, {"a": [1, [2, {}], {"b": None}], "c": "x, {y}: [z]"}, [], 7, "t"]:
        assert indented(json.dumps(value)) == json.dumps(value, indent=2)


def test_escaped_letters_are_read_for_people_and_kept_for_the_wire() -> None:
    assert indented('["\\u00e9"]', unescaped=True) == '[\n  "é"\n]'
    assert indented('["\\u00e9"]') == '[\n  "\\u00e9"\n]'


def test_what_was_typed_is_written_as_typed() -> None:
    assert written(TypedObject({"a": 0.1}, '{"a":0.10}')) == '{\n  "a": 0.10\n}'
    assert written({"a": 0.1}) == '{\n  "a": 0.1\n}'


def test_a_member_is_found_at_the_outermost_level() -> None:
    for text, found in [
        ('{"key_id":"3","data":{"a":0.10},"trigger_id":"data"}', '{"a":0.10}'),
        ('{"data": {"data": 1}}', '{"data": 1}'),
        ('{"x": {"data": 1}, "data":2}', "2"),
        ('{"data":1,"data":2}', "2"),
        ('{"x": "data"}', None),
    ]:
        assert member(text, "data") == found


def test_repeated_keys_are_found_in_their_own_object_only() -> None:
    text = '{"a": 1, "b": {"a": 2, "a": 3}, "\\u0061": 4, "c": "a"}'
    assert list(repeated_keys(text)) == [("a", text.index('"a": 3')), ("a", text.index('"\\u0061"'))]


def test_what_is_certainly_meant_is_offered() -> None:
    for text, meant in [
        ('{"a": 1,}', '{"a":1}'),
        ('{"a": [1, 2,], }', '{"a":[1,2]}'),
        ("{“a”: “it’s”}", '{"a":"it’s"}'),
        ("{„a“: 0.10}", '{"a":0.10}'),
        ("{'a': 'say \"hi\"', 'b': 'it\\'s'}", '{"a":"say \\"hi\\"","b":"it\'s"}'),
        ('{"a": True, "b": None, "c": False}', '{"a":true,"b":null,"c":false}'),
        ('{"a": 1 // one\n, # two\n "b": /* three */ 2}', '{"a":1,"b":2}'),
        ('{"a":\u00a01,\u200b"b":2}', '{"a":1,"b":2}'),
        ('\ufeff{"a": 1}', '{"a":1}'),
        ('```json\n{"a": 1}\n```', '{"a":1}'),
        ('data = {"a": 1};', '{"a":1}'),
        ('{"a": {"b": [1', '{"a":{"b":[1]}}'),
        ('[{"a": 1.0}]', '{"a":1.0}'),
        ('"{\\"a\\": 1}"', '{"a":1}'),
        ('{"key_id": "3", "external_id": "x", "data": {"a": 0.10}}', '{"a":0.10}'),
        ('{"text": "a // b, # c, “d” \'e\'",}', '{"text":"a // b, # c, “d” \'e\'"}'),
    ]:
        found = repaired(text)
        assert found is not None, text
        assert compact(found) == meant, text


def test_what_may_mean_several_things_is_not_repaired() -> None:
    for text in [
        '{"a": }',
        '{"a" 1}',
        '{"a": 1} {"b": 2}',
        '{"a": undefined}',
        "hello",
        "",
        '{"a": 1]}',
        '{"a": "x',
        "[1]",
    ]:
        assert repaired(text) is None


REQUEST = TriggerRequest("100", "3", "thor@example.com", {"a": {"b": 1}})


def attempt(attempt_id: str, answer: Answer | None, request: TriggerRequest = REQUEST) -> Attempt:
    sent = replace(request, trigger_id=attempt_id)
    answered = {} if answer is None else {"outcome": outcome_of(answer), "answer": answer}
    return Attempt(
        attempt_id, "shop", "shop", sent, "purchase", datetime(2026, 1, 1, tzinfo=UTC), 0, **answered
    )


def differing(diff: JsonDiff) -> list[str]:
    return [f"{line.side}{line.text.strip()}" for line in diff.lines if line.side is not Side.BOTH]


def of_replies(left: bytes, right: bytes) -> JsonDiff:
    return diff_attempts(
        attempt("1", Reply(200, 0, "OK", body=left)), attempt("2", Reply(200, 0, "OK", body=right))
    ).reply


def test_the_order_of_keys_does_not_matter() -> None:
    same = of_replies(b'{"a": 1, "b": [1.5, {"c": null}]}', b'{ "b":[1.5,{"c":null}],"a":1 }')
    assert same.is_equal
    assert same.identical == 5, "three values of the body, outcome and status"


def test_each_line_that_differs_is_marked_with_its_side() -> None:
    left = {"data": {"name": "x", "size": 1}, "list": [1, 2, 3, 4], "only": 1}
    right = {"list": [1, 2, 9, 4, 5], "data": {"name": "y", "size": 1}}
    assert differing(diff_json(left, right)) == [
        '-"name": "x",', '+"name": "y",', "-3,", "+9,", "+5", '-"only": 1',
    ]  # fmt: skip


def test_a_comma_after_what_is_no_longer_last_is_no_difference() -> None:
    assert differing(diff_json({"a": 1}, {"a": 1, "b": 2})) == ['+"b": 2']


def test_only_the_surroundings_of_a_difference_are_shown() -> None:
    left = {f"k{number:02}": number for number in range(40)}
    shown = list(diff_json(left, left | {"k20": 0}).around_differences())
    assert [line and line.text.strip() for line in shown] == [
        None, '"k18": 18,', '"k19": 19,', '"k20": 20,', '"k20": 0,', '"k21": 21,', '"k22": 22,', None,
    ]  # fmt: skip


def test_types_count() -> None:
    assert differing(diff_json([1, True, None, "1"], ["1", 1, 0, 1])) != []
    assert diff_json([1], [True]).is_equal is False


def test_what_is_no_json_is_compared_by_lines() -> None:
    assert differing(of_replies(b"one\ntwo\nthree", b"one\n2\nthree")) == ['-"two",', '+"2",']
    assert not of_replies(b"<html>", b'{"a": 1}').is_equal


def test_nothing_is_too_deep_too_long_or_too_odd() -> None:
    deep = b"[" * 100_000
    assert of_replies(deep, deep).is_equal
    assert not of_replies(deep, b"[]").is_equal
    found = diff_json(list(range(5000)), list(range(5000)))
    assert (len(found.lines), found.left_out) == (MAX_LINES, 5002 - MAX_LINES)
    assert not diff_json(["\ud800"], ["\ud801"]).is_equal
    assert of_replies(b"[NaN]", b"[NaN]").is_equal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_nothing_differs_exactly_where_the_values_are_equal(left: object, right: object) -> None:
    canonical = [json.dumps(value, sort_keys=True) for value in (left, right)]
    diff = diff_json(left, right)
    assert diff.is_equal is (canonical[0] == canonical[1])
    assert [line.text for line in diff.lines if line.side is not Side.RIGHT] == json.dumps(
        left, indent=2, sort_keys=True, ensure_ascii=False
    ).splitlines()


def test_two_attempts_are_compared_in_request_and_reply() -> None:
    sent = attempt("one", Reply(200, 0, "OK", body=b'{"replyCode":0,"replyText":"OK"}'))
    same = attempt("two", Reply(200, 0, "OK", body=b'{"replyText": "OK", "replyCode": 0}'))
    assert diff_attempts(sent, same).is_equal, "a trigger id made from the attempt id is no difference"
    other = attempt(
        "three", NoReply("dns", "no", "Lost."), replace(REQUEST, external_id="sif@example.com", data=None)
    )
    found = diff_attempts(sent, other)
    assert '-"external_id": "thor@example.com",' in differing(found.request)
    assert '+"reason": "dns"' in differing(found.reply)
    assert differing(diff_attempts(sent, attempt("four", None)).reply)[-1] == '+"outcome": "sending"'
