"""An event id as people give it: forgiven its marks, or found by the event's name, and never guessed in silence."""

import pytest

from app.domain.identifiers import Resolved, Unresolved, plain_id, resolve_event
from app.domain.model import ExternalEvent

EVENTS = (
    ExternalEvent("100", "purchase_confirmation"),
    ExternalEvent("101", "Password reset"),
    ExternalEvent("102", "password_changed"),
    ExternalEvent("103", "Welcome"),
    ExternalEvent("104", "welcome"),
    ExternalEvent("105", "twins"),
    ExternalEvent("106", "twins"),
)


def resolved(text: str) -> Resolved | Unresolved:
    return resolve_event(text, lambda: EVENTS)


def sentence(text: str) -> str:
    found = resolved(text)
    assert isinstance(found, Unresolved)
    return found.sentence


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("100257", "100257"),
        (" 100257\n", "100257"),
        ("\u00a0100257\u200b", "100257"),
        ("\ufeff100257", "100257"),
        ("\u202a100257\u202c", "100257"),
        ("\u2800100257\ufe0f", "100257"),
        ("\u00ad100257\u3164", "100257"),
        ("007", "007"),
        ("100,000,257", "100000257"),
        (" 100 257 ", "100257"),
        ("100.257", "100257"),
        ("100\u00a0257", "100257"),
        ("1\u2009100\u2009257", "1100257"),
        ("100\u202f257", "100257"),
        ("100'257", "100257"),
        ("100\u2019257", "100257"),
        ("100_257", "100257"),
    ],
)
def test_spaces_and_thousands_marks_are_forgiven(text: str, digits: str) -> None:
    assert plain_id(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "10 0",
        "100,25",
        "100,0000",
        "1,000.257",
        "1000,257",
        "-100",
        "1e3",
        "١٠٠",
        "100 and 101",
        ",100",
    ],
)
def test_what_is_no_number_in_groups_of_three_is_no_id(text: str) -> None:
    assert plain_id(text) is None


def test_plain_digits_are_taken_as_they_are_and_nothing_is_said_or_asked() -> None:
    assert resolve_event("999", lambda: pytest.fail("asked")) == Resolved("999")
    assert resolved(" 999 ") == Resolved("999")


def test_a_forgiven_id_is_said() -> None:
    assert resolved("100,257") == Resolved("100257", "'100,257' was read as event id 100257.")


@pytest.mark.parametrize(
    ("text", "event_id"),
    [
        ("purchase_confirmation", "100"),
        (" purchase_confirmation ", "100"),
        ("Purchase Confirmation", "100"),
        ("PURCHASE-CONFIRMATION", "100"),
        ("purch", "100"),
        ("confirm", "100"),
        ("password r", "101"),
        ("reset", "101"),
        ("Welcome", "103"),
        ("welcome", "104"),
    ],
)
def test_a_name_is_resolved_and_said(text: str, event_id: str) -> None:
    found = resolved(text)
    assert isinstance(found, Resolved)
    assert found.event_id == event_id
    assert found.said is not None
    assert f"was read as event {event_id} (" in found.said


@pytest.mark.parametrize("text", ["password", "WELCOME", "twins", "e"])
def test_a_name_of_several_events_names_them(text: str) -> None:
    found = resolved(text)
    assert isinstance(found, Unresolved)
    assert len(found.events) > 1
    assert "may be any of" in found.sentence


def test_candidates_are_named_with_their_ids() -> None:
    assert "101 (Password reset) or 102 (password_changed). Give the id of one." in sentence("password")


def test_a_misspelt_name_names_the_similar_ones() -> None:
    assert "Is it 100 (purchase_confirmation)?" in sentence("purchace_confirmation")


@pytest.mark.parametrize("text", ["zzz", "10 0", "...", "١٠٠"])
def test_what_means_nothing_says_what_an_id_is(text: str) -> None:
    assert "must be digits, or the name of an event" in sentence(text)


def test_nothing_is_missing() -> None:
    assert sentence(" \u00a0") == "The event id is missing."


def test_without_a_list_no_name_can_be_resolved() -> None:
    found = resolve_event("welcome", tuple)
    assert isinstance(found, Unresolved)
    assert "there are no events in the cache" in found.sentence
