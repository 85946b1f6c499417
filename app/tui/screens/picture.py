"""A picture of the attempts that the filter leaves: over time, by reply code, by event, and how long they took."""

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

from app.domain.attempt_statistics import AttemptStatistics
from app.domain.counting import span
from app.domain.errors import DeskError
from app.tui.notices import counts_label
from app.tui.past import Past
from app.tui.screens.fitted import fit
from app.tui.screens.history_menus import picture_choices
from app.tui.screens.menu import Menu
from app.tui.text import clean
from app.tui.widgets.picture_text import codes, events, over_time, took

MOST_BUCKETS = 60
LOWEST, BESIDE = 10, 20
"""Lines of a chart as high as one likes: at least, and how many fewer than the terminal has."""

OVER_TIME = "Attempts over time, stacked by outcome"
COUNTING = "Counting…"
READING = "The history is read once, then it is counted…"

Draw = Callable[[AttemptStatistics, int, int], Content]


class Chart(Widget):
    """One chart, drawn anew at every size."""

    picture: reactive[AttemptStatistics | None] = reactive(None, layout=True)

    def __init__(self, name: str, title: str, draw: Draw) -> None:
        super().__init__(id=f"chart-{name}", classes="chart")
        self.border_title = title
        self._draw = draw

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as Textual calls it
        """As many lines as it has at this width."""
        if self.picture is None:
            return 1
        height = max(LOWEST, viewport.height - BESIDE)
        return len(self._draw(self.picture, width, height).plain.splitlines())

    def render(self) -> Content:
        width, height = self.content_size
        return Content("") if self.picture is None else self._draw(self.picture, width, height)


class PictureScreen(Screen[str | None]):
    """Four charts, side by side where there is room; answers the filter that it leads on to, None on Esc."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,p", "dismiss", "Back", tooltip="Back to the history", id="picture.back"),
        Binding(
            "f",
            "filter",
            "Filter",
            tooltip="On to the refusals of an event, or to a reply code",
            id="picture.filter",
        ),
        Binding("f5", "count", "Again", tooltip="Count again", id="picture.again"),
    ]

    def __init__(self, past: Past) -> None:
        super().__init__()
        self._past = past
        self._picture: AttemptStatistics | None = None

    def compose(self) -> ComposeResult:
        fit(self)
        yield Static(READING if self._past.unread() else COUNTING, markup=False, id="picture-head")
        with VerticalScroll(id="charts"):
            yield Chart("time", OVER_TIME, over_time)
            yield Chart("codes", "Reply codes", lambda picture, width, _: codes(picture, width))
            yield Chart(
                "events", "Events by share of refusals", lambda picture, width, _: events(picture, width)
            )
            yield Chart("took", "How long a reply took", lambda picture, width, _: took(picture, width))
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.action_count()

    def action_count(self) -> None:
        self._count()

    @work(group="picture", exclusive=True)
    async def _count(self) -> None:
        try:
            picture = await self._past.statistics(MOST_BUCKETS)
        except DeskError as error:
            self.query_one("#picture-head", Static).update(Content(clean(str(error), 2000)))
        else:
            self._show(picture)

    @on(Resize)
    def _show_again(self) -> None:
        if self._picture is not None:
            self.call_after_refresh(self._show, self._picture)

    def action_filter(self) -> None:
        if self._picture is not None and self._picture.total:
            choices = picture_choices(self._past.line, self._picture)
            self.app.push_screen(Menu("Show", choices), self._lead_on)

    def _lead_on(self, line: str | None) -> None:
        if line is not None:
            self.dismiss(line)

    def _show(self, picture: AttemptStatistics) -> None:
        self._picture = picture
        asked = f"   {clean(self._past.line, 200)}" if self._past.line and not self._past.is_masked else ""
        head = self.query_one("#picture-head", Static)
        counts = counts_label(picture.counts, width=head.content_size.width)
        head.update(Content.assemble(counts, (asked, "$quiet")))
        for chart in self.query(Chart):
            chart.picture = picture if picture.total else None
            chart.display = bool(picture.total)
        columns = f", {span(picture.bucket_s)} a column" if len(picture.buckets) > 1 else ""
        self.query_one("#chart-time").border_title = f"{OVER_TIME}{columns}"
