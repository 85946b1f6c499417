"""Ids and values as people type, paste and search them."""

import pytest

from app.domain.identifiers import (
    Resolved,
    Unresolved,
    differs_by,
    fold,
    hidden_words,
    is_number,
    plain_id,
    readings,
    resolve_event,
    search_forms,
    search_text,
)
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


def test_spaces_and_thousands_marks_are_forgiven() -> None:
    for text, digits in [
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
    ]:
        assert plain_id(text) == digits


def test_what_is_no_number_in_groups_of_three_is_no_id() -> None:
    for text in [
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
    ]:
        assert plain_id(text) is None


def test_plain_digits_are_taken_as_they_are_and_nothing_is_said_or_asked() -> None:
    assert resolve_event("999", lambda: pytest.fail("asked")) == Resolved("999")
    assert resolved(" 999 ") == Resolved("999")


def test_a_forgiven_id_is_said() -> None:
    assert resolved("100,257") == Resolved("100257", "'100,257' was read as event id 100257.")


def test_a_name_is_resolved_and_said() -> None:
    for text, event_id in [
        ("purchase_confirmation", "100"),
        (" purchase_confirmation ", "100"),
        ("Purchase Confirmation", "100"),
        ("PURCHASE-CONFIRMATION", "100"),
        ("password-reset", "101"),
        ("Welcome", "103"),
        ("welcome", "104"),
    ]:
        found = resolved(text)
        assert isinstance(found, Resolved), text
        assert found.event_id == event_id, text
        assert found.said is not None, text
        assert f"was read as event {event_id} (" in found.said, text


def test_a_name_of_several_events_names_them() -> None:
    for text in ["password", "WELCOME", "twins", "e"]:
        found = resolved(text)
        assert isinstance(found, Unresolved), text
        assert len(found.events) > 1, text
        assert "may be any of" in found.sentence, text


def test_candidates_are_named_with_their_ids() -> None:
    assert "101 (Password reset) or 102 (password_changed). Give the id of one." in sentence("password")


def test_a_misspelt_name_names_the_similar_ones() -> None:
    assert "Is it 100 (purchase_confirmation)?" in sentence("purchace_confirmation")


def test_a_part_of_a_name_names_the_event_but_is_not_taken_for_it() -> None:
    for text in ["purch", "confirm", "CONFIRMATION"]:
        assert sentence(text).endswith("is neither. Is it 100 (purchase_confirmation)?"), text


def test_what_means_nothing_says_what_an_id_is() -> None:
    for text in ["zzz", "10 0", "...", "١٠٠"]:
        assert "must be digits, or the name of an event" in sentence(text)


def test_nothing_is_missing() -> None:
    assert sentence(" \u00a0") == "The event id is missing."


def test_without_a_list_no_name_can_be_resolved() -> None:
    found = resolve_event("welcome", tuple)
    assert isinstance(found, Unresolved)
    assert "there are no events in the cache" in found.sentence


THOR = "thor@example.com"


def test_the_address_in_a_text_is_taken() -> None:
    for text in [
        "Thor Odinson <thor@example.com>",
        '"Odinson, Thor" <thor@example.com>;',
        "mailto:thor@example.com",
        "mailto:thor%40example.com?subject=Hello",
        '"thor@example.com"',
        "'thor@example.com'",
        "„thor@example.com“",
        "«thor@example.com»",
        "thor@example.com;",
        "thor@example.com, ",
        "<thor@example.com>",
        "(thor@example.com).",
        "11\tThor\tOdinson\tthor@example.com\tAsgard",
        "Thor <thor@example.com> <thor@example.com>",
        "thor @example.com",
        "thor@ example . com",
        "th\u200bor@exam\u00adple.com",
        "\ufeffThor\u00a0<thor@example.com>\u200e",
        "\u2066thor@example.com\u2069",
        "thor\U000e0041@example.com\ufe0f",
        "thor@example.com\r\n",
        " thor@example.com\t",
    ]:
        found = readings(text, is_email=True)[0]
        assert found.value == THOR, text
        assert found.fault, text
        assert found.step, text


def test_other_values_are_taken_out_of_what_is_around_them() -> None:
    for text, values in [
        ('"C-10011"', ["C-10011"]),
        ("C-10011;", ["C-10011"]),
        ("C-\u200b10011", ["C-10011"]),
        ("7\u00a0900", ["7 900"]),
        ("11\tThor\tC-10011", ["11", "Thor", "C-10011"]),
        ("Thor <thor@example.com>", ["Thor <thor@example.com", THOR]),
        ("  ", [""]),
        ("\u200b", [""]),
    ]:
        assert [one.value for one in readings(text, is_email=False)][: len(values)] == values


def test_nothing_odd_has_no_other_reading() -> None:
    for text in [
        THOR,
        "o'brien+shop@example.com",
        "Søren@example.com",
        "C-10011",
        "a b",
        "",
        "thor@exmaple.comthor@example.com",
        "x" * 5000 + " ",
    ]:
        assert readings(text, is_email=True) == ()


def test_of_two_addresses_none_is_taken() -> None:
    both = "thor@example.com; sif@example.com"
    assert all(both.startswith(one.value) for one in readings(f"{both};", is_email=True))


def test_what_is_invisible_is_named_by_code_and_place() -> None:
    for text, words in [
        ("thor ", "1 space after it"),
        ("  thor", "2 spaces before it"),
        ("   ", "nothing but 3 spaces"),
        ("th\u200bor", "1 U+200B (zero width space) at character 3"),
        ("th\u202e\u202eor", "2 U+202E (right-to-left override) at character 3"),
        ("thor\u3164", "1 U+3164 (hangul filler) at character 5"),
        ("\ufeffthor\u00a0", "1 U+FEFF (zero width no-break space) at character 1 and 1 U+00A0 (no-break space) at character 6"),
        ("thor\x07", "1 U+0007 at character 5"),
        ("t\u200ch\u200do\u2060r\u00ad!\u180e", "1 U+200C (zero width non-joiner) at character 2 and "
         "1 U+200D (zero width joiner) at character 4 and 1 U+2060 (word joiner) at character 6 and 2 more invisible characters"),
        ("Thor Odinson", ""),
        ("", ""),
    ]:  # fmt: skip
        assert hidden_words(text) == words


def test_one_or_two_letters_may_be_mistyped() -> None:
    for typed in ["thor@exmaple.com", "thro@example.com", "tor@example.com", "thor@example.co", "hor@exampel.com",
     "thor@example,com", "thorr@example.comm", "Thor@example.com", "thor.example.com"]:  # fmt: skip
        assert differs_by(THOR, typed, 2)
        assert differs_by(typed, THOR, 2)


def test_three_letters_are_another_value() -> None:
    for typed in ["thora@exmaple.co", "sif@example.com", "", "thor@example", "roth@example.com"]:
        assert not differs_by(THOR, typed, 2)


def test_a_text_is_folded_to_plain_letters() -> None:
    for text, folded in [
        ("Straße", "strasse"),
        ("ŒUVRE", "oeuvre"),
        ("Þórður", "thordur"),
        ("Χαράλαμπος", "χαραλαμποσ"),
        ("Nguyễn", "nguyen"),
        ("한국", "한국"),
        ("Éçã", "eca"),
    ]:
        assert fold(text) == folded


def test_other_ways_to_write_a_value_are_words_too() -> None:
    for value, line in [
        ("+44 7700 900123", "7700900123"),
        ("+1 (202) 555-0143", "2025550143"),
        ("+353 20 912 3456", "209123456"),
        ("0049 30/123456", "30123456"),
        ("0221 123 45", "22112345"),
        ("C-10001", "c10001"),
        ("SW1A 1AA", "sw1a1aa"),
        ("Øre", "oere"),
        ("Ångström", "aangstroem"),
    ]:
        assert line in search_text((value, "Odin")).split("\n")


def test_other_values_add_no_words() -> None:
    for value in ["68 Mill Lane", "Odin Borson", "garden, kitchen", "thor@example.com", "12345"]:
        assert search_text((value,)) == value.lower()


def test_a_typed_word_may_mean_several_words() -> None:
    for word, forms in [
        ("thor", ("thor",)),
        ("Jürg", ("jurg", "juerg")),
        ("C-10006", ("c-10006", "c10006")),
        ("07700 900511", ("07700 900511", "07700900511", "7700900511")),
        ("+447700900511", ("+447700900511", "447700900511", "7700900511")),
        ("12", ("12",)),
    ]:
        assert set(search_forms(word)) == set(forms)
        assert search_forms(word)[0] == forms[0]


def test_a_number_may_have_separators_but_no_letters() -> None:
    assert [is_number(text) for text in ("(0221) 55/6.7-8", "+4", "7", "-", "c7", "1@2")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
