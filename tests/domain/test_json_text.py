"""JSON as text: compact, indented and repaired, with every number and key as typed."""

import json

import pytest

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


@pytest.mark.parametrize(
    "value", [{}, {"a": []}, {"a": [1, [2, {}], {"b": None}], "c": "x, {y}: [z]"}, [], 7, "t"]
)
def test_it_is_indented_as_the_standard_library_does(value: object) -> None:
    assert indented(json.dumps(value)) == json.dumps(value, indent=2)


def test_escaped_letters_are_read_for_people_and_kept_for_the_wire() -> None:
    assert indented('["\\u00e9"]', unescaped=True) == '[\n  "é"\n]'
    assert indented('["\\u00e9"]') == '[\n  "\\u00e9"\n]'


def test_what_was_typed_is_written_as_typed() -> None:
    assert written(TypedObject({"a": 0.1}, '{"a":0.10}')) == '{\n  "a": 0.10\n}'
    assert written({"a": 0.1}) == '{\n  "a": 0.1\n}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"key_id":"3","data":{"a":0.10},"trigger_id":"data"}', '{"a":0.10}'),
        ('{"data": {"data": 1}}', '{"data": 1}'),
        ('{"x": {"data": 1}, "data":2}', "2"),
        ('{"data":1,"data":2}', "2"),
        ('{"x": "data"}', None),
    ],
)
def test_a_member_is_found_at_the_outermost_level(text: str, found: str | None) -> None:
    assert member(text, "data") == found


def test_repeated_keys_are_found_in_their_own_object_only() -> None:
    text = '{"a": 1, "b": {"a": 2, "a": 3}, "\\u0061": 4, "c": "a"}'
    assert list(repeated_keys(text)) == [("a", text.index('"a": 3')), ("a", text.index('"\\u0061"'))]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
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
    ],
)
def test_what_is_certainly_meant_is_offered(text: str, meant: str) -> None:
    found = repaired(text)
    assert found is not None
    assert compact(found) == meant


@pytest.mark.parametrize(
    "text",
    [
        '{"a": }',
        '{"a" 1}',
        '{"a": 1} {"b": 2}',
        '{"a": undefined}',
        "hello",
        "",
        '{"a": 1]}',
        '{"a": "x',
        "[1]",
    ],
)
def test_what_may_mean_several_things_is_not_repaired(text: str) -> None:
    assert repaired(text) is None
