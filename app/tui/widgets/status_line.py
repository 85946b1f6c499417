"""The first line of the screen: which account is live, what is cached of it, and how old that is."""

from collections.abc import Sequence
from datetime import UTC, datetime

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from app.domain.formatting import age
from app.domain.model import Outcome
from app.service.contacts import CacheState
from app.tui.text import Live, account_labels, count, fit_line, outcome_style

CLICK = "A click shows all profiles"
UNSETTLED_CLICK = "A click shows the unknown outcomes that nobody has settled"
_LINK = "@click"


class StatusLine(Widget):
    """Account, counts and age; what is less needed is left out where the line is short, the age never."""

    counts: reactive[str] = reactive("")
    refreshed: reactive[str] = reactive("")
    """How long ago the cache was refreshed; '' where it never was."""

    armed_s: reactive[int | None] = reactive(None)
    """Seconds for which sending to a real account is still armed; None where nothing need be armed."""

    unsettled: reactive[int] = reactive(0)
    """Attempts whose outcome is unknown, and of which nobody has said yet whether they arrived."""

    is_masked: reactive[bool] = reactive(False)
    """Whether persons are masked."""

    def __init__(self, profile: Live) -> None:
        super().__init__(id="status")
        self._profile = profile
        self.show_kept(())

    async def on_click(self, event: events.Click) -> None:
        if _LINK not in event.style.meta:  # else Textual does what stands there
            await self.run_action("screen.do('switch')")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.tooltip = UNSETTLED_CLICK if _LINK in event.style.meta else self._about

    def show(self, state: CacheState) -> None:
        """The counts and the age of the cache; repaints only where a word changes."""
        self.counts = f"{count(state.events, 'event')}  {count(state.contacts, 'contact')}"
        refreshed = state.refreshed_at
        self.refreshed = age(refreshed, datetime.now(UTC)) if refreshed else ""

    def show_kept(self, kept: Sequence[str]) -> None:
        """Which of the contacts a refresh did not bring, where the mouse rests."""
        self._about = f"Of the contacts {' and '.join(kept)}. {CLICK}" if kept else CLICK
        self.tooltip = self._about

    def render(self) -> Content:
        brand = Content.styled("triggerdesk   ", "bold $primary")
        long, short, name = account_labels(self._profile)
        open_ends = (
            _armed_label(self.armed_s) + _masked_label(self.is_masked) + _unsettled_label(self.unsettled)
        )
        said = f"refreshed {self.refreshed}" if self.refreshed else "never refreshed"
        facts = open_ends + Content.styled(f"{self.counts}   {said}", "$quiet")
        old = open_ends + Content.styled(said, "$quiet")
        in_short = open_ends + Content.styled(f"⟳ {self.refreshed or 'never'}", "$quiet")
        choices = (
            (brand + long, facts),
            (long, facts),
            (short, facts),
            (long, old),
            (short, old),
            (short, in_short),
            (name, in_short),
        )
        return fit_line(choices, self.content_size.width)


def _armed_label(seconds: int | None) -> Content:
    """Whether sending to a real account is armed, and for how much longer."""
    if seconds is None:
        return Content("")
    if not seconds:
        return Content.styled("looking only   ", "bold $account-real")
    return Content.styled(f"ARMED {seconds // 60}:{seconds % 60:02}   ", "bold reverse $account-real")


def _masked_label(is_masked: bool) -> Content:
    """That persons are masked, where they are."""
    return Content.styled("masked   ", "bold $primary") if is_masked else Content("")


def _unsettled_label(number: int) -> Content:
    """How many unknown outcomes nobody has settled yet; nothing where there are none."""
    if not number:
        return Content("")
    said = Content.styled(f"? {number:,} unknown", f"bold {outcome_style(Outcome.UNKNOWN)}")
    return said.stylize(Style.from_meta({_LINK: "screen.do('unsettled')"})) + "   "
