"""The desk: events and contacts, the trigger form, what will be answered, the reply, the history."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from app.domain.errors import DeskError
from app.domain.model import ExternalEvent
from app.resources import styles
from app.service import ContactRow
from app.tui.keymap import key_of
from app.tui.screens.commands import DESK_BINDINGS
from app.tui.screens.switching import SwitchingScreen
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.key_line import KeyLine
from app.tui.widgets.pane_tabs import PaneTabs
from app.tui.widgets.status_line import StatusLine

WARM_UP_S = 0.3
RECOVER_S = 10


class Dashboard(SwitchingScreen):
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
    AUTO_FOCUS = "#events-filter"

    BINDINGS = DESK_BINDINGS

    def compose(self) -> ComposeResult:
        """What one begins with; the rest is mounted as soon as this has been painted."""
        yield StatusLine(self._service.profile)
        yield PaneTabs(self.PANES, self.pane)
        with Container(id="desk"):
            with self.first_shown(Vertical(id="finding")):
                yield self.first_shown(
                    EventList(self._service.lists.events_by_use, self._service.lists.event_name)
                )
                yield ContactList(self._service.lists.contacts, self._veil)
            yield HistoryPane(self._service.lists.field_name, self._veil, self._past.ask)
        yield KeyLine()

    def on_mount(self) -> None:
        self.title_panes()
        self.fill_lists()
        self.show_history()
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        from app.tui.widgets.fetch_bar import FetchBar
        from app.tui.widgets.preflight import PreflightPane
        from app.tui.widgets.reply_panel import ReplyPanel
        from app.tui.widgets.trigger_form import TriggerForm

        self.app.stylesheet.read_all(sorted(styles().glob("*.tcss")))
        name = self._service.lists.field_name
        answers = Vertical(PreflightPane(name, self._veil), ReplyPanel(name), id="answers")
        form = TriggerForm(self._service, self._veil)
        await self.query_one("#desk").mount(form, answers, before=self.query_one(HistoryPane))
        await self.mount(FetchBar(), before=self.query_one(KeyLine))
        await self.history.complete()
        self.count_attempts()
        self.title_panes()
        self.take_up_draft()
        self.show_fields()
        self.predict()
        self.armed_changed()
        if self._veil.is_on:
            self.veil_changed()
        self.stand()
        if self._service.keeping.state().refreshed_at is None and self.can_present:
            self.reply.show_welcome(self._first_words())
        self.fill_where_needed()
        self.set_timer(WARM_UP_S, self._warm_up)
        self.set_interval(1, self._look)
        self.set_interval(RECOVER_S, self._recover)
        self.set_interval(RECOVER_S, self.look_at_cache)

    def _first_words(self) -> str:
        return (
            "This is the built-in account: nothing you send leaves this machine. "
            f"{key_of(self, 'help')} helps wherever you are; ctrl+p has every action by name."
        )

    @work(group="warm up")
    async def _warm_up(self) -> None:
        """Opens the way to the endpoint once the desk stands, or the first reply would wait for it."""
        with contextlib.suppress(DeskError):
            await self.open_way()

    def _recover(self) -> None:
        """Finds attempts whose process has ended meanwhile."""
        with contextlib.suppress(DeskError):
            if self._service.past.recover():
                self.show_history()

    # Choosing

    @on(FilteredList.SortWanted)
    def _offer_orders(self, message: FilteredList.SortWanted) -> None:
        from app.tui.screens.menu import Menu

        message.stop()
        self.app.push_screen(Menu("Sort by", message.pane.orders), message.pane.sort)

    @on(EventList.Chosen, "#events")
    def _event_chosen(self, message: EventList.Chosen) -> None:
        self.form.choose_event(cast("ExternalEvent", message.row))
        self.query_one(ContactList).filter.focus()

    @on(ContactList.Chosen, "#contacts")
    def _contact_chosen(self, message: ContactList.Chosen) -> None:
        contact = self._service.lists.contact(cast("ContactRow", message.row).id)
        if contact is not None:
            self.form.choose_contact(contact)
        self.app.clear_notifications()  # what a look-up found is chosen now, and may lie on Before sending
        self.form.focus_next()

    @on(FormMessages.Ready)
    def _ready(self) -> None:
        self.refresh_bindings()

    # The history

    def veil_changed(self) -> None:
        """Draws everything again that may speak of persons."""
        super().veil_changed()
        self.query_one(HistoryPane).veil_changed()

    def _look(self) -> None:
        self.armed_changed()
        with contextlib.suppress(DeskError):
            if self._service.past.changed():
                self.show_history()
        self.show_age()

    # Moving about

    def enter(self, pane: str) -> None:
        """Put the focus where one begins in this pane."""
        match pane:
            case "events" | "contacts":
                self.query_one(f"#{pane}-filter").focus()
            case "history":
                self.enter_history()
            case "trigger":
                self.form.focus_next()
            case _:
                super().enter(pane)

    def on_key(self, event: events.Key) -> None:
        """Send, and a remedy, say why they are off, if they still are."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        if active.binding.action == "send":
            self.action_send()
        elif active.binding.action == "remedy":
            self.say("Nothing to mend", self.why_off("remedy"), severity="information")

    def action_clear(self) -> None:
        self.form.clear()
        self.continue_from(None)
        self.action_go("events")
