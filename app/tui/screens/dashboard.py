"""The desk: events and contacts, the trigger form, what will be answered, the reply, the history."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Footer

from app.domain.errors import DeskError
from app.domain.model import ExternalEvent
from app.service import CacheState, ContactRow, TriggerService
from app.tui.screens.commands import DESK, DESK_BINDINGS, DeskCommands
from app.tui.screens.help import HelpScreen
from app.tui.screens.rehearsing import PresentingScreen, RehearsalCommands
from app.tui.veil import Veil
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.preflight import PreflightPane
from app.tui.widgets.reply_panel import ReplyPanel
from app.tui.widgets.status_line import StatusLine
from app.tui.widgets.trigger_form import TriggerForm

WARM_UP_S = 0.3
RECOVER_S = 10
FILLING = "The lists are being filled; one moment."


class Dashboard(PresentingScreen):
    """The panes of one account, and what passes between them."""

    PANES: Mapping[str, str] = {
        "events": "Events",
        "contacts": "Contacts",
        "trigger": "Trigger",
        "reply": "Reply",
        "history": "History",
    }
    SHOWN: Mapping[str, Sequence[str]] = {
        "events": ("finding", "events"),
        "contacts": ("finding", "contacts"),
        "trigger": ("trigger", "answers", "preflight"),
        "reply": ("answers", "reply"),
        "history": ("history",),
    }
    COMMANDS = {DeskCommands, RehearsalCommands}  # noqa: RUF012 - declared by Textual
    AUTO_FOCUS = "#events-filter"

    BINDINGS = DESK_BINDINGS

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._filling = False
        self._state: CacheState = service.state()

    def compose(self) -> ComposeResult:
        name = self._service.field_name
        yield StatusLine(self._service.profile)
        yield self.tabs()
        with Container(id="desk"):
            with Vertical(id="finding"):
                yield EventList(self._service.events, self._service.event_name)
                yield ContactList(self._service.contacts)
            yield TriggerForm(self._service)
            with Vertical(id="answers"):
                yield PreflightPane(name)
                yield ReplyPanel(name)
            yield HistoryPane(name)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.title_panes()
        self._show_lists()
        self.show_history()
        self._predict()
        if self._service.needs_refresh():
            self.form.blocked = FILLING
            self.call_after_refresh(self.action_refresh)
        self.armed_changed()
        self.set_timer(WARM_UP_S, self._warm_up)
        self.set_interval(1, self._look)
        self.set_interval(RECOVER_S, self._recover)

    @work(group="warm up")
    async def _warm_up(self) -> None:
        """Opens the way to the endpoint once the desk stands, or the first reply would wait for it."""
        with contextlib.suppress(DeskError):
            await self.open_way()

    def _recover(self) -> None:
        """Finds attempts whose process has ended meanwhile."""
        with contextlib.suppress(DeskError):
            if self._service.recover():
                self.show_history()

    # Choosing

    @on(EventList.Chosen, "#events")
    def _event_chosen(self, message: EventList.Chosen) -> None:
        self.form.choose_event(cast("ExternalEvent", message.row))
        self.query_one(ContactList).filter.focus()

    @on(ContactList.Chosen, "#contacts")
    def _contact_chosen(self, message: ContactList.Chosen) -> None:
        contact = self._service.contact(cast("ContactRow", message.row).id)
        if contact is not None:
            self.form.choose_contact(contact)
        self.form.focus_next()

    @on(TriggerForm.Changed)
    def _predict(self) -> None:
        request = self.form.request()
        asked = bool(request.event_id or request.external_id)
        self.query_one(PreflightPane).show(request, self._service.check(request) if asked else None)

    @on(TriggerForm.Ready)
    def _ready(self) -> None:
        self.refresh_bindings()

    # The cache

    def action_refresh(self) -> None:
        if not self._filling:
            self._filling = True
            self._show_lists()
            self._refill()

    @work(group="refresh")
    async def _refill(self) -> None:
        status = self.status
        status.filling(0)
        try:
            if self._service.needs_refresh():
                # Another program may be filling the same cache: then this one waits for it.
                await self._service.fill_where_needed(status.filling)
            else:
                await self._service.refresh(status.filling)
        except DeskError as error:
            self.reply.show_fault(f"The lists could not be refreshed. {error}")
            self.say("The lists could not be refreshed", str(error))
        finally:
            self._filling = False
            self.form.blocked = ""
            self.armed_changed()
        self._show_lists()
        self._predict()

    def _show_lists(self) -> None:
        self._state = self._service.state()
        self.status.show(self._state)
        self.form.offer_fields(self._service.fields())
        self.query_one(EventList).reload(self._why_empty("event", self._state.events))
        self.query_one(ContactList).reload(self._why_empty("contact", self._state.contacts))

    def _why_empty(self, word: str, number: int) -> str:
        if number:
            return f"No {word} has that. Esc shows all."
        return (
            "Filling the list from the account…"
            if self._filling or self.form.blocked
            else f"No {word} is known here. f5 refreshes."
        )

    # The history

    def show_history(self) -> None:
        """Shows the attempts as they are now."""
        self.query_one(HistoryPane).show(self._service.attempts())
        self.status.unsettled = self._service.unsettled()

    def _look(self) -> None:
        self.armed_changed()
        with contextlib.suppress(DeskError):
            if self._service.history_changed():
                self.show_history()
        if not self._filling:
            self.status.show(self._state)

    # Moving about

    def enter(self, pane: str) -> None:
        """Put the focus where one begins in this pane."""
        match pane:
            case "events" | "contacts":
                self.query_one(f"#{pane}-filter").focus()
            case "history":
                self.query_one("#history-table").focus()
            case "trigger":
                self.form.focus_next()
            case _:
                super().enter(pane)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        match action:
            case "stop":
                return self.sending
            case "send" if self.is_mounted:
                return None if self.form.obstacle else True
            case "arm":
                return self.armed_s is not None
            case "example" if self.is_mounted:
                return True if self.form.editor.has_example else None
            case _:
                return super().check_action(action, parameters)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        return self.form.obstacle if action == "send" else "There is no other example data for this event."

    def on_key(self, event: events.Key) -> None:
        """Send says why it is off, if it still is."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and active.binding.action == "send":
            self.action_send()

    def action_example(self) -> None:
        self.form.editor.take_example()

    def action_clear(self) -> None:
        self.form.clear()
        self.action_go("events")

    def action_help(self) -> None:
        shown = {active.binding.id: active for active in self.active_bindings.values()}
        desk = [active for name, active in shown.items() if name and name.startswith(DESK)]
        self.app.push_screen(
            HelpScreen(
                [(self.app.get_key_display(a.binding), a.binding.description, a.tooltip) for a in desk]
            )
        )
