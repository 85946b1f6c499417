"""A query that is not retyped: presets in place of what they replace, another order, a way out of each fault."""

from datetime import UTC, datetime

import pytest

from app.domain.history_query import Column
from app.domain.query_edit import completion, proposal, replaced, with_order
from app.domain.query_text import QueryFaultError, parse_query
from app.domain.query_times import Clock

CLOCK = Clock(datetime(2026, 3, 2, 12, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("line", "fields", "text", "expected"),
    [
        ("", ("outcome",), "outcome:unknown", "outcome:unknown"),
        ("thor -outcome:partial Outcome:x", ("outcome",), "outcome:unknown", "thor outcome:unknown"),
        ('"a  b"  code:2008 on:today', ("since", "until", "on"), "", '"a  b" code:2008'),
        ("contact:a,b code:1", ("contact",), 'contact:"c d"', 'code:1 contact:"c d"'),
    ],
)
def test_a_preset_takes_the_place_of_what_it_replaces(
    line: str, fields: tuple[str, ...], text: str, expected: str
) -> None:
    assert replaced(line, fields, text) == expected


def test_a_column_is_sorted_by_and_turned_round() -> None:
    line = "thor"
    seen = []
    for column in (
        Column.EVENT,
        Column.EVENT,
        Column.EVENT,
        Column.TOOK,
        Column.TIME,
        Column.TIME,
        Column.TIME,
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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
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
    ],
)
def test_a_fault_has_a_way_out_where_one_comes_to_mind(line: str, expected: str | None) -> None:
    with pytest.raises(QueryFaultError) as fault:
        parse_query(line, CLOCK)
    found = proposal(line, fault.value)
    assert found == expected
    if found is not None:
        parse_query(found, CLOCK)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
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
    ],
)
def test_what_is_begun_is_written_out(line: str, expected: str | None) -> None:
    assert completion(line) == expected
