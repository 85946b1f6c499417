"""Statistics of the attempts shown, as charts: over time, by reply code, by event, and their duration.

The charts are text, drawn in the symbols of the outcomes, so that none needs a colour.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    HistoryQuery,
    QueryField,
    filter_text,
    replaced,
)
from app.domain.model import LABEL, Outcome
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
            for name, (title, _) in CHARTS.items():
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
        for name, (title, draw) in CHARTS.items():
            chart = self.query_one(f"#chart-{name}", Static)
            chart.display = bool(statistics.total)
            if statistics.total:
                chart.update(draw(statistics, chart.content_size.width, height))
            if name == "time" and len(statistics.buckets) > 1:
                chart.border_title = f"{title}, {duration(statistics.bucket_s)} a column"


# Charts


def over_time(statistics: AttemptStatistics, width: int, height: int) -> Content:
    starts = [bucket.start.astimezone() for bucket in statistics.buckets]
    if len(starts) == 1:
        return Content(f"All within {duration(statistics.bucket_s)} of {starts[0]:%d %b %Y %H:%M}.")
    series = {
        LABEL[outcome][0]: [bucket.counts.get(outcome, 0) for bucket in statistics.buckets]
        for outcome in STACKED
        if statistics.counts.get(outcome)
    }
    chart = Content(stacked(_named(starts, statistics.bucket_s), series, width, height))
    for run in _RUN.finditer(chart.plain):
        chart = chart.stylize(outcome_style(_SIGNS[run[0][0]]), run.start(), run.end())
    return chart


def codes(statistics: AttemptStatistics, width: int) -> Content:
    shown, more = statistics.codes[:SHOWN_ROWS], statistics.codes[SHOWN_ROWS:]
    digits = max(len(f"{one.attempts:,}") for one in shown)
    rows = []
    for one in shown:
        share = percent(one.attempts, statistics.total)
        rows.append((f"{one.title:>5}  {one.attempts:>{digits},} {share:>5}  {one.words}", one.attempts))
    said = f"… {count(len(more), 'more reply code')}, {count(sum(one.attempts for one in more), 'attempt')}"
    return _rows(rows, width, said if more else "")


def events(statistics: AttemptStatistics, width: int) -> Content:
    """The events with the highest rejection rate."""
    rejected = [event for event in statistics.events if event.rejected]
    if not rejected:
        return Content("No rejected attempts.")
    shown, more = rejected[:SHOWN_ROWS], rejected[SHOWN_ROWS:]
    digits = max(len(f"{one.attempts:,}") for one in shown)
    rows = []
    for one in shown:
        name = f"{sanitize(one.event_id)} {sanitize(one.event_name or '(no name)')}"
        rows.append(
            (f"{percent(one.rejected, one.attempts):>5} of {one.attempts:>{digits},}  {name}", one.share)
        )
    most = percent(more[0].rejected, more[0].attempts) if more else ""
    return _rows(rows, width, f"… {count(len(more), 'more event')}, each at most {most}" if more else "")


def took(statistics: AttemptStatistics, width: int) -> Content:
    """The median, the 95th and 99th percentile, and the longest duration."""
    known = [
        (f"{name} {elapsed(one):>7}", one) for name, one in statistics.durations.items() if one is not None
    ]
    return _rows(known, width) if known else Content("No replies.")


CHARTS: Mapping[str, tuple[str, Callable[[AttemptStatistics, int, int], Content]]] = {
    "time": ("Attempts over time, stacked by outcome", over_time),
    "codes": ("Reply codes", lambda statistics, width, _: codes(statistics, width)),
    "events": ("Rejection rate by event", lambda statistics, width, _: events(statistics, width)),
    "took": ("Duration", lambda statistics, width, _: took(statistics, width)),
}
"""The title of each chart, and how it is drawn in so many cells and lines."""


def _rows(rows: Sequence[tuple[str, float]], width: int, more: str = "") -> Content:
    """Labels with the bars of their values, which no character of a label moves; then `more`."""
    widest = max(cell_len(label) for label, _ in rows)
    cells = min(widest, width - max(_MIN_BAR + 2, width // 5))
    drawn = zip(rows, bars([value for _, value in rows], max(_MIN_BAR, width - cells - 2)), strict=True)
    below = Content.styled(fit_text(more, width), "$quiet") if more else None
    parts = (Content.assemble(f"{fit_text(label, cells)}  ", (bar, "$primary")) for (label, _), bar in drawn)
    return lines((*parts, below))


def _named(starts: Sequence[datetime], bucket_s: int) -> list[str]:
    if bucket_s >= _DAY_S:
        several_years = starts[0].year != starts[-1].year
        return [f"{start:%d %b %Y}" if several_years else f"{start:%d %b}" for start in starts]
    within_a_day = starts[0].date() == starts[-1].date()
    return [f"{start:%H:%M}" if within_a_day else f"{start:%d %b %H:%M}" for start in starts]


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
    codes = []
    for found in statistics.codes:
        words = code_words("Only", found.code)
        query = only(line, QueryField.CODE, NO_VALUE if found.code is None else str(found.code))
        if times[found.code] > 1:
            words += f", HTTP {found.status}"
            query = only(query, QueryField.STATUS, str(found.status))
        codes.append((Content(words), query))
    return [*events, None, *codes]


def code_words(which: str, code: int | None) -> str:
    return f"{which} attempts without a reply code" if code is None else f"{which} reply code {code}"


def only(line: str, field: QueryField, value: str) -> str:
    """The line with this value as its only filter of the field."""
    return replaced(line, (field,), filter_text(field, value))
