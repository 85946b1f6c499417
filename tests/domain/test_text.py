"""Text for people: harmless to a terminal, numbers and times, and the reference of an attempt, found again."""

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import (
    age,
    clock,
    count,
    duration,
    elapsed,
    id_prefixes,
    sanitize,
    sanitize_block,
    short_id,
)

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_harmless_text_is_left_as_it_is() -> None:
    for text in ["", "plain", "a b", "[/]", "[@click=app.quit]x", "Zoë", "漢字", "e\u0301", "🔥", "कि"]:
        assert sanitize(text) == text


def test_what_fools_the_eye_or_the_terminal_is_made_visible() -> None:
    for text, shown in [
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
    ]:
        assert sanitize(text) == shown


def test_the_invisible_parts_of_emoji_and_of_joined_scripts_are_left_out() -> None:
    for text, shown in [
        ("❤\ufe0f", "❤"),
        ("❤\ufe0f\u200d🔥", "❤🔥"),
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("می\u200cخواهم", "میخواهم"),
    ]:
        assert sanitize(text) == shown


def test_no_invisible_character_of_unicode_gets_through() -> None:
    # The planes between these hold ideographs and private characters alone.
    assigned = (*range(0x20000), *range(0xE0000, 0xE1000))
    invisible = [c for c in map(chr, assigned) if unicodedata.category(c) in INVISIBLE]
    through = {*invisible} & {*sanitize("x".join(invisible), 10_000_000)}
    assert [hex(ord(c)) for c in through] == []


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


NOW = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)


def test_a_length_of_time_is_said_in_words() -> None:
    for seconds, words in [
        (0, "0 seconds"),
        (1, "1 second"),
        (-1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (450, "8 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (200_000, "2 days"),
        (63_072_000_000, "730,000 days"),
    ]:
        assert duration(seconds) == words


def test_an_age_is_told_in_the_largest_unit_that_fits() -> None:
    for minutes, said in [(0, "just now"), (2, "2 min ago"), (119, "1 h ago"), (2880, "2 days ago")]:
        assert age(NOW - timedelta(minutes=minutes), NOW) == said


def test_the_time_of_another_day_names_the_day() -> None:
    yesterday = (NOW - timedelta(days=1)).astimezone()
    assert clock(yesterday, NOW) == yesterday.strftime("%d %b %H:%M")
    assert clock(NOW, NOW) == NOW.astimezone().strftime("%H:%M:%S")


def test_numbers_and_durations_are_told_for_people() -> None:
    assert [count(1, "event"), count(1000, "contact")] == ["1 event", "1,000 contacts"]
    assert [elapsed(None), elapsed(12.4), elapsed(1500)] == ["", "12 ms", "1.5 s"]


def test_the_reference_is_the_first_35_bits_in_seven_digits() -> None:
    for attempt_id, reference in [
        ("00000000-0000-4000-8000-000000000000", "000-0000"),
        ("ffffffff-ffff-4fff-bfff-ffffffffffff", "ZZZ-ZZZZ"),
        ("00000000-1fff-4000-8000-000000000000", "000-0000"),
        ("00000000-2000-4000-8000-000000000000", "000-0001"),
        ("0044322a-6d09-4000-8000-000000000000", "012-34AK"),
    ]:
        assert short_id(attempt_id) == reference


def test_what_is_no_uuid_is_its_own_reference() -> None:
    assert short_id("a1") == "a1"


@given(st.uuids(version=4))
def test_an_attempt_is_found_by_its_reference(attempt_id: uuid.UUID) -> None:
    reference = short_id(str(attempt_id))
    assert len(reference) == 8
    assert not set(reference) & set("ILOU")
    assert any(str(attempt_id).startswith(beginning) for beginning in id_prefixes(reference))


def test_a_reference_may_be_written_as_it_was_heard() -> None:
    for heard in ["012-34AK", "01234ak", " o12 34ak", "OI2-34AK", "0l2–34AK", "012 34 AK"]:
        assert id_prefixes(heard) == id_prefixes("012-34AK")


def test_other_texts_are_no_references() -> None:
    for text in ["", "012-34A", "012-34AKX", "U12-34AK", "thor@ex", "é12-34AK"]:
        assert id_prefixes(text) == ()
