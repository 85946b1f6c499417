"""The dashboard: the panes of one account, side by side or, on a narrow screen, one at a time under tabs."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Button

from app.domain.errors import AppError
from app.domain.model import Attempt, Outcome
from app.resources import styles
from app.service.history import AttemptRow
from app.service.session import Profile, Session
from app.tui.bindings import DASHBOARD_BINDINGS, Command, key_of
from app.tui.controllers.bulk import BulkController
from app.tui.controllers.cache import CacheController
from app.tui.controllers.form import FormController
from app.tui.controllers.history import HistoryController
from app.tui.controllers.send import SendController
from app.tui.privacy import PrivacyMode
from app.tui.screens import open_screen
from app.tui.screens.confirm import Confirm
from app.tui.screens.menu import Menu, ProfileList
from app.tui.text import answered, outcome_label, sanitize
from app.tui.widgets.answers import PreflightPane, RemedyButtons, ReplyPanel
from app.tui.widgets.event_data import JsonArea
from app.tui.widgets.filtered_list import ContactList, EventList, FilteredList
from app.tui.widgets.form import TriggerForm
from app.tui.widgets.history import Choice, HistoryPane, QueryLine
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.status import FetchBar, KeyFooter, PaneTabs, StatusLine
from app.tui.widgets.table import VirtualTable

Result = TypeVar("Result")

PANES: Final = {
    "events": "Events",
    "contacts": "Contacts",
    "trigger": "Trigger",
    "reply": "Reply",
    "history": "History",
}
SHOWN_WITH: Mapping[str, Sequence[str]] = {
    "events": ("finding", "events"),
    "contacts": ("finding", "contacts"),
    "trigger": ("trigger", "answers", "preflight"),
    "reply": ("answers", "reply"),
    "history": ("history",),
}
"""The widgets that a narrow screen shows with each pane."""

NARROW = 100
"""The width in cells from which the panes stand side by side."""

KEYS_IN_TABS = 58
"""The width from which the tabs have room for the keys of their panes."""

HIDDEN_WHEN_OFF = ("stop", "unlock")
"""The actions that are not dimmed but hidden while they are off."""

CONNECT_AFTER_S = 0.3
SLOW_SECRET_S = 2.0
FOLLOW_OTHERS_S = 10
SHORTEST_S = 4.0
CHARACTERS_PER_S = 15

WELCOME = (
    "This is the built-in account: nothing you send leaves this machine. "
    "{} explains every pane; ctrl+p lists every action."
)
TEST_ACCOUNT = "Test account: sending is always unlocked."
NOTHING_TO_FIX = "Nothing to fix"
SWITCH = "A trigger is still being sent. Switch the profile anyway? It will be recorded as unknown."


def reading_s(message: str) -> float:
    """The seconds it takes to notice and read a message."""
    return max(SHORTEST_S, len(message) / CHARACTERS_PER_S)


class Dashboard(Screen[None]):
    """Shows one account; the pane with the focus is the active one."""

    CSS_PATH = [styles("dashboard"), styles("form")]  # noqa: RUF012 - declared by Textual
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (13, "-low"), (18, "-short"), (30, "-tall")]  # noqa: RUF012 - the same
    AUTO_FOCUS: ClassVar[str | None] = "#events-filter"
    BINDINGS = DASHBOARD_BINDINGS

    pane: reactive[str] = reactive("events", init=False)

    last_attempt: Attempt | None = None
    """The attempt that the reply pane shows."""

    def __init__(
        self,
        session: Session,
        privacy: PrivacyMode,
        profiles: Callable[[], Sequence[Profile]],
        switch: Callable[["Dashboard", str], object],
    ) -> None:
        """`profiles` lists all, or raises AppError; `switch` replaces this dashboard by another profile's."""
        super().__init__()
        self.session = session
        self.privacy = privacy
        privacy.is_invented = session.scenarios is not None
        self._profiles = profiles
        self._switch = switch
        self._draw_reply: Callable[[ReplyPanel], None] = self._draw_nothing
        self._welcome = ""
        self._connecting = asyncio.Lock()
        self._is_connected = False
        self._mounted = asyncio.Event()
        self.status_line = StatusLine(session.profile, session.profile.notice(datetime.now(UTC).date()))
        self.event_list = EventList(session.events.search)
        self.contact_list = ContactList(session.contacts.search, privacy)
        self.trigger_form = TriggerForm(session, privacy)
        self.preflight_pane = PreflightPane(privacy)
        self.reply_panel = ReplyPanel(session.contacts)
        self.history_pane = HistoryPane(session.contacts, privacy, has_team=session.team is not None)
        self._tabs = PaneTabs(id="tabs")
        self.fetch_bar = FetchBar()
        self._add_controllers()

    def _add_controllers(self) -> None:
        self.cache = cache = CacheController(self)
        self.send = send = SendController(self, lambda: cache.is_loading)
        self.form = form = FormController(self, send, cache)
        self.history = history = HistoryController(self)
        self.bulk = bulk = BulkController(
            self, lambda: send.permit, lambda: send.closed, lambda: history.filter
        )
        self.show_history, self.resend = history.show, send.resend
        self.edit, self.preview_attempt = form.edit, form.preview_attempt
        # The actions of the bindings that are one call.
        self.action_send, self.action_unlock = send.send, send.unlock
        self.action_refresh_lists, self.action_look_up = cache.refresh, cache.look_up
        self.action_event_data, self.action_format = form.insert_data, form.format_data
        self.action_fix, self.action_preview_request = form.apply_first_fix, form.preview
        self.action_clear_form, self.action_bulk = form.clear, bulk.open
        self.action_unresolved = history.show_unresolved

    # Its life

    def compose(self) -> ComposeResult:
        # Textual adds these classes after the first frame, and would then style every widget again.
        for cells, points in (
            (self.app.size.width, self.HORIZONTAL_BREAKPOINTS),
            (self.app.size.height, self.VERTICAL_BREAKPOINTS),
        ):
            self.add_class(max(point for point in points if point[0] <= cells)[1], update=False)
        yield self.status_line
        yield self._tabs
        with Container(id="desk"):
            with Vertical(id="finding"):
                yield self.event_list
                yield self.contact_list
            yield self.trigger_form
            with Vertical(id="answers"):
                yield self.preflight_pane
                yield self.reply_panel
            yield self.history_pane
        yield self.fetch_bar
        yield KeyFooter()

    async def on_mount(self) -> None:
        self._tabs.active = self.pane
        self._show_panes()
        self._title_panes()
        self.form.restore()
        if self.session.scenarios is not None and self.session.refresh.state().refreshed_at is None:
            self._welcome = WELCOME.format(key_of(self, "help"))
        self.cache.show()
        self.show_history()
        self._offer_fields()
        self._redraw_personal_data()
        if self.cache.is_loading:
            self.cache.refresh()
        if self.session.team is not None:
            self.session.team.say = lambda sentence: self.say("Team", sentence, unasked=True)
            self.session.team.follow()
        self._clocks = (
            self.set_interval(1, self.look),
            self.set_interval(FOLLOW_OTHERS_S, self._follow_others),
        )
        self._mounted.set()
        # The screen is laid out after this: once, with the first rows in their places.
        for loaded in (self.event_list.found, self.contact_list.found, self.history.found):
            await loaded.wait()
        self.refresh_bindings()
        self.set_timer(CONNECT_AFTER_S, lambda: self.run_worker(self._connect_early(), group="connect"))

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        event.refresh_styles = False  # every widget is styled when it is mounted

    def on_unmount(self) -> None:
        if self._mounted.is_set():
            self.form.save_draft()

    async def ready(self, event: events.Event | None) -> None:
        """Returns once an event may take effect: every pane is there, and the first load is done or takes long.

        Enter in a list picks of the rows for what was typed: it waits for the search.
        """
        await self._mounted.wait()
        await self.cache.loaded()
        if isinstance(event, events.Key) and event.key == "enter":
            for pane in (self.event_list, self.contact_list):
                if pane.has_focus_within:
                    await pane.found.wait()

    async def shutdown(self) -> None:
        """Returns once the trigger being sent is recorded, a refresh has stopped and the draft is saved."""
        await self._mounted.wait()
        await self.send.shutdown()
        await self.bulk.shutdown()
        await self.cache.shutdown()
        self.form.save_draft()
        # Nothing may reach for a pane while Textual removes them one by one.
        for clock in self._clocks:
            clock.stop()
        for worker in self.app.workers:
            if self in worker.node.ancestors_with_self:
                worker.cancel()

    def look(self) -> None:
        """Shows what changed by itself: the unlocked time, the age of the lists, attempts of other windows."""
        self.send.show()
        if self.send.is_busy and self.reply_panel.has_class("-sending"):
            self._draw_reply(self.reply_panel)
        with contextlib.suppress(AppError):
            if self.session.history.changed():
                self.show_history()
            self._look_at_team()
        self.cache.show_age()

    def _look_at_team(self) -> None:
        """Shows whether the team is reachable, what its desks did, and what went wrong between them."""
        team = self.session.team
        if team is None:
            return
        if team.is_reachable is not None:
            self.status_line.team = team.settings.account, team.is_reachable
        for sentence in team.requests():
            self.say("Team", sentence, "information", unasked=True)
        if not team.history.changed():
            return
        team.forget_here()
        for sentence in team.news():
            self.say("Team", sentence, "error", unasked=True)
        if self.history_pane.is_team:
            self.show_history()

    def _follow_others(self) -> None:
        """Finds attempts whose process has ended, and lists that another program changed."""
        with contextlib.suppress(AppError):
            if self.session.history.recover():
                self.show_history()
        self.cache.follow_others()

    def _title_panes(self) -> None:
        """Writes the key of each pane into its border and its tab."""
        keys = {active.binding.action: active.binding for active in self.active_bindings.values()}
        labels = dict(PANES)
        for pane, title in PANES.items():
            if binding := keys.get(f"go('{pane}')"):
                key = self.app.get_key_display(binding)
                self.query_one(f"#{pane}").border_subtitle = key
                if self.app.size.width >= KEYS_IN_TABS:
                    labels[pane] = f"{title} {key}"
        self._tabs.labels = labels

    # What the controllers use

    def say(
        self, title: str, sentence: str, severity: SeverityLevel = "warning", *, unasked: bool = False
    ) -> None:
        """Shows a message; an `unasked` one, which answers no key, stays longer."""
        shown = sanitize(self.privacy.mask.text(sentence, self.trigger_form.request().external_id), 500)
        timeout = reading_s(shown) if unasked else None
        self.notify(shown, title=title, severity=severity, markup=False, timeout=timeout)

    @contextlib.contextmanager
    def saying(self, title: str, *, unasked: bool = False) -> Iterator[None]:
        """Shows a message if the block ends with an AppError."""
        try:
            yield
        except AppError as error:
            self.say(title, str(error), unasked=unasked)

    def show_reply(self, draw: Callable[[ReplyPanel], None]) -> None:
        """Draws the reply pane, now and whenever personal data is hidden or shown."""
        self.last_attempt = None
        self._draw_reply = draw
        draw(self.reply_panel)

    def start_over(self) -> None:
        """Clears every filter and shows what the first start shows."""
        for line in (self.event_list.filter, self.contact_list.filter):
            line.value = ""
        self.history_pane.line.write("")
        self._welcome = WELCOME.format(key_of(self, "help"))
        self.show_reply(self._draw_nothing)
        self.go("events")

    def _draw_nothing(self, panel: ReplyPanel) -> None:
        last = None
        with contextlib.suppress(AppError):
            last = next(self.session.history.list_attempts(1), None)
        panel.show_nothing(last and self.privacy.mask.attempt(last), self._welcome)

    def show_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows a finished attempt in the reply pane; in a message too if that pane is out of view."""
        self.show_reply(lambda panel: panel.show_attempt(self.privacy.mask.attempt(attempt), fault))
        self.last_attempt = attempt
        if not self._reply_in_view:
            said = answered(self.privacy.mask.attempt(attempt), self.session.contacts)
            severity: SeverityLevel = "information" if attempt.outcome is Outcome.ACCEPTED else "warning"
            shows = f"{key_of(self, 'reply')} shows it."
            self.say(outcome_label(attempt.outcome).plain, f"{said} {shows}", severity, unasked=True)

    def show_fault(self, fault: str) -> None:
        """Shows a fault in the reply pane; in a message too if that pane is out of view."""
        value = self.trigger_form.request().external_id
        self.show_reply(lambda panel: panel.show_fault(self.privacy.mask.text(fault, value)))
        if not self._reply_in_view:
            self.say("", fault, unasked=True)

    def show_problem(self, title: str, sentence: str) -> None:
        """Shows in a message what failed other than sending; in the reply pane too if that is empty."""
        self.say(title, sentence, unasked=True)
        if self._draw_reply == self._draw_nothing:
            self.show_reply(lambda panel: panel.show_fault(self.privacy.mask.text(f"{title}: {sentence}")))

    @property
    def _reply_in_view(self) -> bool:
        side_by_side = self.has_class("-wide") and not self.history_pane.whole
        return self.is_active and (side_by_side or self.pane == "reply")

    def show_history_alone(self, alone: bool) -> None:
        if alone != self.history_pane.whole:
            self.history_pane.whole = alone
            self.set_class(alone, "-whole")
            self._show_panes()

    def open(self, screen: Screen[Result | None], then: Callable[[Result], object] = lambda _: None) -> None:
        open_screen(self.app, screen, then)

    def ask(self, question: str, yes: str, then: Callable[[], object]) -> None:
        self.open(Confirm(question, yes=yes), lambda _: then())

    async def connect(self) -> None:
        """Opens the client, once. Raises SettingsError if there is no secret."""
        async with self._connecting:
            if self._is_connected:
                return
            slow = self.set_timer(SLOW_SECRET_S, self._say_waiting)
            try:
                await self.session.open_client()
            finally:
                slow.stop()
            self._is_connected = True

    async def _connect_early(self) -> None:
        with contextlib.suppress(AppError):  # said when something is sent
            await self.connect()

    def _say_waiting(self) -> None:
        profile = self.session.profile
        if profile.auth != "none":
            self.say("Waiting", f"Waiting for the secret of the profile {profile.name!r}…", unasked=True)

    # What the controllers report

    def answered(self, attempt: Attempt, fault: str | None) -> None:
        self.show_attempt(attempt, fault)
        self.form.predict()
        self.cache.show_events()
        self.form.answered(attempt)

    def resolved(self, attempt: Attempt) -> None:
        if self.last_attempt is not None and self.last_attempt.attempt_id == attempt.attempt_id:
            self.show_attempt(attempt)
        self.form.predict()

    def lists_changed(self) -> None:
        self.cache.show()
        self._offer_fields()
        self.form.predict()

    def _offer_fields(self) -> None:
        fields = self.session.contacts.fields()
        self.trigger_form.offer_fields(fields)
        self.contact_list.offer_fields(fields)

    # Moving about

    def action_go(self, pane: str) -> None:
        """Shows a pane and moves the focus into it; in the history already, switches its full screen."""
        if pane == "history" and self.history_pane.table.has_focus:
            self.show_history_alone(not self.history_pane.whole)
        else:
            self.go(pane)

    def go(self, pane: str) -> None:
        if pane != "history":
            self.show_history_alone(False)
        self.pane = pane
        match pane:
            case "events" | "contacts":
                self.query_one(f"#{pane}-filter").focus()
            case "history":
                self.history_pane.table.focus()
            case "trigger":
                self.trigger_form.focus_start()  # on Send, one Enter would send what was only to be changed
            case _:
                self.query_one(f"#{pane}").focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for node in event.widget.ancestors_with_self:
            if node.id in PANES:
                self.pane = node.id
        self._frame_pane()

    def on_descendant_blur(self) -> None:
        self._frame_pane()

    def _frame_pane(self) -> None:
        """Marks the pane with the focus; `:focus-within` would style again all that the pane holds."""
        for pane in self.query(".pane"):
            is_active = pane.has_focus_within
            if pane.has_class("-active") != is_active:
                pane.set_class(is_active, "-active", update=False)
                self.app.stylesheet.update_nodes((pane, *pane.query("#history-keys")))

    def watch_pane(self, pane: str) -> None:
        self._show_panes()
        self._tabs.active = pane

    def on_resize(self) -> None:
        self._show_panes()
        if self._mounted.is_set():
            self._title_panes()
            self.refresh_bindings()

    def _show_panes(self) -> None:
        """Shows the panes that the screen has room for; styles of their own spare styling all they hold."""
        if self.history_pane.whole:
            shown: Collection[str] = SHOWN_WITH["history"]
        elif self.app.size.width < NARROW:
            shown = SHOWN_WITH[self.pane]
        else:
            shown = {widget for widgets in SHOWN_WITH.values() for widget in widgets}
        for widget in (*self.query("#desk > *"), *self.query("#answers > *"), *self.query("#finding > *")):
            widget.display = widget.id in shown
        self.query_one("#answers").set_class(self.pane == "trigger", "-at-trigger")

    # Keys

    def why_off(self, action: str) -> str:
        """Why an action is off; '' if it is on."""
        reasons: Mapping[str, Callable[[], str]] = {
            "send": lambda: self.send.obstacle,
            "stop": self._why_no_stop,
            "unlock": lambda: "" if self.session.profile.is_production else TEST_ACCOUNT,
            "fix": lambda: "" if self.form.fixes else NOTHING_TO_FIX,
            "personal_data": lambda: "" if self.privacy.can_be_on else "Masking is not available here.",
        }
        return reasons[action]() if action in reasons else ""

    def _why_no_stop(self) -> str:
        if self.send.is_sending:
            return self.send.why_no_stop
        return "" if self.cache.is_busy else "Nothing is being sent or refreshed."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """None, shown dimmed, or False, hidden, if the action is off."""
        if action in ("history", "follow_up"):
            return self.history_pane.allows(*parameters)
        if not self._mounted.is_set() or not self.why_off(action):
            return super().check_action(action, parameters)
        return False if action in HIDDEN_WHEN_OFF else None

    def on_key(self, event: events.Key) -> None:
        """Says why the action of a key is off, if it still is."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        if active.binding.action == "send":
            self.send.send()
        else:
            self.say("", self.why_off(active.binding.action), severity="information")

    def action_stop(self) -> None:
        if self.send.is_sending:
            self.send.stop()
        else:
            self.cache.stop()

    def action_personal_data(self) -> None:
        with self.saying("Not masked"):
            self.privacy.switch()
            self.app.clear_notifications()
            self._redraw_personal_data()

    def _redraw_personal_data(self) -> None:
        self.status_line.is_masked = self.privacy.is_on
        for field in (*self.query(SafeInput), *self.query(JsonArea)):
            field.cover(self.privacy.covers_typing)
        self._draw_reply(self.reply_panel)
        self.contact_list.redraw()
        self.history_pane.veil_changed()
        self.form.predict()

    def action_switch_profile(self) -> None:
        """Opens the list of profiles; asks first while a trigger is being sent."""
        with self.saying("Cannot read the profiles"):
            self.open(ProfileList(self._profiles(), self.session.profile.name), self._switch_to)

    def _switch_to(self, profile: str) -> None:
        switch = partial(self._switch, self, profile)
        if self.send.is_sending:
            self.ask(SWITCH, "Switch", switch)
        else:
            switch()

    def commands(self) -> Sequence[Command]:
        return (*self.form.scenarios(), *self._team_commands())

    def _team_commands(self) -> Iterator[Command]:
        team = self.session.team
        if team is None:
            return
        yield Command(
            "Take over", "Take the current attempt of the team's history over", self.history.take_over
        )
        for one in team.waiting:
            what = sanitize(f"Approve {one.label}", 200)
            yield Command(
                what, f"Asked by {one.asked_by}: exactly this, once", partial(self._approve, one.approval_id)
            )

    def _approve(self, approval_id: str) -> None:
        if self.session.team is not None:
            with self.saying("Not approved"):
                self.session.team.server.approve(approval_id)
                self.say("", "Approved for an hour, once.", "information")

    # What the panes want

    def action_sort(self, pane: str) -> None:
        found = self.query_one(f"#{pane}", FilteredList)
        self.open(Menu("Sort by", found.orders), found.sort)

    def action_attempts(self) -> None:
        if self.contact_list.table.row is not None:
            self.history.show_contact(self.contact_list.table.row)

    def action_history(self, what: str) -> None:
        self.history.open(what, self.history_pane.table.row)

    def action_follow_up(self, choice: str) -> None:
        self.history.follow_up(self.history_pane.table.row, Choice[choice])

    @on(EventList.Chosen, "#events")
    def _event_chosen(self, message: EventList.Chosen) -> None:
        self.trigger_form.choose_event(message.row)
        self.contact_list.filter.focus()

    @on(ContactList.Chosen, "#contacts")
    def _contact_chosen(self, message: ContactList.Chosen) -> None:
        contact = self.session.contacts.get(message.row.id)
        if contact is not None:
            self.trigger_form.choose_contact(contact)
        self.trigger_form.focus_next()

    @on(TriggerForm.Changed)
    def _form_changed(self) -> None:
        self.form.changed()

    @on(Button.Pressed, "#send")
    def _send_pressed(self) -> None:
        self.send.send()

    @on(RemedyButtons.Chosen)
    def _fix_chosen(self, message: RemedyButtons.Chosen) -> None:
        self.form.apply_fix(message.remedy)

    @on(QueryLine.Asked)
    def _query_changed(self, message: QueryLine.Asked) -> None:
        message.stop()
        self.history.ask()

    @on(VirtualTable.HeaderSelected, "#history-table")
    def _header_clicked(self, message: VirtualTable.HeaderSelected) -> None:
        self.history.sort(message.column)

    @on(VirtualTable.Selected, "#history-table")
    def _attempt_selected(self, message: VirtualTable.Selected[AttemptRow]) -> None:
        self.history.open_attempt(message.row)
