"""Equal triggers are equal however they were written, and different ones are not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.model import JsonObject, TriggerRequest
from app.domain.recipient import canonical_json, contact_fingerprint, request_fingerprint

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=4))
def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter(data: JsonObject) -> None:
    turned = json.loads(json.dumps(dict(reversed(data.items()))))
    assert canonical_json(turned) == canonical_json(data)


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": 1}, {"a": 1.0}), ({"a": 0}, {"a": -0.0}), ({}, None)],
)
def test_these_are_the_same(one: JsonObject, other: JsonObject | None) -> None:
    assert canonical_json(one) == canonical_json(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
        ({"a": 2**60}, {"a": float(2**60)}),
        ({"a": "x"}, {"a": "X"}),
    ],
)
def test_these_are_not(one: JsonObject, other: JsonObject) -> None:
    assert canonical_json(one) != canonical_json(other)


def test_an_e_mail_address_is_the_same_whatever_its_case_and_no_other_value_is() -> None:
    assert contact_fingerprint("here", "3", "Thor@Example.com") == contact_fingerprint(
        "here", "3", "thor@example.com"
    )
    assert contact_fingerprint("here", "10142", "C-1") != contact_fingerprint("here", "10142", "c-1")
    assert contact_fingerprint("here", "3", "\u00c9@example.com") != contact_fingerprint(
        "here", "3", "\u00e9@example.com"
    )


def test_a_send_differs_by_account_event_key_value_and_data_and_by_nothing_else() -> None:
    request = TriggerRequest("100", "3", "thor@example.com", {"a": 1}, "t1")
    mark = request_fingerprint("here", request, canonical_json(request.data))
    others = {
        request_fingerprint("there", request, canonical_json(request.data)),
        request_fingerprint("here", TriggerRequest("101", "3", "thor@example.com"), '{"a":1}'),
        request_fingerprint("here", TriggerRequest("100", "4", "thor@example.com"), '{"a":1}'),
        request_fingerprint("here", TriggerRequest("100", "3", "sif@example.com"), '{"a":1}'),
        request_fingerprint("here", request, ""),
    }
    assert len(others | {mark}) == 6
    assert (
        request_fingerprint("here", TriggerRequest("100", "3", "THOR@example.com", None, "t2"), '{"a":1}')
        == mark
    )


def test_any_text_has_a_mark_of_64_bits() -> None:
    assert -(2**63) <= contact_fingerprint("here", "\udcff", "\x00\ud800") < 2**63
