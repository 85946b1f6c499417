"""Placeholders are filled inside texts, once, whole, or named."""

import pytest

from app.domain.event_data import Filled, fill_placeholders, parse_event_data, placeholders_in
from app.domain.json_text import TypedObject
from app.domain.model import Contact
from tests.domain.accounts import HandMadeAccount

THOR = Contact("11", "mJ0LniR9aKhM", {"1": 'Th"or', "2": "{{contact.id}}", "3": "thor@example.com"})


def fill(data: dict[str, object], contact: Contact | None = THOR, name: str | None = "purchase") -> Filled:
    return fill_placeholders(data, contact, name, HandMadeAccount())


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{field:1}}", 'Th"or'),
        ("Dear {{field:1}}, {{ field:1 }}!", 'Dear Th"or, Th"or!'),
        ("{{contact.uid}}/{{contact.id}}", "mJ0LniR9aKhM/11"),
        ("{{event.name}}", "purchase"),
        ("{{field: 3}}", "thor@example.com"),
    ],
)
def test_a_placeholder_becomes_the_value(text: str, filled: str) -> None:
    found = fill({"a": [{"b": text}], "c": 1})
    assert found.data == {"a": [{"b": filled}], "c": 1}
    assert found.fault is None


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    assert fill({"a": "{{field:2}}"}).data == {"a": "{{contact.id}}"}


@pytest.mark.parametrize(
    "text", ["{{name}}", "{{ customer.name }}", "{field:1}", "{{fields:1}}", "{{", "{{}}"]
)
def test_other_braces_are_left_alone(text: str) -> None:
    assert fill({"a": text}) == Filled({"a": text})


def test_keys_are_left_alone() -> None:
    assert fill({"{{field:1}}": "x"}).data == {"{{field:1}}": "x"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{field:4}}", "contact 11 has no 4"),
        ("{{field:10142}}", "contact 11 has no Customer number (10142)"),
        ("{{contact.name}}", "there is no such placeholder"),
        ("{{field:email}}", "there is no such placeholder"),
        ("{{event.id}}", "there is no such placeholder"),
    ],
)
def test_what_cannot_be_filled_is_named_with_the_reason(text: str, why: str) -> None:
    found = fill({"a": text})
    assert found.missing == {text: why}
    assert found.data == {"a": text}
    assert found.fault == f"The event data cannot be filled: {text}: {why}."


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
