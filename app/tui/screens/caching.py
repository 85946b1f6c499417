"""What the dashboard does with the cache: shows the lists, refreshes them under a bar, looks a contact up."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

from textual.worker import Worker, WorkerCancelled

from app.domain.errors import AppError
from app.domain.model import Contact
from app.service.contacts import CacheState
from app.tui.keymap import key_of
from app.tui.screens.desk import Desk

FIRST_S = 2.0
STOPPED = "Stopped. The lists are whole, as they were."
NOTHING_TO_LOOK_UP = "Type the value of a contact into External id first, or into the filter of Contacts."


class Caching:
    """What is known of the account, and asking it for more, one thing at a time."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        """`changed` is called when the cache may be another one."""
        self._desk = desk
        self._changed = changed
        self._account = desk.service
        self._state: CacheState = self._account.refresh.state()
        self._worker: Worker[None] | None = None
        self.is_filling = self._account.refresh.is_needed()
        """Whether what is known is of no account yet, or of other account files."""
        self._filled = asyncio.Event()

    # What is known

    @property
    def _is_old(self) -> bool:
        """Whether another program has changed the cache meanwhile."""
        return self._account.refresh.state() != self._state

    def show(self) -> None:
        """Shows the lists as they are now; their cursors stay on their rows."""
        self._state = self._account.refresh.state()
        self.show_age()
        self._desk.status.show_kept(self._account.contacts.origins())
        self.show_events()
        self._desk.contacts.reload(self._why_empty("contact", self._state.contacts))

    def show_events(self) -> None:
        """Shows the events, those first that were sent last."""
        self._desk.events.reload(self._why_empty("event", self._state.events))

    def show_age(self) -> None:
        """Shows how old the cache is by now."""
        self._desk.status.show(self._state)

    def _why_empty(self, word: str, number: int) -> str:
        asks = word == "contact" and not self._state.complete
        if self.is_filling:
            return "Filling the list from the account…"
        look_up = key_of(self._desk.screen, "look_up")
        if number:
            return f"No {word} has that. Esc shows all" + (f", {look_up} asks the account." if asks else ".")
        if asks and self._state.refreshed_at and not self._desk.service.profile.fetches_contacts:
            return (
                f"With this profile a refresh fetches no contacts (refresh_contacts). {look_up} looks one up, "
                "`triggerdesk contacts import` adds those of a file."
            )
        refreshes = f"{key_of(self._desk.screen, 'refresh')} refreshes"
        return f"No {word} is known here. {refreshes}" + (f", {look_up} looks one up." if asks else ".")

    # What is asked of the account

    @property
    def is_under_way(self) -> bool:
        """Whether a refresh or a look-up is."""
        return self._worker is not None

    async def filled(self) -> None:
        """Returns once the lists are filled for the first time, which what is typed ahead waits for, if not for long."""
        if self.is_filling and not self._filled.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_S):
                    await self._filled.wait()
            self._filled.set()

    def stop(self) -> None:
        """Stops what is being fetched."""
        if self._worker is not None:
            self._worker.cancel()
            self._desk.bar.stopping()

    async def end(self) -> None:
        """Stops what is being fetched, and waits until that has ended."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(WorkerCancelled):
                await self._worker.wait()

    def look(self) -> None:
        """Shows what another program has changed in the cache meanwhile."""
        with contextlib.suppress(AppError):
            if not self.is_under_way and self._is_old:
                self._changed()

    def refresh(self) -> None:
        """Reads everything of the account again."""
        if self._worker is None:
            self._begin("refreshing", self._refresh())

    async def _refresh(self) -> None:
        desk, refresh = self._desk, self._account.refresh
        try:
            await desk.open_way()
            # Another program may be filling the same cache: then this one waits for it.
            run = refresh.run_if_needed if refresh.is_needed() else refresh.run
            await run(desk.bar.step)
        except AppError as error:
            if desk.told is None:
                desk.tell_fault(f"The lists could not be refreshed. {error}")
            desk.say("The lists could not be refreshed", str(error), unasked=True)
        except asyncio.CancelledError:
            if desk.screen.is_running and not self._is_old:
                desk.say("Refresh", STOPPED)
            raise
        finally:
            self._end()

    @property
    def _wanted(self) -> tuple[str, str]:
        """Key id and value of the look-up: what is typed into the filter of the contacts, else the form's."""
        form, searched = self._desk.form, self._desk.contacts
        if searched.has_focus_within and searched.filter.value:
            return form.usual_key_id, searched.filter.value.strip()
        return form.key_id, form.request().external_id

    @property
    def _typed(self) -> tuple[str, str, str]:
        """Whom what is typed means, in the form and in the filter of the contacts."""
        form = self._desk.form
        return form.key_id, form.request().external_id, self._desk.contacts.filter.value

    def look_up(self) -> None:
        """Asks for the contact that is typed."""
        key_id, value = self._wanted
        if not value:
            self._desk.say("Nothing was looked up", NOTHING_TO_LOOK_UP)
        elif self._worker is None:
            self._begin("asking the account for this contact", self._look_up(key_id, value))

    async def _look_up(self, key_id: str, value: str) -> None:
        desk = self._desk
        searching, typed = desk.contacts.has_focus_within, self._typed
        try:
            await desk.open_way()
            found = await self._account.contacts.look_up(key_id, value)
        except AppError as error:
            desk.say("The contact could not be looked up", str(error), unasked=True)
        else:
            self._answer(key_id, value, found)
            # Whoever has gone on typing meanwhile means somebody else by now.
            if searching and len(found) == 1 and typed == self._typed:
                desk.form.choose_contact(found[0])
        finally:
            self._end()

    def _answer(self, key_id: str, value: str, found: tuple[Contact, ...]) -> None:
        from app.tui.notices import looked_up

        veil, service = self._desk.veil, self._desk.service
        said = looked_up(key_id, veil.value(value), map(veil.contact, found), service)
        self._desk.say("Looked up", said, "information" if found else "warning")

    def _begin(self, words: str, work: Coroutine[None, None, None]) -> None:
        self._desk.bar.begin(words)
        self._desk.screen.refresh_bindings()
        self._worker = self._desk.screen.run_worker(work, group="cache")

    def _end(self) -> None:
        self._worker = None
        self.is_filling = False
        if self._desk.screen.is_running:
            self._desk.bar.end()
            self._changed()
            self._desk.screen.refresh_bindings()
        self._filled.set()
