"""Texts are folded as people type them."""

import pytest

from app.domain.identifiers import fold, is_number, search_forms, search_text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße", "strasse"),
        ("ŒUVRE", "oeuvre"),
        ("Þórður", "thordur"),
        ("Χαράλαμπος", "χαραλαμποσ"),
        ("Nguyễn", "nguyen"),
        ("한국", "한국"),
        ("Éçã", "eca"),
    ],
)
def test_a_text_is_folded_to_plain_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("+44 7700 900123", "7700900123"),
        ("+1 (202) 555-0143", "2025550143"),
        ("+353 20 912 3456", "209123456"),
        ("0049 30/123456", "30123456"),
        ("0221 123 45", "22112345"),
        ("C-10001", "c10001"),
        ("SW1A 1AA", "sw1a1aa"),
        ("Øre", "oere"),
        ("Ångström", "aangstroem"),
    ],
)
def test_other_ways_to_write_a_value_are_words_too(value: str, line: str) -> None:
    assert line in search_text((value, "Odin")).split("\n")


@pytest.mark.parametrize(
    "value", ["68 Mill Lane", "Odin Borson", "garden, kitchen", "thor@example.com", "12345"]
)
def test_other_values_add_no_words(value: str) -> None:
    assert search_text((value,)) == value.lower()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("thor", ("thor",)),
        ("Jürg", ("jurg", "juerg")),
        ("C-10006", ("c-10006", "c10006")),
        ("07700 900511", ("07700 900511", "07700900511", "7700900511")),
        ("+447700900511", ("+447700900511", "447700900511", "7700900511")),
        ("12", ("12",)),
    ],
)
def test_a_typed_word_may_mean_several_words(word: str, forms: tuple[str, ...]) -> None:
    assert set(search_forms(word)) == set(forms)
    assert search_forms(word)[0] == forms[0]


def test_a_number_may_have_separators_but_no_letters() -> None:
    assert [is_number(text) for text in ("(0221) 55/6.7-8", "+4", "7", "-", "c7", "1@2")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
