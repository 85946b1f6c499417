"""Reply codes are read together with the HTTP status; the documented table is kept to the letter."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.model import Reply, TriggerRequest
from app.domain.reply_codes import (
    advise_code,
    advise_status,
    clock_skew_s,
    describe,
    describe_reply,
    reply_text,
    retry_after_s,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_the_description_is_the_sentence_of_the_documented_table() -> None:
    for code, sentence in [
        (0, "OK"),
        (2004, "The field ID does not exist."),
        (2005, "The value of the key field was not provided or is empty."),
        (2008, "No match for the specified [key_id] - [external_id] pair."),
        (2010, "More than one contacts selected."),
        (5001, "The customer doesn't have an external event with the specified [id]."),
        (2012, "The customer doesn't have a contact with the specified [external_id]."),
        (4242, None),
        (None, None),
    ]:
        assert describe(code) == sentence


def test_the_reply_text_is_the_documented_one_with_the_values_of_the_request() -> None:
    for code, text in [
        (0, "OK"),
        (2004, "Invalid key field id: 3"),
        (2005, "No value provided for key field: 3"),
        (2008, "No contact found with the external id: 3 - {a}"),
        (2010, "More contacts found with the external id: 3 - {a}."),
        (5001, "Invalid event id for customer."),
        (2012, "Invalid contact id for customer."),
    ]:
        assert reply_text(code, TriggerRequest("100", "3", "{a}")) == text


def test_a_code_with_several_meanings_is_told_by_its_http_status() -> None:
    for http_status, code, description, advice in [
        (401, 1, "The credentials are invalid.", "user and secret"),
        (404, 1, "The address does not exist.", "base URL"),
        (500, 1, "The service had an internal error.", "whether the event arrived"),
        (
            429,
            7003,
            "Too many requests for this account and resource within the last minute.",
            "Wait a minute",
        ),
        (500, 7003, "The service had a database error.", "whether the event arrived"),
    ]:
        assert describe(code, http_status) == description
        assert advice in (advise_code(code, http_status, "100") or "")


def test_a_code_with_several_meanings_means_nothing_under_another_status() -> None:
    assert describe(7003, 400) is None
    assert advise_code(1, 400, "100") is None


def test_a_code_with_one_meaning_has_it_under_any_status() -> None:
    assert describe(2008, 200) == describe(2008, 404) == describe(2008)


def test_a_403_that_is_a_web_page_is_no_missing_permission() -> None:
    for body in (b"<html>Forbidden</html>", b"\n<!DOCTYPE html>", b"<HEAD>"):
        page = advise_status(Reply(403, None, None, body=body), NOW) or ""
        assert "A web page with HTTP 403" in page, body
        assert "proxy or firewall" in page, body
        assert "permission" not in page, body
    reply = advise_status(Reply(403, 1, "Forbidden", body=b'{"replyCode":1}'), NOW) or ""
    assert "lacks the permission externalevent.trigger" in reply


def test_what_a_gateway_said_decides_the_advice_on_signing_in() -> None:
    for text, advice in [
        ("Timeframe is invalid.", "Set the clock"),
        ("Unauthorized Time frame is invalid", "Set the clock"),
        ("WSSE authentication header is missing.", "OAuth profile with a base URL that ends in /api/v3"),
        ("Credentials are invalid.", "Check the profile's user and secret."),
        (None, "Check the profile's user and secret."),
    ]:
        assert advice in (advise_status(Reply(401, None, text), NOW) or "")


def test_429_says_that_nothing_was_triggered_only_about_a_trigger() -> None:
    reply = Reply(429, None, "Rate limit exceeded")
    assert advise_status(reply, NOW) == "Rate limit reached. Nothing was triggered. Try again in a minute."
    assert advise_status(reply, NOW, "field.list") == "Rate limit reached. Try again in a minute."


PUBLISHED = (
    1000, 1001, 1002, 1003, 1006, 1009, 1010, 2002, 2003, 2006, 2007, 2009, 2011, 2013, 2014, 2015, 2016, 2020, 3002,
    3003, 3004, 3005, 3006, 5002, 5003, 5004, 5005, 5008, 5009, 5010, 5011, 5012, 9001, 9002, 9003, 9004, 9005, 9006,
    10001,
)  # fmt: skip


def test_every_published_code_has_a_description_and_advice() -> None:
    assert all(describe(code) and advise_code(code, 400, "100") for code in PUBLISHED)


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


def test_the_skew_is_how_far_the_service_is_ahead() -> None:
    for header, skew in [
        (DATE, 0),
        ("Sun, 01 Mar 2026 12:07:30 GMT", 450),
        ("Sun, 01 Mar 2026 11:59:00 GMT", -60),
        ("Sun, 01 Mar 2026 13:00:00 +0100", 0),
        ("Sun Mar  1 12:00:00 2026", 0),
    ]:
        assert clock_skew_s(header, NOW) == skew


def test_no_date_or_a_date_that_is_none_tells_no_skew() -> None:
    for header in [None, *JUNK]:
        assert clock_skew_s(header, NOW) is None


def test_the_limit_resets_in_so_many_seconds() -> None:
    for reply, seconds in [
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
    ]:
        assert retry_after_s(reply, NOW) == seconds


def test_junk_tells_nothing_about_the_limit() -> None:
    for junk in JUNK:
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


def test_a_401_with_a_wrong_clock_says_by_how_much() -> None:
    for date, said in [
        ("Sun, 01 Mar 2026 12:12:00 GMT", "The clock of this machine is 12 minutes behind the service's"),
        ("Sun, 01 Mar 2026 11:48:00 GMT", "The clock of this machine is 12 minutes ahead of the service's"),
        (DATE, "The credentials were not accepted"),
        ("soon", "The credentials were not accepted"),
        (None, "The credentials were not accepted"),
    ]:
        assert (advise_status(Reply(401, 1, "Unauthorized", date=date), NOW) or "").startswith(said)


def test_a_reply_of_spaces_is_not_called_empty() -> None:
    assert describe_reply(200, None, b" " * 4096).endswith(": the reply is not the JSON of the API.")
    assert describe_reply(200, None, b"").endswith(": the reply is empty.")
