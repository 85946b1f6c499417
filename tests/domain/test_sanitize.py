"""Text from outside, as it may be written to a terminal."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import sanitize, sanitize_block

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    "text", ["", "plain", "a b", "[/]", "[@click=app.quit]x", "Zoë", "漢字", "e\u0301", "🔥", "कि"]
)
def test_harmless_text_is_left_as_it_is(text: str) -> None:
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x00", "␀"),
        ("a\nb", "a␊b"),
        ("a\r\nb", "a␍␊b"),
        ("a\tb", "a␉b"),
        ("\x7f", "␡"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\u202egpj.exe", "⟨U+202E⟩gpj.exe"),
        ("\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩"),
        ("\u200e\u200f\u061c", "⟨U+200E⟩⟨U+200F⟩⟨U+061C⟩"),
        ("sif\u200b@example.com", "sif⟨U+200B⟩@example.com"),
        ("sif\u200d@example.com", "sif⟨U+200D⟩@example.com"),
        ("\ufeffid", "⟨U+FEFF⟩id"),
        ("a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("x\U000e0041", "x⟨U+E0041⟩"),
        ("\u3164", "⟨U+3164⟩"),
    ],
)
def test_what_fools_the_eye_or_the_terminal_is_made_visible(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("❤\ufe0f", "❤"),
        ("❤\ufe0f\u200d🔥", "❤🔥"),
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("می\u200cخواهم", "میخواهم"),
    ],
)
def test_the_invisible_parts_of_emoji_and_of_joined_scripts_are_left_out(text: str, shown: str) -> None:
    assert sanitize(text) == shown


def test_no_invisible_character_of_unicode_gets_through() -> None:
    invisible = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in INVISIBLE]
    through = [hex(ord(c)) for c in invisible if c in sanitize(f"x{c}x")]
    assert through == []


def test_long_text_is_capped_and_says_so() -> None:
    assert sanitize("x" * 300) == "x" * 300
    assert sanitize("x" * 301) == "x" * 299 + "…"
    assert sanitize("x" * 100_000, limit=5) == "xxxx…"


def test_text_that_grows_past_the_cap_when_made_visible_is_capped_too() -> None:
    assert sanitize("\u202e" * 300) == ("⟨U+202E⟩" * 38)[:299] + "…"


@given(st.text(st.characters(), max_size=400))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = sanitize(text)
    assert len(once) <= 300
    assert sanitize(once) == once


def test_a_block_keeps_its_lines_and_expands_its_tabs() -> None:
    assert sanitize_block("{\r\n\t1,\n\x1b\r}") == "{\n    1,\n␛␍}"


def test_a_block_says_how_much_it_leaves_out() -> None:
    assert sanitize_block("x" * 70_000) == "x" * 65_536 + "\n… 4,464 more characters are not shown"
    assert sanitize_block("x" * 65_536) == "x" * 65_536


def test_a_block_that_grows_when_made_visible_stays_within_its_limit() -> None:
    first, last = sanitize_block("\u202e" * 100, limit=100).split("\n")
    assert first == "⟨U+202E⟩" * 11
    assert last == "… 89 more characters are not shown"
