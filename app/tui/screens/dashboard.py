"""The desk: events and contacts, the trigger form, what will be answered, the reply, the history.

Here are its panes, and whom each message goes to; what can be done stands in `parts` and in the modules named there.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.actions import parse
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from app.domain.errors import AppError
from app.domain.model import ExternalEvent
from app.resources import styles
from app.service.contacts import ContactRow
from app.service.session import Session
from app.service.stored import AttemptRow
from app.tui.keymap import key_of
from app.tui.privacy import PrivacyMode
from app.tui.screens.caching import Caching
from app.tui.screens.commands import DESK_BINDINGS
from app.tui.screens.desk import Desk
from app.tui.screens.panes import PanedScreen
from app.tui.screens.searching import Searching
from app.tui.text import Live
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.key_line import KeyLine
from app.tui.widgets.pane_tabs import PaneTabs
from app.tui.widgets.query_line import QueryLine
from app.tui.widgets.windowed_table import WindowedTable

if TYPE_CHECKING:
    from app.tui.screens.parts import Parts
    from app.tui.widgets.remedy_buttons import RemedyButtons

WARM_UP_S = 0.3
RECOVER_S = 10


class Dashboard(PanedScreen):
    """The panes of one account."""

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

    parts: "Parts"
    """What can be done here, once every pane is there."""

    def __init__(
        self,
        service: Session,
        veil: PrivacyMode,
        known: Callable[[], Sequence[Live]],
        leave: Callable[["Dashboard", str], object],
    ) -> None:
        """`known` gives all profiles, or raises AppError; `leave` puts the one of this name into the place of this."""
        super().__init__()
        self.desk = Desk(self, service, veil)
        self.caching = Caching(self.desk, lambda: self.parts.cache_changed())  # noqa: PLW0108 - they come later
        self.searching = Searching(self.desk)
        self._service = service
        self._known = known
        self._leave = partial(leave, self)
        self._standing = asyncio.Event()

    # The first frame, and the rest

    def compose(self) -> ComposeResult:
        """What one begins with; the rest is mounted as soon as this has been painted."""
        yield self.desk.status
        yield PaneTabs(self.PANES, self.pane)
        with Container(id="desk"):
            with self.first_shown(Vertical(id="finding")):
                yield self.first_shown(self.desk.events)
                yield self.desk.contacts
            yield self.desk.history
        yield KeyLine()

    def on_mount(self) -> None:
        self.title_panes()
        self.caching.show()
        self.searching.show()
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        from app.tui.screens.parts import Parts

        await self._mount_rest()
        self.parts = Parts(self.desk, self.caching, self.searching, self._known, self._leave)
        self.searching.show()  # with their counts
        self.title_panes()
        self.parts.begin()
        self._standing.set()
        self.refresh_bindings()
        if self._service.scenarios is not None and self._service.refresh.state().refreshed_at is None:
            self.desk.reply.show_welcome(self._first_words())
        if self.caching.is_filling:
            self.caching.refresh()
        self.set_timer(WARM_UP_S, lambda: self.run_worker(self._warm_up(), group="warm up"))
        self.set_interval(1, self._look)
        self.set_interval(RECOVER_S, self._recover)
        self.set_interval(RECOVER_S, self.caching.look)

    async def _mount_rest(self) -> None:
        desk = self.desk
        self.app.stylesheet.read_all(sorted(styles().glob("*.tcss")))
        desk.make_rest()
        answers = Vertical(desk.preflight, desk.reply, id="answers")
        await self.query_one("#desk").mount(desk.form, answers, before=desk.history)
        await self.mount(desk.bar, before=self.query_one(KeyLine))
        await desk.history.complete()

    @property
    def stands(self) -> bool:
        """Whether every pane is there, as it is just after the first frame."""
        return self._standing.is_set()

    async def standing(self) -> None:
        """Returns once every pane is there, and what a first start fills the lists with, if that comes soon."""
        await self._standing.wait()
        await self.caching.filled()

    def _first_words(self) -> str:
        return (
            "This is the built-in account: nothing you send leaves this machine. "
            f"{key_of(self, 'help')} helps wherever you are; ctrl+p has every action by name."
        )

    async def _warm_up(self) -> None:
        """Opens the way to the endpoint once the desk stands, or the first reply would wait for it."""
        with contextlib.suppress(AppError):
            await self.desk.open_way()

    def _recover(self) -> None:
        """Finds attempts whose process has ended meanwhile."""
        with contextlib.suppress(AppError):
            if self._service.history.recover():
                self.searching.show()

    def _look(self) -> None:
        self.parts.sending.block()
        with contextlib.suppress(AppError):
            if self._service.history.changed():
                self.searching.show()
        self.caching.show_age()

    def on_unmount(self) -> None:
        if self.stands:
            self.parts.drafts.keep()

    # What a key does

    def action_do(self, name: str) -> None:
        """One of the actions of the parts."""
        self.parts.actions[name].do()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        if action != "do":
            return super().check_action(action, parameters)
        name = str(parameters[0])
        return self.parts.actions[name].works if self.stands else self._will_work(name)

    def _will_work(self, name: str) -> bool | None:
        """What the first frame shows of an action; a key waits until everything stands."""
        first = {"send": None, "stop": False, "arm": self._service.profile.is_production}
        return first.get(name, True)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        _, name, parameters = parse(action)
        return self.parts.actions[str(parameters[0])].why_off() if name == "do" else ""

    def on_key(self, event: events.Key) -> None:
        """Send, and a remedy, say why they are off, if they still are."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        if active.binding.action == "do('send')":
            self.parts.sending.send()
        elif active.binding.action == "do('remedy')":
            self.desk.say("Nothing to mend", self.why_off(active.binding.action), severity="information")

    @property
    def is_sending(self) -> bool:
        """Whether a trigger is under way."""
        return self.stands and self.parts.sending.is_under_way

    @property
    def is_recording(self) -> bool:
        """Whether a reply is here that could not be recorded yet."""
        return self.stands and self.parts.sending.is_recording

    # Moving about

    def action_go(self, pane: str) -> None:
        """Show this pane, and no longer the history alone."""
        if pane != "history":
            self.desk.show_whole(False)
        super().action_go(pane)

    def enter(self, pane: str) -> None:
        """Put the focus where one begins in this pane."""
        match pane:
            case "events" | "contacts":
                self.query_one(f"#{pane}-filter").focus()
            case "history":
                self.searching.enter()
            case "trigger":
                self.desk.form.focus_start()  # to be changed: on Send, one Enter would send it as it is
            case _:
                super().enter(pane)

    # The lists

    @on(FilteredList.SortWanted)
    def _offer_orders(self, message: FilteredList.SortWanted) -> None:
        from app.tui.screens.menu import Menu

        message.stop()
        self.desk.push(Menu("Sort by", message.pane.orders), message.pane.sort)

    @on(EventList.Chosen, "#events")
    def _event_chosen(self, message: EventList.Chosen) -> None:
        self.desk.form.choose_event(cast("ExternalEvent", message.row))
        self.desk.contacts.filter.focus()

    @on(ContactList.Chosen, "#contacts")
    def _contact_chosen(self, message: ContactList.Chosen) -> None:
        contact = self._service.contacts.get(cast("ContactRow", message.row).id)
        if contact is not None:
            self.desk.form.choose_contact(contact)
        self.desk.form.focus_next()

    # The form, and what is advised

    @on(FormMessages.Changed)
    def _form_changed(self) -> None:
        self.parts.form_changed()

    @on(FormMessages.SendPressed)
    def _send_pressed(self) -> None:
        self.parts.sending.send()

    @on(FormMessages.Submitted)
    def _submitted(self, message: FormMessages.Submitted) -> None:
        self.parts.sending.submitted(message)

    def on_remedy_buttons_chosen(self, message: "RemedyButtons.Chosen") -> None:
        self.parts.advising.do(message.remedy)

    # The history

    @on(QueryLine.Asked)
    def _asked(self, message: QueryLine.Asked) -> None:
        message.stop()
        self.searching.show(keep_cursor=False)

    @on(WindowedTable.HeaderSelected, "#history-table")
    def _header_clicked(self, message: WindowedTable.HeaderSelected) -> None:
        self.searching.sort(message)

    @on(WindowedTable.Selected, "#history-table")
    def _attempt_chosen(self, message: WindowedTable.Selected[AttemptRow]) -> None:
        self.parts.following.look_at(message.row)

    @on(HistoryPane.Chosen)
    def _chosen_in_row(self, message: HistoryPane.Chosen) -> None:
        self.parts.following.choose(message.row, message.choice)

    @on(HistoryPane.Wanted)
    def _history_wants(self, message: HistoryPane.Wanted) -> None:
        message.stop()
        self.searching.fulfil(message)
