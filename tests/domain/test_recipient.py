"""Whom a key finds, in words, and for whom event data are."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.domain.model import Contact, JsonObject, TriggerRequest
from app.domain.recipient import (
    DataUse,
    Recipient,
    canonical_json,
    contact_fingerprint,
    data_use_after,
    nobody_words,
    request_fingerprint,
    shared_words,
)

THOR = Contact("11", "u11", {"1": "Thor", "2": "Odinson", "3": "thor@example.com"})
SIF = Contact("15", "u15", {"1": "Sif", "3": "sif@example.com"})
NAMELESS = Contact("14", "u14")
FIRST, THEN = datetime(2026, 11, 29, 22, 10, tzinfo=UTC), datetime(2026, 11, 29, 22, 20, tzinfo=UTC)
TO_THOR, TO_SIF = (
    TriggerRequest("100", "3", "thor@example.com"),
    TriggerRequest("100", "3", "sif@example.com"),
)


def use(data: str, contact: Contact | None, at: datetime = FIRST, external_id: str | None = None) -> DataUse:
    value = contact.value("3") if contact else ""
    return DataUse(data, "3", value if external_id is None else external_id, contact, at)


def test_contacts_that_share_a_value_are_named_up_to_three() -> None:
    for contacts, total, said in [
        ((THOR, SIF), 2, "2 contacts share this E-Mail (3): Thor Odinson (11), Sif (15)"),
        ((THOR, SIF, NAMELESS), 3, "3 contacts share this E-Mail (3): Thor Odinson (11), Sif (15), without a name (14)"),
        (
            (THOR, SIF, NAMELESS, THOR),
            7,
            "7 contacts share this E-Mail (3): Thor Odinson (11), Sif (15), without a name (14) and 4 more",
        ),
        (
            (THOR, SIF, NAMELESS, THOR),
            1000,
            "1,000+ contacts share this E-Mail (3): Thor Odinson (11), Sif (15), without a name (14) and 997+ more",
        ),
    ]:  # fmt: skip
        assert shared_words(contacts, total, "E-Mail (3)") == said


def test_nobody_is_said_as_far_as_it_is_known() -> None:
    assert nobody_words("E-Mail (3)", complete=True) == "No contact has this E-Mail (3)"
    assert nobody_words("E-Mail (3)", complete=False) == "This contact is not in the local list"


def test_a_recipient_is_one_contact() -> None:
    for found, only, reachable in [
        (Recipient((THOR,), 1, True), THOR, True),
        (Recipient((THOR,), 1, False), THOR, True),
        (Recipient((THOR, SIF), 2, True), None, False),
        (Recipient((), 0, True), None, False),
        (Recipient((), 0, False), None, True),
    ]:
        assert (found.only, found.reachable) == (only, reachable), found


def test_changed_data_are_for_the_recipient_of_that_moment_and_stay_theirs() -> None:
    thors = data_use_after(None, use("{a}", THOR), "")
    assert thors == use("{a}", THOR)
    assert data_use_after(thors, use("{a}", SIF, THEN), "15") == thors
    assert data_use_after(thors, use("{b}", SIF, THEN), "15") == use("{b}", SIF, THEN)


def test_emptied_data_say_nothing_new() -> None:
    thors = use("{a}", THOR)
    assert data_use_after(thors, use("", SIF, THEN), "15") == thors
    assert data_use_after(None, use("", SIF), "15") is None


def test_data_that_were_there_first_are_for_the_first_chosen_contact_not_for_one_found_in_typing() -> None:
    nobodys = use("{a}", None)
    assert data_use_after(nobodys, use("{a}", THOR, THEN), "") == nobodys
    assert data_use_after(nobodys, use("{a}", THOR, THEN), "11") == use("{a}", THOR, THEN)


def test_one_person_is_known_by_any_key() -> None:
    for earlier, request_, contact, same in [
        (use("{a}", THOR), TriggerRequest("100", "id", "11"), THOR, True),
        (use("{a}", THOR), TO_SIF, SIF, False),
        (use("{a}", None, external_id="thor@example.com"), TriggerRequest("100", "id", "11"), THOR, True),
        (use("{a}", None, external_id="THOR@example.com"), TO_THOR, None, True),
        (use("{a}", None, external_id=" thor@example.com"), TO_THOR, THOR, True),
        (use("{a}", None, external_id="thor@example.com"), TO_SIF, None, False),
        (use("{a}", THOR), TO_SIF, None, False),
    ]:
        assert earlier.is_for(request_, contact) is same


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=4))
def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter(data: JsonObject) -> None:
    turned = json.loads(json.dumps(dict(reversed(data.items()))))
    assert canonical_json(turned) == canonical_json(data)


def test_these_are_the_same() -> None:
    for one, other in [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 0}, {"a": -0.0}),
        ({}, None),
    ]:
        assert canonical_json(one) == canonical_json(other)


def test_these_are_not() -> None:
    for one, other in [
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
        ({"a": 2**60}, {"a": float(2**60)}),
        ({"a": "x"}, {"a": "X"}),
    ]:
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
