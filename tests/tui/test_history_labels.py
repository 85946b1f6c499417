"""What the screens of the history say, without a screen: differences, charts, shares, menus."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.history_query import AttemptStatistics, Bucket, CodeCount, EventShare
from app.domain.json_diff import DiffLine, JsonDiff, Side, diff_json
from app.domain.model import Outcome
from app.domain.text import duration, percent
from app.tui.screens.compare import diff_content
from app.tui.screens.statistics import bars, codes, events, over_time, stacked, statistics_choices, took
from app.tui.text import counts_label

START = datetime(2026, 3, 1, tzinfo=UTC)
PICTURE = AttemptStatistics(
    {Outcome.ACCEPTED: 6, Outcome.REJECTED: 2},
    3600,
    tuple(
        Bucket(START + timedelta(hours=hour), {Outcome.ACCEPTED: 1, Outcome.REJECTED: hour % 2})
        for hour in range(4)
    ),
    (CodeCount(0, 200, 6), CodeCount(2008, 400, 1), CodeCount(None, None, 1)),
    (EventShare("104", "[/] \u202e注文", 2, 1), EventShare("100", None, 6, 0)),
    {"p50": 80.0, "p95": 1200.0},
)


@pytest.mark.parametrize("width", [20, 76, 200])
def test_charts_fit_and_are_read_by_their_signs(width: int) -> None:
    chart = over_time(PICTURE, width, 8).plain.splitlines()
    assert len(chart) == 8
    assert all(len(line) <= width for line in chart)
    columns = "".join(chart)
    assert "✓" in columns
    assert "✗" in columns
    for part in (codes(PICTURE, width), events(PICTURE, width), took(PICTURE, width)):
        assert all(line.cell_length <= width for line in part.split("\n"))
    assert "▇" in codes(PICTURE, width).plain


def test_a_bar_is_as_long_as_its_value_beside_the_others() -> None:
    ten, five, none, two_and_a_half = (line.count("▇") for line in bars([10, 5, 0, 2.5], 40))
    assert (ten, none) == (40, 0)
    assert abs(five - 20) <= 1
    assert abs(two_and_a_half - 10) <= 1
    assert [line.count("▇") for line in bars([0.0], 10)] == [0]
    alone = stacked(["a"], {"✓": [1]}, 120, 30)
    assert alone.count("✓") > 20
    assert (max(map(len, alone.splitlines())), len(alone.splitlines())) == (12, 5)


def test_a_chart_is_as_large_as_asked_unless_there_is_little_to_draw() -> None:
    assert [len(line) for line in bars(range(1, 9), 100)] == [100] * 8
    chart = over_time(PICTURE, 50, 20).plain.splitlines()
    assert (max(map(len, chart)), len(chart)) == (42, 8)
    assert over_time(PICTURE, 20, 8).plain.splitlines()[:6:5] == ["2│    ✗✗✗     ✗✗✗ ", " │✓✓✓ ✓✓✓ ✓✓✓ ✓✓✓ "]


def test_what_happened_once_among_many_is_seen() -> None:
    chart = stacked(["a", "b"], {"✓": [1000, 990], "✗": [1, 10]}, 60, 8)
    assert [line.count("✗") for line in chart.splitlines()] == [18, 0, 0, 0, 0, 0, 0, 0]


def test_a_picture_leads_on_to_every_reply_code_also_to_those_it_has_no_room_for() -> None:
    many = replace(
        PICTURE, codes=(*(CodeCount(2000 + number, 400, 10) for number in range(9)), CodeCount(None, None, 1))
    )
    *_, last_code, none = [entry for entry in statistics_choices("thor", many) if entry]
    assert (last_code[0].plain, last_code[1]) == ("Only reply code 2008", "thor code:2008")
    assert (none[0].plain, none[1]) == ("Only attempts without a reply code", "thor code:none")
    twice = replace(PICTURE, codes=(CodeCount(7003, 429, 2), CodeCount(7003, 500, 1)))
    *_, last = statistics_choices("", twice)
    assert last is not None
    assert (last[0].plain, last[1]) == ("Only reply code 7003, HTTP 500", "code:7003 status:500")
    drawn = codes(twice, 100).plain.splitlines()
    assert drawn[0].split("▇")[0].split()[3:] != drawn[1].split("▇")[0].split()[3:]


def test_what_a_chart_leaves_out_is_said() -> None:
    many = replace(
        PICTURE,
        counts={Outcome.REJECTED: 100},
        codes=tuple(CodeCount(2000 + number, 400, 10) for number in range(10)),
        events=tuple(EventShare(str(number), None, 10, 5 if number < 8 else 1) for number in range(10)),
    )
    assert codes(many, 76).plain.splitlines()[8:] == ["… 2 more reply codes, 20 attempts".ljust(76)]
    assert events(many, 76).plain.splitlines()[8].startswith("… 2 more events, each at most 10% ")
    assert "more" not in codes(PICTURE, 76).plain + events(PICTURE, 76).plain


def test_attempts_of_one_span_are_told_in_a_line_and_every_column_says_when_it_began() -> None:
    start = START.astimezone()
    alone = over_time(replace(PICTURE, buckets=PICTURE.buckets[:1]), 136, 30).plain
    assert alone == f"All within 1 hour of {start:%d %b %Y %H:%M}."
    assert [duration(seconds) for seconds in (60, 900, 3 * 3600, 86_400, 28 * 86_400)] == [
        "1 minute",
        "15 minutes",
        "3 hours",
        "1 day",
        "28 days",
    ]
    years = tuple(Bucket(START + timedelta(days=364 * year), {Outcome.ACCEPTED: 1}) for year in range(3))
    assert f"{start:%b %Y}" in over_time(replace(PICTURE, buckets=years, bucket_s=364 * 86_400), 76, 8).plain


def test_names_from_outside_are_harmless_in_a_chart() -> None:
    shown = events(PICTURE, 60).plain
    assert "[/] ⟨U+202E⟩注文" in shown
    assert "50% of" in shown
    assert "100" not in shown


def test_shares_are_told_by_sign_and_word() -> None:
    assert counts_label(PICTURE.counts).plain == "8 attempts   ✓ accepted 6 75%   ✗ rejected 2 25%"
    assert counts_label(PICTURE.counts, width=27).plain.splitlines() == [
        "8 attempts",
        "✓ accepted 6 75%",
        "✗ rejected 2 25%",
    ]
    assert counts_label({Outcome.UNKNOWN: 4}, words=False, resolved=3).plain == "4  ? 25%  resolved 75%"
    assert counts_label({}).plain == "0 attempts"
    assert [percent(*pair) for pair in ((1, 1000), (0, 5), (999, 1000), (5, 5))] == [
        "<1%",
        "0%",
        ">99%",
        "100%",
    ]


def test_differences_are_marked_by_side_and_identical_values_are_counted() -> None:
    diff = diff_json({"a": [1, 2, 3], "b": 1, "c": "\u202e", "d": 4}, {"a": [1, 2, 3], "b": 2, "c": "\u202e"})
    assert diff_content(diff, 40, everything=False).plain.splitlines() == [
        "  …",
        "      3",
        "    ],",
        'A   "b": 1,',
        'B   "b": 2,',
        '    "c": "⟨U+202E⟩",',
        'A   "d": 4',
        "  }",
        "4 more values are identical",
    ]
    assert diff_content(diff, 40, everything=True).plain.splitlines()[:3] == ["  {", '    "a": [', "      1,"]
    same = diff_json([1, 2], [1, 2])
    assert diff_content(same, 40, everything=False).plain == "2 values, all identical"
    cut = JsonDiff((DiffLine(Side.LEFT, "1"),), left_out=5)
    assert diff_content(cut, 40, everything=False).plain.splitlines()[-1] == "… 5 more lines not compared"
