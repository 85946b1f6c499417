"""What the dashboard does with the cache: refreshes it under a bar, looks a contact up, says how old it is."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from textual import work
from textual.worker import Worker, WorkerCancelled

from app.domain.errors import DeskError
from app.domain.model import Contact
from app.service import CacheState, TriggerService
from app.tui.keymap import key_of
from app.tui.notices import looked_up
from app.tui.screens.rehearsing import PresentingScreen
from app.tui.veil import Veil
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList

if TYPE_CHECKING:
    from app.tui.widgets.fetch_bar import FetchBar

FILLING = "The lists are being filled; one moment."
STOPPED = "Stopped. The lists are whole, as they were."
NOTHING_TO_LOOK_UP = "Type the value of a contact into External id first, or into the filter of Contacts."


class CachingScreen(PresentingScreen):
    """A screen that shows what is known of the account, and asks the account for more."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._state: CacheState = service.keeping.state()
        self._fetching: Worker[None] | None = None
        self._is_first = False

    @property
    def fetching(self) -> bool:
        """Whether a refresh or a look-up is under way."""
        return self._fetching is not None

    @property
    def in_the_way(self) -> str:
        """Why nothing can be sent just now, whatever is typed; '' where nothing is."""
        return FILLING if self._is_first else super().in_the_way

    def fill_lists(self) -> None:
        """Shows what is known of the account."""
        self._is_first = self._service.keeping.needs_refresh()
        self.show_lists()

    def fill_where_needed(self) -> None:
        """Fills what is not filled yet, or of other account files."""
        if self._is_first:
            self.action_refresh()

    def show_lists(self) -> None:
        """Shows the lists as they are now; their cursors stay on their rows."""
        self._state = self._service.keeping.state()
        self.status.show(self._state)
        self.status.show_kept(self._service.keeping.kept())
        self.show_events()
        self.query_one(ContactList).reload(self._why_empty("contact", self._state.contacts))

    def show_events(self) -> None:
        """Shows the events, those first that were sent last."""
        self.query_one(EventList).reload(self._why_empty("event", self._state.events))

    def show_fields(self) -> None:
        """Offers the key fields of the account as they are now."""
        self.form.offer_fields(self._service.lists.fields())

    def show_age(self) -> None:
        """Shows how old the cache is by now."""
        self.status.show(self._state)

    def look_at_cache(self) -> None:
        """Shows what another program has changed in the cache meanwhile."""
        with contextlib.suppress(DeskError):
            if not self.fetching and self._service.keeping.state() != self._state:
                self.show_lists()
                self.show_fields()
                self.predict()

    def _why_empty(self, word: str, number: int) -> str:
        asks = word == "contact" and not self._state.complete
        if self._is_first:
            return "Filling the list from the account…"
        look_up = key_of(self, "look_up")
        if number:
            return f"No {word} has that. Esc shows all" + (f", {look_up} asks the account." if asks else ".")
        if asks and self._state.refreshed_at and not self._service.profile.fetches_contacts:
            return (
                f"With this profile a refresh fetches no contacts (refresh_contacts). {look_up} looks one up, "
                "`triggerdesk contacts import` adds those of a file."
            )
        refreshes = f"{key_of(self, 'refresh')} refreshes"
        return f"No {word} is known here. {refreshes}" + (f", {look_up} looks one up." if asks else ".")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        return (action == "stop" and self.fetching) or super().check_action(action, parameters)

    def action_stop(self) -> None:
        """Stops waiting for the reply; where nothing is being sent, what is being fetched."""
        if self._fetching is not None and not self.sending:
            self._fetching.cancel()
        else:
            super().action_stop()

    async def end_fetching(self) -> None:
        """Stops what is being fetched, and waits until that has ended."""
        if self._fetching is not None:
            self._fetching.cancel()
            with contextlib.suppress(WorkerCancelled):
                await self._fetching.wait()

    def veil_changed(self) -> None:
        """Draws everything again that may speak of persons."""
        super().veil_changed()
        self.query_one(ContactList).table.refresh()
        self.predict()

    # Everything

    def action_refresh(self) -> None:
        if self._fetching is None:
            self._begin("refreshing")
            self._fetching = self._refresh()

    @work(group="cache")
    async def _refresh(self) -> None:
        service, bar = self._service, self._bar
        try:
            await self.open_way()
            # Another program may be filling the same cache: then this one waits for it.
            fill = (
                service.keeping.fill_where_needed
                if service.keeping.needs_refresh()
                else service.keeping.refresh
            )
            await fill(bar.step, apart=True)
        except DeskError as error:
            self.say("The lists could not be refreshed", str(error))
            if not self.has_told:
                self.tell_fault(f"The lists could not be refreshed. {error}")
        except asyncio.CancelledError:
            self._stopped()
            raise
        finally:
            self._end()

    # One contact

    @property
    def _wanted(self) -> tuple[str, str]:
        """Key id and value of the look-up: what is typed into the filter of the contacts, else the form's."""
        searched = self.query_one(ContactList)
        if searched.has_focus_within and searched.filter.value:
            return self.form.key_id, searched.filter.value.strip()
        return self.form.key_id, self.form.request().external_id

    def action_lookup(self) -> None:
        key_id, value = self._wanted
        if not value:
            self.say("Nothing was looked up", NOTHING_TO_LOOK_UP)
        elif self._fetching is None:
            self._begin("asking the account for this contact")
            self._fetching = self._look_up(key_id, value)

    @work(group="cache")
    async def _look_up(self, key_id: str, value: str) -> None:
        searching = self.query_one(ContactList).has_focus_within
        try:
            await self.open_way()
            found = await self._service.keeping.look_up(key_id, value)
        except DeskError as error:
            self.say("The contact could not be looked up", str(error))
        else:
            self._answer(key_id, value, found)
            if searching and len(found) == 1:
                self.form.choose_contact(found[0])
        finally:
            self._end()

    def _answer(self, key_id: str, value: str, found: tuple[Contact, ...]) -> None:
        said = looked_up(key_id, self._veil.value(value), map(self._veil.contact, found), self._service)
        self.say("Looked up", said, severity="information" if found else "warning")

    # Both

    @property
    def _bar(self) -> "FetchBar":
        return cast("FetchBar", self.query_one("#fetching"))

    def _begin(self, words: str) -> None:
        self._bar.begin(words)
        self.refresh_bindings()

    def _stopped(self) -> None:
        if self.is_running and self._service.keeping.state() == self._state:
            self.say("Refresh", STOPPED)

    def _end(self) -> None:
        self._fetching = None
        self._is_first = False
        if self.is_running:
            self._bar.end()
            self.armed_changed()
            self.show_lists()
            self.show_fields()
            self.predict()
            self.refresh_bindings()
