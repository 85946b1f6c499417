"""The charts of the statistics as text, drawn in the symbols of the outcomes, so that none needs a colour."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len
from textual.content import Content

from app.domain.history_query import AttemptStatistics, EventShare
from app.domain.model import LABEL
from app.domain.reply_codes import describe
from app.domain.text import count, duration, elapsed, percent
from app.tui.text import STACKED, lines, outcome_style, sanitize
from app.tui.widgets.table import fit_text

SHOWN_ROWS = 8
_MIN_BAR = 4
_DAY_S = 86_400
_SIGNS = {LABEL[outcome][0]: outcome for outcome in STACKED}
_RUN = re.compile("|".join(f"{re.escape(sign)}+" for sign in _SIGNS))
BAR = "▇"
_NOTHING = 1e-9
_MAX_COLUMN, _MAX_ATTEMPT = 10, 3
"""Cells: the width of a column at most, the height of one attempt at most."""


def over_time(statistics: AttemptStatistics, width: int, height: int) -> Content:
    """Attempts over time, one column for each duration, stacked by outcome."""
    starts = [bucket.start.astimezone() for bucket in statistics.buckets]
    if len(starts) == 1:
        return Content(f"All within {duration(statistics.bucket_s)} of {starts[0]:%d %b %Y %H:%M}.")
    present = [outcome for outcome in STACKED if statistics.counts.get(outcome)]
    series = {
        LABEL[outcome][0]: [bucket.counts.get(outcome, 0) for bucket in statistics.buckets]
        for outcome in present
    }
    return _coloured(stacked(_named(starts, statistics.bucket_s), series, width, height))


def codes(statistics: AttemptStatistics, width: int) -> Content:
    """The most frequent reply codes, with what they mean."""
    shown = statistics.codes[:SHOWN_ROWS]
    digits = _digits([one.attempts for one in shown])
    labels = [
        f"{'none' if one.code is None else one.code!s:>5}  {one.attempts:>{digits},} "
        f"{percent(one.attempts, statistics.total):>5}  "
        f"{describe(one.code, one.status) or ('no reply code' if one.code is None else '')}"
        for one in shown
    ]
    more = statistics.codes[SHOWN_ROWS:]
    said = f"… {count(len(more), 'more reply code')}, {count(sum(one.attempts for one in more), 'attempt')}"
    return _rows(labels, [one.attempts for one in shown], width, said if more else "")


def events(statistics: AttemptStatistics, width: int) -> Content:
    """The events with the highest rejection rate."""
    rejected = [event for event in statistics.events if event.rejected]
    if not rejected:
        return Content("No rejected attempts.")
    shown, more = rejected[:SHOWN_ROWS], rejected[SHOWN_ROWS:]
    digits = _digits([event.attempts for event in shown])
    said = (
        f"… {count(len(more), 'more event')}, each at most {percent(more[0].rejected, more[0].attempts)}"
        if more
        else ""
    )
    return _rows([_event(event, digits) for event in shown], [event.share for event in shown], width, said)


def took(statistics: AttemptStatistics, width: int) -> Content:
    """The median, the 95th and 99th percentile, and the longest duration."""
    figures = statistics.p50_ms, statistics.p95_ms, statistics.p99_ms, statistics.max_ms
    rows = [
        (name, one)
        for name, one in zip(("p50", "p95", "p99", "max"), figures, strict=True)
        if one is not None
    ]
    if not rows:
        return Content("No replies.")
    labels = [f"{name} {elapsed(value):>7}" for name, value in rows]
    return _rows(labels, [value for _, value in rows], width)


def _event(event: EventShare, digits: int) -> str:
    share = f"{percent(event.rejected, event.attempts):>5} of {event.attempts:>{digits},}"
    return f"{share}  {sanitize(event.event_id)} {sanitize(event.event_name or '(no name)')}"


def _digits(numbers: Sequence[int]) -> int:
    return max(len(f"{number:,}") for number in numbers)


def _rows(labels: Sequence[str], values: Sequence[float], width: int, more: str = "") -> Content:
    """Labels with their bars, which are drawn separately so that no character of a label moves one; then `more`."""
    cells = min(max(map(cell_len, labels)), width - max(_MIN_BAR + 2, width // 5))
    drawn = bars(values, max(_MIN_BAR, width - cells - 2))
    rows = [
        Content.assemble(f"{fit_text(label, cells)}  ", (bar, "$primary"))
        for label, bar in zip(labels, drawn, strict=True)
    ]
    return lines((*rows, Content.styled(fit_text(more, width), "$quiet") if more else None))


def _named(starts: Sequence[datetime], bucket_s: int) -> list[str]:
    if bucket_s >= _DAY_S:
        several_years = starts[0].year != starts[-1].year
        return [f"{start:%d %b %Y}" if several_years else f"{start:%d %b}" for start in starts]
    within_a_day = starts[0].date() == starts[-1].date()
    return [f"{start:%H:%M}" if within_a_day else f"{start:%d %b %H:%M}" for start in starts]


def _coloured(chart: str) -> Content:
    content = Content(chart)
    for run in _RUN.finditer(chart):
        content = content.stylize(outcome_style(_SIGNS[run[0][0]]), run.start(), run.end())
    return content


# Drawing


def stacked(labels: Sequence[str], series: Mapping[str, Sequence[int]], width: int, height: int) -> str:
    """Columns of stacked series, each drawn in its symbol; smaller than asked if there are few or small columns."""
    top = max(map(sum, zip(*series.values(), strict=True)))
    axis = len(f"{top:,}")
    room = max(1, width - axis - 1)
    labels = labels[-room:]  # the newest columns, if there is not room for all
    cells = min(_MAX_COLUMN, room // len(labels))
    rows = max(1, min(height - 2, _MAX_ATTEMPT * top))
    columns = [
        _column({sign: numbers[place - len(labels)] for sign, numbers in series.items()}, rows, top)
        for place in range(len(labels))
    ]
    ticks = {rows: f"{top:,}", rows // 2: f"{top // 2:,}" if top > 1 else ""}
    gap = " " if cells > 1 else ""
    drawn = [
        f"{ticks.get(row, ''):>{axis}}│" + "".join(one[row - 1] * (cells - len(gap)) + gap for one in columns)
        for row in range(rows, 0, -1)
    ]
    return "\n".join(
        [*drawn, f"{0:>{axis}}└{'─' * cells * len(labels)}", _named_places(labels, axis, cells, width)]
    )


def _column(numbers: Mapping[str, int], rows: int, top: int) -> str:
    """The symbols of a column from the bottom up; what is not 0 is seen, if there are rows enough."""
    heights = {sign: max(1, round(number * rows / top)) for sign, number in numbers.items() if number}
    while sum(heights.values()) > rows:
        heights[max(heights, key=heights.__getitem__)] -= 1
    return "".join(sign * high for sign, high in heights.items()).ljust(rows)


def _named_places(labels: Sequence[str], axis: int, cells: int, width: int) -> str:
    """As many labels below the beginnings of their columns as fit."""
    every = -(-(max(map(len, labels)) + 2) // cells)
    line = " " * (axis + 1)
    for label in labels[::every]:
        if len(line) + len(label) <= width:
            line += label.ljust(every * cells)
    return line.rstrip()


def bars(values: Sequence[float], width: int) -> Sequence[str]:
    """One line of exactly `width` cells for each value, the first one on top."""
    top = max(*values, _NOTHING)
    return [(BAR * round(value / top * width)).ljust(width) for value in values]
