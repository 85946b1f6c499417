"""The lines around the panes: the account with what is known of it, a refresh, the keys."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import ProgressBar, Static

from app.domain.model import Outcome
from app.domain.text import age, count
from app.service.catalog import CacheState
from app.service.refresh import RefreshStep
from app.service.session import Notice, Profile
from app.tui.bindings import active_in_order
from app.tui.text import account_labels, fit_line, outcome_style, sanitize
from app.tui.widgets.text_block import TextBlock

CLICK = "Click to switch the profile"
UNRESOLVED_CLICK = "Click to show the unresolved outcomes"
_LINK = "@click"
_TOOLTIP = "tooltip"


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

    team: reactive[tuple[str, bool] | None] = reactive(None)
    """The name of the team and whether it is reachable; None without one, or before the first try."""

    def __init__(self, profile: Profile, notice: Notice | None = None) -> None:
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
        label = f"{self._notice.label}   " if self._notice else ""
        notice = Content.assemble((label, "bold $text-warning"), alerts)
        said = f"refreshed {self.refreshed}" if self.refreshed else "never refreshed"
        facts = Content.assemble(notice, (f"{self.counts}   {said}", "$quiet"))
        old = Content.assemble(notice, (said, "$quiet"))
        age_alone = (f"⟳ {self.refreshed or 'never'}", "$quiet")
        in_short = Content.assemble(notice, age_alone)
        shortest = Content.assemble(alerts, age_alone)
        choices = [(left, facts) for left in (brand + long, long, short)]
        choices += [(long, old), (short, old), (short, in_short), (name, in_short), (name, shortest)]
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
            name, is_reachable = sanitize(self.team[0], 20), self.team[1]
            if is_reachable:
                alerts.append(Content.styled(f"team {name} ✓", "$quiet"))
            else:
                style = f"bold {outcome_style(Outcome.REJECTED)}"
                alerts.append(Content.styled(f"✗ team {name} not reachable", style))
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
        yield ProgressBar(total=1, show_eta=False)
        yield Static("Esc stops", id="fetching-stop")

    def show(self, words: str, share: float | None = None) -> None:
        """Shows the line; `share` is 0 to 1, or None if unknown."""
        if not self.is_running:
            return  # the thread of a refresh may tell of its last step once the dashboard is gone
        self.display = True
        self.query_one("#fetching-words", TextBlock).show(f"⟳ {sanitize(words)}")
        bar = self.query_one(ProgressBar)
        bar.display = share is not None
        bar.update(progress=share or 0)

    def step(self, step: RefreshStep) -> None:
        self.show(f"refreshing: {step.words}", None if step.wait_s else step.share)

    def hide(self) -> None:
        self.display = False


class PaneTabs(Widget):
    """The panes on one line, the active one marked; a click leads to one."""

    ALLOW_SELECT = False
    auto_links = False

    labels: reactive[Mapping[str, str]] = reactive({})
    """The words of each pane."""

    active: reactive[str] = reactive("")

    def render(self) -> Content:
        return Content(" ").join(self._tab(pane, words) for pane, words in self.labels.items())

    def _tab(self, pane: str, words: str) -> Content:
        style = "bold reverse $primary" if pane == self.active else ""
        return Content.styled(words, style).stylize(Style.from_meta({_LINK: f"screen.go('{pane}')"}))


class KeyFooter(Widget):
    """The keys on one line; a click presses one. On a narrow screen the tabs name the keys of the panes.

    Textual's footer mounts a widget for each key again whenever one of them changes.
    """

    ALLOW_SELECT = False
    auto_links = False

    keys: reactive[Sequence[ActiveBinding]] = reactive(())
    hovered: reactive[str] = reactive("")
    """What a click on the key under the mouse does."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[Any]) -> None:
        if not screen.app.app_focus:
            return
        is_narrow = screen.has_class("-narrow")
        self.keys = [
            one._replace(node=screen)
            for one in active_in_order(screen)
            if one.binding.show and not (is_narrow and one.binding.action.startswith("go("))
        ]

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.hovered = event.style.meta.get(_LINK, "")
        self.tooltip = event.style.meta.get(_TOOLTIP)

    def on_leave(self) -> None:
        self.hovered = ""

    def render(self) -> Content:
        palette = self.screen.active_bindings.get(self.app.COMMAND_PALETTE_BINDING)
        last = Content.assemble(("▏", "$foreground 20%"), self._label(palette)) if palette else Content("")
        room = max(0, self.content_size.width - last.cell_length)
        labels = [self._label(key) for key in self.keys]
        left = Content("  ").join(labels)
        if left.cell_length > room:
            left = Content(" ").join(labels)
        return left.truncate(room, pad=True) + last

    def _label(self, key: ActiveBinding) -> Content:
        binding = key.binding
        name = self.app.get_key_display(binding)
        said = Content.assemble((name, "bold $footer-key-foreground"), f" {binding.description}")
        meta = {_TOOLTIP: key.tooltip or binding.tooltip or binding.description}
        if key.enabled:
            meta[_LINK] = f"app.simulate_key('{binding.key}')"
        if key.enabled and meta[_LINK] == self.hovered:
            said = said.stylize("on $block-hover-background")
        return said.stylize(Style.from_meta(meta)).stylize("" if key.enabled else "dim")
