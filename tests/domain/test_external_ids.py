"""External ids as people paste them: what else they may mean, what is invisible in them, and near misses."""

import pytest

from app.domain.identifiers import differs_by, hidden_words, readings

THOR = "thor@example.com"


@pytest.mark.parametrize(
    "text",
    [
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
    ],
)
def test_the_address_in_a_text_is_taken(text: str) -> None:
    found = readings(text, is_email=True)[0]
    assert found.value == THOR
    assert found.fault
    assert found.step


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('"C-10011"', ["C-10011"]),
        ("C-10011;", ["C-10011"]),
        ("C-\u200b10011", ["C-10011"]),
        ("7\u00a0900", ["7 900"]),
        ("11\tThor\tC-10011", ["11", "Thor", "C-10011"]),
        ("Thor <thor@example.com>", ["Thor <thor@example.com", THOR]),
        ("  ", [""]),
        ("\u200b", [""]),
    ],
)
def test_other_values_are_taken_out_of_what_is_around_them(text: str, values: list[str]) -> None:
    assert [one.value for one in readings(text, is_email=False)][: len(values)] == values


@pytest.mark.parametrize(
    "text",
    [
        THOR,
        "o'brien+shop@example.com",
        "Søren@example.com",
        "C-10011",
        "a b",
        "",
        "thor@exmaple.comthor@example.com",
        "x" * 5000 + " ",
    ],
)
def test_nothing_odd_has_no_other_reading(text: str) -> None:
    assert readings(text, is_email=True) == ()


def test_of_two_addresses_none_is_taken() -> None:
    both = "thor@example.com; sif@example.com"
    assert all(both.startswith(one.value) for one in readings(f"{both};", is_email=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
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
    ],
)  # fmt: skip
def test_what_is_invisible_is_named_by_code_and_place(text: str, words: str) -> None:
    assert hidden_words(text) == words


@pytest.mark.parametrize(
    "typed",
    ["thor@exmaple.com", "thro@example.com", "tor@example.com", "thor@example.co", "hor@exampel.com",
     "thor@example,com", "thorr@example.comm", "Thor@example.com", "thor.example.com"],
)  # fmt: skip
def test_one_or_two_letters_may_be_mistyped(typed: str) -> None:
    assert differs_by(THOR, typed, 2)
    assert differs_by(typed, THOR, 2)


@pytest.mark.parametrize(
    "typed", ["thora@exmaple.co", "sif@example.com", "", "thor@example", "roth@example.com"]
)
def test_three_letters_are_another_value(typed: str) -> None:
    assert not differs_by(THOR, typed, 2)
