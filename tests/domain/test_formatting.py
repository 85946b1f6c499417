"""Numbers, shares and times as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.text import age, clock, count, duration, elapsed

NOW = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
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
    ],
)
def test_a_length_of_time_is_said_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "just now"), (2, "2 min ago"), (119, "1 h ago"), (2880, "2 days ago")]
)
def test_an_age_is_told_in_the_largest_unit_that_fits(minutes: int, said: str) -> None:
    assert age(NOW - timedelta(minutes=minutes), NOW) == said


def test_the_time_of_another_day_names_the_day() -> None:
    yesterday = (NOW - timedelta(days=1)).astimezone()
    assert clock(yesterday, NOW) == yesterday.strftime("%d %b %H:%M")
    assert clock(NOW, NOW) == NOW.astimezone().strftime("%H:%M:%S")


def test_numbers_and_durations_are_told_for_people() -> None:
    assert [count(1, "event"), count(1000, "contact")] == ["1 event", "1,000 contacts"]
    assert [elapsed(None), elapsed(12.4), elapsed(1500)] == ["", "12 ms", "1.5 s"]
