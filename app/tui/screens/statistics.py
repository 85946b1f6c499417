"""Statistics of the attempts shown, as charts: over time, by reply code, by event, and their duration.

The charts are text, drawn in the symbols of the outcomes, so that none needs a colour.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from app.domain.errors import AppError
from app.domain.history_query import (
    NO_VALUE,
    AttemptStatistics,
    CodeCount,
    EventShare,
    HistoryQuery,
    QueryField,
    filter_text,
    replaced,
)
from app.domain.model import LABEL, Outcome
from app.domain.reply_codes import describe
from app.domain.text import count, duration, elapsed, percent
from app.resources import style
from app.service.history import AttemptHistory, in_thread
from app.tui.screens import open_screen
from app.tui.screens.menu import Menu
from app.tui.text import STACKED, counts_label, lines, outcome_style, sanitize
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

MIN_HEIGHT, OTHER_LINES = 10, 20
"""Lines of the chart over time: at least, and how many fewer than the terminal has."""

TITLES = {
    "time": "Attempts over time, stacked by outcome",
    "codes": "Reply codes",
    "events": "Rejection rate by event",
    "took": "Duration",
}


class StatisticsScreen(Screen[str | None]):
    """Four charts; returns the query that was picked from them, None on Esc."""

    DEFAULT_CSS = style("statistics")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,p", "dismiss", "Back", tooltip="Back to the history", id="statistics.back"),
        Binding("f", "filter", "Filter", tooltip="Show the attempts behind a figure", id="statistics.filter"),
        Binding("f5", "count", "Refresh", tooltip="Count again", id="statistics.refresh"),
    ]

    def __init__(self, history: AttemptHistory, line: str, query: HistoryQuery, *, masked: bool) -> None:
        """`line` is the query as typed, which is not shown if it is `masked`."""
        super().__init__()
        self._history = history
        self._line = line
        self._query = query
        self._is_masked = masked
        self._statistics: AttemptStatistics | None = None

    def compose(self) -> ComposeResult:
        yield Static("Counting…", markup=False, id="statistics-head")
        with VerticalScroll(id="charts"):
            for name, title in TITLES.items():
                chart = Static(id=f"chart-{name}", classes="chart")
                chart.border_title = title
                yield chart
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.action_count()

    @work(group="statistics", exclusive=True)
    async def action_count(self) -> None:
        try:
            statistics = await in_thread(lambda stop: self._history.statistics(self._query, stop=stop))
        except AppError as error:
            self.query_one("#statistics-head", Static).update(Content(sanitize(str(error), 2000)))
        else:
            self._show(statistics)

    def on_resize(self) -> None:
        if self._statistics is not None:
            self.call_after_refresh(self._show, self._statistics)

    def action_filter(self) -> None:
        if self._statistics is not None and self._statistics.total:
            choices = statistics_choices(self._line, self._statistics)
            open_screen(self.app, Menu("Show", choices), self.dismiss)

    def _show(self, statistics: AttemptStatistics) -> None:
        self._statistics = statistics
        query = f"   {sanitize(self._line, 200)}" if self._line and not self._is_masked else ""
        head = self.query_one("#statistics-head", Static)
        counts = counts_label(statistics.counts, width=head.content_size.width)
        head.update(Content.assemble(counts, (query, "$quiet")))
        height = max(MIN_HEIGHT, self.size.height - OTHER_LINES)
        for chart in self.query(".chart").results(Static):
            chart.display = bool(statistics.total)
            if statistics.total:
                chart.update(_drawn(chart.id or "", statistics, chart.content_size.width, height))
        columns = f", {duration(statistics.bucket_s)} a column" if len(statistics.buckets) > 1 else ""
        self.query_one("#chart-time").border_title = f"{TITLES['time']}{columns}"


# Charts


def _drawn(chart: str, statistics: AttemptStatistics, width: int, height: int) -> Content:
    match chart.removeprefix("chart-"):
        case "time":
            return over_time(statistics, width, height)
        case "codes":
            return codes(statistics, width)
        case "events":
            return events(statistics, width)
        case _:
            return took(statistics, width)


def over_time(statistics: AttemptStatistics, width: int, height: int) -> Content:
    starts = [bucket.start.astimezone() for bucket in statistics.buckets]
    if len(starts) == 1:
        return Content(f"All within {duration(statistics.bucket_s)} of {starts[0]:%d %b %Y %H:%M}.")
    series = {
        LABEL[outcome][0]: [bucket.counts.get(outcome, 0) for bucket in statistics.buckets]
        for outcome in STACKED
        if statistics.counts.get(outcome)
    }
    return _coloured(stacked(_named(starts, statistics.bucket_s), series, width, height))


def codes(statistics: AttemptStatistics, width: int) -> Content:
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
    said = ""
    if more:
        most = percent(more[0].rejected, more[0].attempts)
        said = f"… {count(len(more), 'more event')}, each at most {most}"
    return _rows([_event(event, digits) for event in shown], [event.share for event in shown], width, said)


def took(statistics: AttemptStatistics, width: int) -> Content:
    """The median, the 95th and 99th percentile, and the longest duration."""
    figures = {
        "p50": statistics.p50_ms,
        "p95": statistics.p95_ms,
        "p99": statistics.p99_ms,
        "max": statistics.max_ms,
    }
    known = {name: one for name, one in figures.items() if one is not None}
    if not known:
        return Content("No replies.")
    return _rows([f"{name} {elapsed(one):>7}" for name, one in known.items()], list(known.values()), width)


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


# Menus of the history

OUTCOME_FIELDS = (QueryField.OUTCOME, QueryField.PREVIOUS, QueryField.SETTLED)
_REJECTIONS = f"outcome:{Outcome.REJECTED},{Outcome.PARTIAL}"


def statistics_choices(line: str, statistics: AttemptStatistics) -> Sequence[tuple[Content, str] | None]:
    """The rejections of each event in the chart, and every reply code, each with its query."""
    rejected = replaced(line, OUTCOME_FIELDS, _REJECTIONS)
    shown = [event for event in statistics.events if event.rejected][:SHOWN_ROWS]
    events = []
    for one in shown:
        named = f"{sanitize(one.event_id)} {sanitize(one.event_name or '')}".rstrip()
        query = only(rejected, QueryField.EVENT, one.event_id)
        events.append((Content(f"Rejections of event {named}"), query))
    times = Counter(one.code for one in statistics.codes)
    return [*events, None, *(_code_choice(line, one, times[one.code] == 1) for one in statistics.codes)]


def _code_choice(line: str, one: CodeCount, is_alone: bool) -> tuple[Content, str]:
    words = code_words("Only", one.code)
    query = only(line, QueryField.CODE, NO_VALUE if one.code is None else str(one.code))
    if is_alone:
        return Content(words), query
    return Content(f"{words}, HTTP {one.status}"), only(query, QueryField.STATUS, str(one.status))


def code_words(which: str, code: int | None) -> str:
    return f"{which} attempts without a reply code" if code is None else f"{which} reply code {code}"


def only(line: str, field: QueryField, value: str) -> str:
    """The line with this value as its only filter of the field."""
    return replaced(line, (field,), filter_text(field, value))
