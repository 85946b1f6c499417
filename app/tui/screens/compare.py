"""Two attempts beside each other: what differs in what was sent and in what came back."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from app.domain.difference import AttemptDifference, difference
from app.domain.model import Attempt
from app.tui.screens.fitted import fit
from app.tui.text import lines
from app.tui.widgets.difference_text import LEFT, RIGHT, compared_lines, side


class CompareScreen(ModalScreen[None]):
    """Request and reply of the older one and the newer one, by JSON path; Esc goes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,c", "dismiss", "Back", tooltip="Back to the history", id="compare.back"),
        Binding("e", "equal", "Equal parts", tooltip="Where the equal parts are, or not", id="compare.equal"),
    ]

    def __init__(self, one: Attempt, other: Attempt) -> None:
        super().__init__()
        self._left, self._right = sorted((one, other), key=lambda attempt: attempt.started_at)
        self._difference: AttemptDifference | None = None
        self._with_equal = False

    def compose(self) -> ComposeResult:
        fit(self)
        with VerticalScroll(id="compare") as pane:
            pane.border_title = "What differs"
            yield Static(lines([side(LEFT, self._left), side(RIGHT, self._right)]), markup=False)
            yield Static("What was sent", classes="heading")
            yield Static("Comparing…", markup=False, id="compare-request")
            yield Static("What came back", classes="heading")
            yield Static(markup=False, id="compare-reply")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._compare()

    @work(group="compare")
    async def _compare(self) -> None:
        # Two replies of a megabyte take seconds where all is different.
        self._difference = await asyncio.to_thread(difference, self._left, self._right)
        self._draw()

    @on(Resize)
    def _draw_again(self) -> None:
        self.call_after_refresh(self._draw)

    def action_equal(self) -> None:
        self._with_equal = not self._with_equal
        self._draw()

    def _draw(self) -> None:
        if self._difference is None:
            return
        for name, comparison in (("request", self._difference.request), ("reply", self._difference.reply)):
            shown = self.query_one(f"#compare-{name}", Static)
            width = shown.content_size.width
            shown.update(compared_lines(comparison, width, with_equal=self._with_equal))
