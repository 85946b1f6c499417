"""What the headers of a refusal tell, and that nonsense in them tells nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.model import Reply
from app.domain.reply_codes import advise_status, clock_skew_s, retry_after_s

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
UNIX = 1_772_366_400
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
JUNK = [
    "",
    " ",
    "soon",
    "-5",
    "1.5",
    "٣",
    "²",
    "9" * 400,
    "Sun, 99 Mar 2026 12:00:00 GMT",
    "\x00",
    "0x10",
    "1e9",
]


def limited(retry_after: str | None = None, limit_reset: str | None = None, date: str | None = None) -> Reply:
    return Reply(429, None, None, retry_after=retry_after, limit_reset=limit_reset, date=date)


@pytest.mark.parametrize(
    ("header", "skew"),
    [
        (DATE, 0),
        ("Sun, 01 Mar 2026 12:07:30 GMT", 450),
        ("Sun, 01 Mar 2026 11:59:00 GMT", -60),
        ("Sun, 01 Mar 2026 13:00:00 +0100", 0),
        ("Sun Mar  1 12:00:00 2026", 0),
    ],
)
def test_the_skew_is_how_far_the_service_is_ahead(header: str, skew: float) -> None:
    assert clock_skew_s(header, NOW) == skew


@pytest.mark.parametrize("header", [None, *JUNK])
def test_no_date_or_a_date_that_is_none_tells_no_skew(header: str | None) -> None:
    assert clock_skew_s(header, NOW) is None


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (limited(retry_after="42"), 42),
        (limited(retry_after=" 0 "), 0),
        (limited(retry_after="Sun, 01 Mar 2026 12:00:42 GMT"), 42),
        (limited(limit_reset=str(UNIX + 17)), 17),
        (limited(limit_reset=str(UNIX - 3)), 0),
        (limited(retry_after="42", limit_reset=str(UNIX + 17)), 42),
        (limited(retry_after="soon", limit_reset=str(UNIX + 17)), 17),
        (limited(retry_after="7200"), 3600),
        (limited(limit_reset=str(UNIX + 7200)), 3600),
        (limited(retry_after="86401"), None),
        (limited(limit_reset=str(UNIX + 10**9)), None),
        (limited(limit_reset="60"), None),
        (limited(), None),
    ],
)
def test_the_limit_resets_in_so_many_seconds(reply: Reply, seconds: int | None) -> None:
    assert retry_after_s(reply, NOW) == seconds


@pytest.mark.parametrize("junk", JUNK)
def test_junk_tells_nothing_about_the_limit(junk: str) -> None:
    assert retry_after_s(limited(junk, junk, junk), NOW) is None


def test_a_point_in_time_is_measured_by_the_clock_of_the_service() -> None:
    an_hour_slow = NOW - timedelta(hours=1)
    assert retry_after_s(limited(limit_reset=str(UNIX + 17), date=DATE), an_hour_slow) == 17


@given(st.text(), st.text(), st.text())
def test_headers_of_any_text_are_read_or_ignored(retry_after: str, limit_reset: str, date: str) -> None:
    seconds = retry_after_s(limited(retry_after, limit_reset, date), NOW)
    assert seconds is None or 0 <= seconds <= 3600


DATE_LIKE = st.from_regex(
    r"\A(Mon|Sun|)[, ]{0,2}[0-9]{0,9} ?(Jan|Mar|xx) ?-?[0-9]{0,12} ?[0-9:.]{0,12} ?(GMT|[+-][0-9]{0,20}|)\Z"
)


@given(DATE_LIKE)
def test_headers_like_dates_are_read_or_ignored(text: str) -> None:
    skew = clock_skew_s(text, NOW)
    assert skew is None or isinstance(skew, float)


def test_a_missing_permission_is_named_as_that_of_the_call() -> None:
    assert "permission externalevent.trigger." in (advise_status(Reply(403, None, None), NOW) or "")
    assert "permission field.list." in (advise_status(Reply(403, None, None), NOW, "field.list") or "")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Sun, 01 Mar 2026 12:12:00 GMT", "The clock of this machine is 12 minutes behind the service's"),
        ("Sun, 01 Mar 2026 11:48:00 GMT", "The clock of this machine is 12 minutes ahead of the service's"),
        (DATE, "The credentials were not accepted"),
        ("soon", "The credentials were not accepted"),
        (None, "The credentials were not accepted"),
    ],
)
def test_a_401_with_a_wrong_clock_says_by_how_much(date: str | None, said: str) -> None:
    assert (advise_status(Reply(401, 1, "Unauthorized", date=date), NOW) or "").startswith(said)
