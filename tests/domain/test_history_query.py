"""The line in which a query is written: what it means, and how it explains its faults."""

import math
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.history_query import (
    Clock,
    Filter,
    HistoryQuery,
    Order,
    QueryFaultError,
    QueryField,
    Range,
    SortColumn,
    Value,
    Word,
    completion,
    filter_text,
    parse_query,
    proposal,
    replaced,
    with_order,
)

NOW = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(NOW, BERLIN)


def parsed(line: str) -> HistoryQuery:
    return parse_query(line, CLOCK)


def only(line: str) -> Filter:
    (found,) = parsed(line).filters
    return found


def test_an_empty_line_means_every_attempt_newest_first() -> None:
    assert parsed("") == parsed("  \t ") == HistoryQuery()
    assert parsed("").is_everything
    assert parsed("").order == Order(SortColumn.TIME, descending=True)


def test_filters_a_time_and_a_word_stand_in_one_line() -> None:
    assert parsed("code:2008 event:12 since:1d thor") == HistoryQuery(
        (Filter(QueryField.CODE, (Value("2008"),)), Filter(QueryField.EVENT, (Value("12"),))),
        (Word("thor"),),
        NOW - timedelta(days=1),
    )


def test_several_values_are_any_of_them_by_commas_or_by_naming_the_field_again() -> None:
    both = (Value("rejected"), Value("not_sent"))
    assert only("outcome:rejected,not_sent").values == both
    assert only("outcome:rejected OUTCOME:not-sent").values == both
    assert only("previous:rejected,not-sent") == Filter(QueryField.PREVIOUS, both)
    assert only("settled:arrived,did_not") == Filter(QueryField.SETTLED, (Value("arrived"), Value("did-not")))
    assert only("code:2004-2012,5001").values == (Range(2004, 2012), Value("5001"))
    assert only("status:5xx,404").values == (Range(500, 599), Value("404"))
    assert only("took:>=1000,<2.5").values == (Range(1000, None), Range(None, math.nextafter(2.5, 0)))
    assert only("took:>1000").values == (Range(math.nextafter(1000, 2000), None),)
    assert only("outcome:failed,partial").values == tuple(
        map(Value, ("rejected", "not_sent", "unknown", "partial"))
    )
    assert only("note:odin").values == only('note:"odin"').values == (Value("*odin*", True),)
    assert only("note:none").values == (Value("none"),)
    assert only("person:a,b").values == (Value("a,b"),)
    assert only("code:2008,02008,none").values == (Value("2008"), Value("2008"), Value("none"))


def test_a_hyphen_before_means_none_of_them() -> None:
    assert only("-key:3,uid") == Filter(QueryField.KEY, (Value("3"), Value("uid")), negated=True)
    assert parsed('-thor -"x y"').words == (Word("thor", negated=True), Word("x y", negated=True))
    assert len(parsed("code:1 -code:2").filters) == 2


def test_what_is_in_quotes_is_taken_as_it_stands() -> None:
    assert parsed('"code:2008 -x"').words == (Word("code:2008 -x"),)
    assert parsed(r'"say \"hi\" \\ \n"').words == (Word('say "hi" \\ n'),)
    assert only('event:"a, b"').values == (Value("a, b"),)
    assert only('contact:""').values == (Value(""),)
    assert parsed('a"b').words == (Word('a"b'),)


def test_a_star_outside_of_quotes_stands_for_any_characters() -> None:
    assert only("contact:*@example.com").values == (Value("*@example.com", pattern=True),)
    assert only('contact:"*"').values == (Value("*"),)
    assert only("contact:a,b").values == (Value("a,b"),)


def test_times_are_read_in_the_zone_that_is_given() -> None:
    for line, since, until in [
        ("since:90m", datetime(2026, 3, 29, 8, 30, tzinfo=UTC), None),
        ("since:2w", datetime(2026, 3, 15, 10, 0, tzinfo=UTC), None),
        ("until:30s", None, datetime(2026, 3, 29, 9, 59, 30, tzinfo=UTC)),
        ("since:today", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), None),
        ("until:yesterday", None, datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("since:2026-03-01T10:31", datetime(2026, 3, 1, 9, 31, tzinfo=UTC), None),
        ("until:2026-03-01T10:31:05Z", None, datetime(2026, 3, 1, 10, 31, 5, tzinfo=UTC)),
        (
            "on:2026-07-01",
            datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
            datetime(2026, 7, 1, 22, 0, tzinfo=UTC),
        ),
        ("since:2026-03-01 until:2026-03-02", datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC)),
        ("since:1d since:1h", datetime(2026, 3, 29, 9, 0, tzinfo=UTC), None),
    ]:  # fmt: skip
        assert (parsed(line).since, parsed(line).until) == (since, until)


def test_the_day_on_which_clocks_go_forward_has_23_hours() -> None:
    day = parsed("on:today")
    assert day.since is not None
    assert day.until is not None
    assert day.until - day.since == timedelta(hours=23)


def test_today_is_where_the_person_is() -> None:
    east = Clock(datetime(2026, 3, 1, 23, 0, tzinfo=UTC), timezone(timedelta(hours=9)))
    assert parse_query("since:today", east).since == datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    assert parse_query("since:today", Clock(NOW)).since is not None


def test_the_order_is_a_column_and_a_hyphen_for_falling() -> None:
    assert parsed("sort:took").order == Order(SortColumn.TOOK, descending=False)
    assert parsed("sort:-code").order == Order(SortColumn.CODE, descending=True)


def fault(line: str) -> QueryFaultError:
    with pytest.raises(QueryFaultError) as caught:
        parsed(line)
    return caught.value


def test_a_fault_names_its_place_and_what_is_known() -> None:
    for line, position, says in [
        ("thor foo:1", 6, "unknown field \"foo\". Use outcome, code, status, event, key, contact, person, note, took, profile, previous, settled, run, since, until, on or sort"),
        ("code:", 6, "a value must follow code:"),
        ("code: 2008", 6, "without a space"),
        ("code:abc", 6, "\"abc\" is not a number. Use a number, a range (2004-2012, 5xx, >1000), or none."),
        ("status:٤٠٠", 8, "is not a number"),
        ("outcome:acepted", 9, "unknown outcome \"acepted\". Use sending, accepted, partial, rejected, not_sent or unknown."),
        ("settled:yes", 9, "unknown resolution \"yes\". Use no, arrived or did-not."),
        ("a -foo:1", 4, "unknown field"),
        ("since:never", 7, "\"never\" is not a time. Use a span back from now"),
        ("since:999999999w", 7, "is not a time"),
        ("on:1d", 4, "is not a day. Use today, yesterday or a date"),
        ("on:9999-12-31", 4, "is not a day"),
        ("-since:1d", 1, "cannot be negated"),
        ("sort:name", 6, "unknown column \"name\". Use time, outcome, event, key, contact, status, code, text or took"),
        ('x "abc', 3, "is not closed"),
        ('event:"abc', 7, "is not closed"),
        ("code:1,,2", 6, "a value is missing"),
        ("thor -", 7, "a word must follow"),
        ("outcome:" + "x" * 5000, 9, "…"),
    ]:  # fmt: skip
        assert fault(line).position == position
        assert says in str(fault(line))
        assert f"at character {position}:" in str(fault(line))
        assert len(str(fault(line))) < 400


@given(st.text())
def test_any_line_is_a_query_or_a_fault(line: str) -> None:
    fault = None
    try:
        parsed(line)
    except QueryFaultError as raised:
        fault = raised
    assert fault is None or 1 <= fault.position <= len(line) + 1


@given(st.sampled_from([QueryField.EVENT, QueryField.KEY, QueryField.CONTACT, QueryField.PROFILE]), st.text())
def test_a_filter_that_is_written_is_read_back(field: QueryField, value: str) -> None:
    assert only(filter_text(field, value)) == Filter(field, (Value(value),))
    assert only(filter_text(field, value, negated=True)).negated


def test_a_preset_takes_the_place_of_what_it_replaces() -> None:
    for line, fields, text, expected in [
        ("", ("outcome",), "outcome:unknown", "outcome:unknown"),
        ("thor -outcome:partial Outcome:x", ("outcome",), "outcome:unknown", "thor outcome:unknown"),
        ('"a  b"  code:2008 on:today', ("since", "until", "on"), "", '"a  b" code:2008'),
        ("contact:a,b code:1", ("contact",), 'contact:"c d"', 'code:1 contact:"c d"'),
    ]:
        assert replaced(line, fields, text) == expected


def test_a_column_is_sorted_by_and_turned_round() -> None:
    line = "thor"
    seen = []
    for column in (
        SortColumn.EVENT,
        SortColumn.EVENT,
        SortColumn.EVENT,
        SortColumn.TOOK,
        SortColumn.TIME,
        SortColumn.TIME,
        SortColumn.TIME,
    ):
        line = with_order(line, column)
        seen.append(line)
    assert seen == [
        "thor sort:event",
        "thor sort:-event",
        "thor sort:event",
        "thor sort:-took",
        "thor",
        "thor sort:time",
        "thor",
    ]


def test_a_fault_has_a_way_out_where_one_comes_to_mind() -> None:
    for line, expected in [
        ("outcom:rejected thor", "outcome:rejected thor"),
        ("-outcome:rejected,accpted x", "-outcome:rejected,accepted x"),
        ("outcome:", "outcome:rejected"),
        ("previous:acepted", "previous:accepted"),
        ("setled:arrived", "settled:arrived"),
        ("settled:arived,did", "settled:arrived,did-not"),
        ("sort:-tme", "sort:-time"),
        ("since:yesterdy", "since:yesterday"),
        ("thor code:20x", "thor code:2008"),
        ("code:2008,20x,", "code:2008"),
        ('contact:"a b', 'contact:"a b"'),
        ("on:3", None),
        ("zzz:1", None),
        ("-", None),
    ]:
        assert proposal(line, fault(line)) == expected
        if expected is not None:
            parsed(expected)


def test_what_is_begun_is_written_out() -> None:
    for line, expected in [
        ("out", "outcome:"),
        ("x -EVE", "x -event:"),
        ("outcome:rejected,un", "outcome:rejected,unknown"),
        ("-settled:d", "-settled:did-not"),
        ("sort:-t", "sort:-time"),
        ("since:yes", "since:yesterday"),
        ("outcome:rejected", None),
        ("thor", None),
        ("thor ", None),
        ("", None),
    ]:
        assert completion(line) == expected
