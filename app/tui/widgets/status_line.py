"""The first line of the screen: which account is live, what is cached of it, and how old that is."""

from datetime import UTC, datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from app.service import CacheState
from app.tui.notices import armed_label, unsettled_label
from app.tui.text import Live, account_label, age, count, fit_line


class StatusLine(Widget):
    """Name, account, counts and age; what is less needed is left out where the line is short."""

    counts: reactive[str] = reactive("")
    freshness: reactive[str] = reactive("")
    armed_s: reactive[int | None] = reactive(None)
    """Seconds for which sending to a real account is still armed; None where nothing need be armed."""

    unsettled: reactive[int] = reactive(0)
    """Attempts whose outcome is unknown, and of which nobody has said yet whether they arrived."""

    def __init__(self, profile: Live) -> None:
        super().__init__(id="status")
        self._profile = profile

    def show(self, state: CacheState) -> None:
        """The counts and the age of the cache; repaints only where a word changes."""
        self.counts = f"{count(state.events, 'event')}  {count(state.contacts, 'contact')}"
        refreshed = state.refreshed_at
        self.freshness = f"refreshed {age(refreshed, datetime.now(UTC))}" if refreshed else "never refreshed"

    def filling(self, contacts: int) -> None:
        """How far a refresh has come."""
        self.freshness = f"refreshing… {count(contacts, 'contact')}"

    def render(self) -> Content:
        brand = Content.styled("triggerdesk   ", "bold $primary")
        account, short = account_label(self._profile), account_label(self._profile, short=True)
        open_ends = armed_label(self.armed_s) + unsettled_label(self.unsettled)
        facts = open_ends + Content.styled(f"{self.counts}   {self.freshness}", "$quiet")
        counts = open_ends + Content.styled(self.counts, "$quiet")
        choices = (
            (brand + account, facts),
            (brand + short, facts),
            (short, facts),
            (short, counts),
            (short, open_ends),
        )
        return fit_line(choices, self.content_size.width)
