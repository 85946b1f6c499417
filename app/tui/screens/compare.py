"""Two attempts compared: the differences of their requests and replies."""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static

from app.domain.attempt_export import reply_parts
from app.domain.errors import AppError
from app.domain.json_diff import AttemptDiff, DiffLine, JsonDiff, Side, diff_attempts
from app.domain.model import Attempt
from app.domain.text import count, elapsed, short_id
from app.service.session import Session
from app.tui.privacy import PrivacyMode
from app.tui.screens import Overlay
from app.tui.text import attempt_label, lines, sanitize

LEFT, RIGHT = "A", "B"
MAX_LINE = 4_000

_MARK = {Side.BOTH: "  ", Side.LEFT: f"{LEFT} ", Side.RIGHT: f"{RIGHT} "}
_STYLE = {Side.BOTH: "$quiet", Side.LEFT: "$text-error", Side.RIGHT: "$text-success"}


class CompareScreen(Overlay[None]):
    """The older attempt is A, the newer one B."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,c", "dismiss", "Back", tooltip="Back to the history", id="compare.back"),
        Binding("e", "equal", "Identical lines", tooltip="Show or hide identical lines", id="compare.equal"),
    ]

    def __init__(
        self, session: Session, privacy: PrivacyMode, one: Attempt, other: Attempt | None = None
    ) -> None:
        """Without another attempt, the last accepted one of its event is found."""
        super().__init__()
        self._session = session
        self._privacy = privacy
        self._one, self._other = one, other
        self._diff: AttemptDiff | None = None
        self._everything = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="compare") as pane:
            pane.border_title = "Differences"
            yield Static("Comparing…", markup=False, id="compare-which")
            yield Static("Request", classes="heading")
            yield Static(markup=False, id="compare-request")
            yield Static("Reply", classes="heading")
            yield Static(markup=False, id="compare-reply")
        yield Footer(compact=True, show_command_palette=False)

    @work(group="compare")
    async def on_mount(self) -> None:
        which = self.query_one("#compare-which", Static)
        one, other, words = self._one, self._other, ""
        try:
            if other is None:
                other, words = await self._session.history.comparable(one)
        except AppError as error:
            which.update(Content(f"Cannot compare. {sanitize(str(error), 500)}"))
            self.query(".heading").remove()
            return
        masked = map(self._privacy.mask.attempt, (one, other))
        left, right = sorted(masked, key=lambda attempt: attempt.started_at)
        which.update(
            lines([Content.styled(words, "$quiet") if words else None, side(LEFT, left), side(RIGHT, right)])
        )
        self._diff = await asyncio.to_thread(diff_attempts, left, right)  # 1 MB replies take seconds
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_equal(self) -> None:
        self._everything = not self._everything
        self._draw()

    def _draw(self) -> None:
        if self._diff is not None:
            for name, diff in (("request", self._diff.request), ("reply", self._diff.reply)):
                shown = self.query_one(f"#compare-{name}", Static)
                shown.update(diff_content(diff, shown.content_size.width, everything=self._everything))


def side(letter: str, attempt: Attempt) -> Content:
    """One attempt on two lines: reference, time, outcome and code; event and external id."""
    request = attempt.request
    _, code, _ = reply_parts(attempt)
    name = f" {sanitize(attempt.event_name, 40)}" if attempt.event_name else ""
    return Content.assemble(
        (f"{letter}  ", "bold $accent"),
        f"{sanitize(short_id(attempt.attempt_id))}  {attempt.started_at.astimezone():%Y-%m-%d %H:%M:%S}  ",
        attempt_label(attempt),
        "" if code is None else f"  {code}",
        (f"  {elapsed(attempt.elapsed_ms)}", "$quiet"),
        f"\n   event {sanitize(request.event_id)}{name}  {sanitize(request.external_id, 60)}",
    )


def diff_content(diff: JsonDiff, width: int, *, everything: bool) -> Content:
    """The differing lines with their surroundings, wrapped to `width` cells; all lines with `everything`."""
    if diff.is_equal and not everything:
        return Content.styled(f"{count(diff.identical, 'value')}, all identical", "$quiet")
    shown = diff.lines if everything else diff.around_differences()
    drawn = [_line(line, width) for line in shown]
    if diff.identical and not everything:
        verb = "is" if diff.identical == 1 else "are"
        drawn.append(Content.styled(f"{count(diff.identical, 'more value')} {verb} identical", "$quiet"))
    if diff.left_out:
        drawn.append(Content.styled(f"… {count(diff.left_out, 'more line')} not compared", "$text-warning"))
    return lines(drawn)


def _line(line: DiffLine | None, width: int) -> Content:
    """One line with the mark of its side; an ellipsis for None, which stands for identical lines."""
    if line is None:
        return Content.styled("  …", "$quiet")
    mark = _MARK[line.side]
    wrapped = Content(sanitize(line.text, MAX_LINE)).wrap(max(1, width - len(mark)))
    below = Content("\n" + " " * len(mark))
    return Content.assemble(mark, below.join(wrapped)).stylize(_STYLE[line.side])
