"""Statistics of the attempts shown: over time, by reply code, by event, and their duration."""

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from app.domain.errors import AppError
from app.domain.history_query import AttemptStatistics, HistoryQuery
from app.domain.text import duration
from app.service.history import AttemptHistory, in_thread
from app.tui.screens.history_menus import statistics_choices
from app.tui.screens.menu import Menu
from app.tui.text import counts_label, sanitize
from app.tui.widgets.charts import codes, events, over_time, took

MIN_HEIGHT, OTHER_LINES = 10, 20
"""Lines of the chart over time: at least, and how many fewer than the terminal has."""

OVER_TIME = "Attempts over time, stacked by outcome"

Draw = Callable[[AttemptStatistics, int, int], Content]


class Chart(Widget):
    """One chart, redrawn when its size changes."""

    statistics: reactive[AttemptStatistics | None] = reactive(None, layout=True)

    def __init__(self, name: str, title: str, draw: Draw) -> None:
        super().__init__(id=f"chart-{name}", classes="chart")
        self.border_title = title
        self._draw = draw

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as Textual calls it
        if self.statistics is None:
            return 1
        height = max(MIN_HEIGHT, viewport.height - OTHER_LINES)
        return len(self._draw(self.statistics, width, height).plain.splitlines())

    def render(self) -> Content:
        width, height = self.content_size
        return Content("") if self.statistics is None else self._draw(self.statistics, width, height)


class StatisticsScreen(Screen[str | None]):
    """Four charts; returns the query that was picked from them, None on Esc."""

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
            yield Chart("time", OVER_TIME, over_time)
            yield Chart("codes", "Reply codes", lambda statistics, width, _: codes(statistics, width))
            yield Chart(
                "events", "Rejection rate by event", lambda statistics, width, _: events(statistics, width)
            )
            yield Chart("took", "Duration", lambda statistics, width, _: took(statistics, width))
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.action_count()

    def action_count(self) -> None:
        self._count()

    @work(group="statistics", exclusive=True)
    async def _count(self) -> None:
        try:
            statistics = await in_thread(lambda stop: self._history.statistics(self._query, stop=stop))
        except AppError as error:
            self.query_one("#statistics-head", Static).update(Content(sanitize(str(error), 2000)))
        else:
            self._show(statistics)

    @on(Resize)
    def _show_again(self) -> None:
        if self._statistics is not None:
            self.call_after_refresh(self._show, self._statistics)

    def action_filter(self) -> None:
        if self._statistics is not None and self._statistics.total:
            choices = statistics_choices(self._line, self._statistics)
            self.app.push_screen(Menu("Show", choices), self._show_attempts)

    def _show_attempts(self, line: str | None) -> None:
        if line is not None:
            self.dismiss(line)

    def _show(self, statistics: AttemptStatistics) -> None:
        self._statistics = statistics
        query = f"   {sanitize(self._line, 200)}" if self._line and not self._is_masked else ""
        head = self.query_one("#statistics-head", Static)
        counts = counts_label(statistics.counts, width=head.content_size.width)
        head.update(Content.assemble(counts, (query, "$quiet")))
        for chart in self.query(Chart):
            chart.statistics = statistics if statistics.total else None
            chart.display = bool(statistics.total)
        columns = f", {duration(statistics.bucket_s)} a column" if len(statistics.buckets) > 1 else ""
        self.query_one("#chart-time").border_title = f"{OVER_TIME}{columns}"
