"""Two attempts compared: what differs in request and reply."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from app.domain.json_diff import AttemptDiff, diff_attempts
from app.domain.model import Attempt
from app.tui.text import lines
from app.tui.widgets.diff_text import LEFT, RIGHT, diff_content, side


class CompareScreen(ModalScreen[None]):
    """Request and reply of the older and the newer attempt; Esc goes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,c", "dismiss", "Back", tooltip="Back to the history", id="compare.back"),
        Binding("e", "equal", "Identical lines", tooltip="Show or hide identical lines", id="compare.equal"),
    ]

    def __init__(self, one: Attempt, other: Attempt) -> None:
        super().__init__()
        self._left, self._right = sorted((one, other), key=lambda attempt: attempt.started_at)
        self._diff: AttemptDiff | None = None
        self._everything = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="compare") as pane:
            pane.border_title = "Differences"
            yield Static(lines([side(LEFT, self._left), side(RIGHT, self._right)]), markup=False)
            yield Static("Request", classes="heading")
            yield Static("Comparing…", markup=False, id="compare-request")
            yield Static("Reply", classes="heading")
            yield Static(markup=False, id="compare-reply")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._compare()

    @work(group="compare")
    async def _compare(self) -> None:
        # Two replies of a megabyte take seconds.
        self._diff = await asyncio.to_thread(diff_attempts, self._left, self._right)
        self._draw()

    @on(Resize)
    def _draw_again(self) -> None:
        self.call_after_refresh(self._draw)

    def action_equal(self) -> None:
        self._everything = not self._everything
        self._draw()

    def _draw(self) -> None:
        if self._diff is not None:
            for name, diff in (("request", self._diff.request), ("reply", self._diff.reply)):
                shown = self.query_one(f"#compare-{name}", Static)
                shown.update(diff_content(diff, shown.content_size.width, everything=self._everything))
