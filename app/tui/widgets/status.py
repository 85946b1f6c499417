"""The lines around the panes: the account with what is known of it, a refresh, the keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Footer, ProgressBar, Static
from textual.widgets._footer import FooterKey

from app.domain.model import Outcome
from app.domain.text import age
from app.service.catalog import CacheState
from app.service.profile_check import Notice
from app.service.refresh import RefreshStep
from app.tui.text import Live, account_labels, count, fit_line, outcome_style, sanitize
from app.tui.widgets.text_block import TextBlock

CLICK = "Click to switch the profile"
UNRESOLVED_CLICK = "Click to show the unresolved outcomes"
_LINK = "@click"


class StatusLine(Widget):
    """Account, counts and age; a short line leaves out what matters less, but never the age."""

    counts: reactive[str] = reactive("")
    refreshed: reactive[str] = reactive("")
    """How long ago the lists were refreshed; '' for never."""

    unlocked_s: reactive[int | None] = reactive(None)
    """Seconds for which sending to a live account stays unlocked; None on a test account."""

    unresolved: reactive[int] = reactive(0)
    """The number of unknown outcomes that are not resolved."""

    is_masked: reactive[bool] = reactive(False)

    team: reactive[bool | None] = reactive(None)
    """Whether the team is reachable; None without one, or before the first try."""

    def __init__(self, profile: Live, notice: Notice | None = None) -> None:
        super().__init__(id="status")
        self._profile = profile
        self._notice = notice
        self.show_kept(())

    async def on_click(self, event: events.Click) -> None:
        if _LINK not in event.style.meta:  # Textual follows a link itself
            await self.run_action("screen.switch_profile")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.tooltip = UNRESOLVED_CLICK if _LINK in event.style.meta else self._about

    def show(self, state: CacheState) -> None:
        """Shows the counts and the age of the lists; repaints only if a word changes."""
        self.counts = f"{count(state.events, 'event')}  {count(state.contacts, 'contact')}"
        refreshed = state.refreshed_at
        self.refreshed = age(refreshed, datetime.now(UTC)) if refreshed else ""

    def show_kept(self, kept: Sequence[str]) -> None:
        """Names, in the tooltip, the contacts that no refresh brought."""
        about = [
            self._notice.sentence if self._notice else "",
            f"Of the contacts {' and '.join(kept)}." if kept else "",
        ]
        self._about = " ".join(filter(None, (*about, CLICK)))
        self.tooltip = self._about

    def render(self) -> Content:
        brand = Content.styled("triggerdesk   ", "bold $primary")
        long, short, name = account_labels(self._profile)
        alerts = self._alerts()
        notice = alerts
        if self._notice:
            notice = Content.assemble((f"{self._notice.label}   ", "bold $text-warning"), alerts)
        said = f"refreshed {self.refreshed}" if self.refreshed else "never refreshed"
        facts = Content.assemble(notice, (f"{self.counts}   {said}", "$quiet"))
        old = Content.assemble(notice, (said, "$quiet"))
        age_alone = (f"⟳ {self.refreshed or 'never'}", "$quiet")
        in_short = Content.assemble(notice, age_alone)
        choices = (
            (brand + long, facts),
            (long, facts),
            (short, facts),
            (long, old),
            (short, old),
            (short, in_short),
            (name, in_short),
            (name, Content.assemble(alerts, age_alone)),
        )
        return fit_line(choices, self.content_size.width)

    def _alerts(self) -> Content:
        """What the user must know, each with the space after it."""
        alerts = []
        if self.unlocked_s:
            time_left = f"SENDING UNLOCKED {self.unlocked_s // 60}:{self.unlocked_s % 60:02}"
            alerts.append(Content.styled(time_left, "bold reverse $account-real"))
        elif self.unlocked_s is not None:
            alerts.append(Content.styled("read-only", "bold $account-real"))
        if self.is_masked:
            alerts.append(Content.styled("masked", "bold $primary"))
        if self.team:
            alerts.append(Content.styled("team ✓", "$quiet"))
        elif self.team is not None:
            style = f"bold {outcome_style(Outcome.REJECTED)}"
            alerts.append(Content.styled("✗ team not reachable", style))
        if self.unresolved:
            said = Content.styled(
                f"? {self.unresolved:,} unresolved", f"bold {outcome_style(Outcome.UNKNOWN)}"
            )
            alerts.append(said.stylize(Style.from_meta({_LINK: "screen.unresolved"})))
        return Content("").join(alert + "   " for alert in alerts)


class FetchBar(Horizontal):
    """One line above the keys while the account is asked: what for, how far, and the key that stops it."""

    def __init__(self) -> None:
        super().__init__(id="fetching")
        self.display = False

    def compose(self) -> ComposeResult:
        yield TextBlock(id="fetching-words")
        yield ProgressBar(total=1, show_eta=False, id="fetching-share")
        yield Static("esc stops", id="fetching-stop")

    def show(self, words: str, share: float | None = None) -> None:
        """Shows the line; `share` is 0 to 1, or None if unknown."""
        self.display = True
        self.query_one("#fetching-words", TextBlock).show(f"⟳ {sanitize(words)}")
        bar = self.query_one(ProgressBar)
        bar.display = share is not None
        bar.update(progress=share or 0)

    def step(self, step: RefreshStep) -> None:
        """Shows a step of a refresh."""
        self.show(f"refreshing: {step.words}", None if step.wait_s else step.share)

    def hide(self) -> None:
        self.display = False


class KeyFooter(Footer):
    """Textual's footer, drawn again only if one of its keys changed, not at every move of the focus.

    On a narrow screen the tabs name the keys of the panes, and the footer leaves them out.
    """

    _drawn: Sequence[object] = ()

    def compose(self) -> ComposeResult:
        is_narrow = self.screen.has_class("-narrow")
        order = [one.action for one in self.screen.BINDINGS if isinstance(one, Binding)]
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        # Textual puts keys first that the focused widget has uses of its own for.
        for key in sorted(keys, key=lambda key: (*order, key.action).index(key.action)):
            if not (is_narrow and key.action.startswith("go(")):
                yield key

    def bindings_changed(self, screen: Screen[Any]) -> None:
        shown: list[object] = [screen.has_class("-narrow")]
        shown += [
            (active.binding, active.enabled)
            for active in screen.active_bindings.values()
            if active.binding.show
        ]
        if shown != self._drawn and screen.app.app_focus:
            self._drawn = shown
            super().bindings_changed(screen)
