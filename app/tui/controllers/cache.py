"""The lists of the dashboard: shows and refreshes them, and looks up a single contact."""

import asyncio
import contextlib
from collections.abc import Coroutine

from textual.worker import Worker, WorkerCancelled

from app.domain.errors import AppError
from app.service.catalog import CacheState
from app.tui.bindings import key_of
from app.tui.controllers import View
from app.tui.text import looked_up

FIRST_LOAD_S = 2.0
STOPPED = "The lists are unchanged."
NOTHING_TYPED = "Type a value into External id or into the search of Contacts first."
STOPPING = "stopping; the lists stay as they were"


class CacheController:
    """Shows the events and contacts; runs one refresh or look-up at a time."""

    def __init__(self, view: View) -> None:
        self.view, self.session, self.privacy = view, view.session, view.privacy
        self.form, self.contacts, self.bar = view.trigger_form, view.contact_list, view.fetch_bar
        self._state: CacheState = self.session.refresh.state()
        self._worker: Worker[None] | None = None
        self._loaded = asyncio.Event()
        self.is_loading = self.session.refresh.is_needed()
        """Whether the lists are empty or from other account files."""

    # The lists

    def show(self) -> None:
        """Shows the current lists; their cursors stay on their rows."""
        self._state = self.session.refresh.state()
        self.show_age()
        self.view.status_line.show_kept(self.session.contacts.origins())
        self.show_events()
        self.contacts.reload(self._why_no_contacts())

    def show_events(self) -> None:
        self.view.event_list.reload(self._why_no_events())

    def show_age(self) -> None:
        self.view.status_line.show(self._state)

    def _why_no_events(self) -> str:
        if self.is_loading:
            return "Loading…"
        if self._state.events:
            return "No event matches {typed}. Esc clears."
        return f"No events here. {key_of(self.view.screen, 'refresh')} refreshes."

    def _why_no_contacts(self) -> str:
        screen, state = self.view.screen, self._state
        if self.is_loading:
            return "Loading…"
        look_up = "" if state.complete else f" {key_of(screen, 'look_up')} asks the account for one."
        if state.contacts:
            return f"No contact matches {{typed}}. Esc clears.{look_up}"
        if look_up and state.refreshed_at and not self.session.profile.fetches_contacts:
            return (
                "A refresh loads no contacts with this profile (refresh_contacts)."
                f"{look_up} `triggerdesk contacts import` adds those of a file."
            )
        return f"No contacts here. {key_of(screen, 'refresh')} refreshes.{look_up}"

    # Asking the account

    @property
    def is_busy(self) -> bool:
        return self._worker is not None

    async def loaded(self) -> None:
        """Returns once the lists are loaded for the first time, or after FIRST_LOAD_S seconds."""
        if self.is_loading and not self._loaded.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_LOAD_S):
                    await self._loaded.wait()
            self._loaded.set()

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self.bar.show(STOPPING)

    async def shutdown(self) -> None:
        """Stops the refresh or the look-up and returns once it has ended."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(WorkerCancelled):
                await self._worker.wait()

    @property
    def _is_outdated(self) -> bool:
        return self.session.refresh.state() != self._state

    def follow_others(self) -> None:
        """Shows changes that another program made to the lists."""
        with contextlib.suppress(AppError):
            if not self.is_busy and self._is_outdated:
                self.view.lists_changed()

    def refresh(self) -> None:
        if self._worker is None:
            self._begin("refreshing", self._refresh())

    async def _refresh(self) -> None:
        view, refresh = self.view, self.session.refresh
        try:
            await view.connect()
            # If another program is loading the same lists, this one waits for it.
            run = refresh.run_if_needed if refresh.is_needed() else refresh.run
            await run(self.bar.step)
        except AppError as error:
            view.show_problem("Refresh failed", str(error))
        except asyncio.CancelledError:
            if view.screen.is_running and not self._is_outdated:
                view.say("Refresh stopped", STOPPED)
            raise
        finally:
            self._end()

    def look_up(self) -> None:
        """Asks the account for the contact typed in Contacts if that has the focus, else in the form."""
        form, contacts = self.form, self.contacts
        key_id, value = form.key_id, form.request().external_id
        if contacts.has_focus_within and contacts.filter.value:
            key_id, value = form.usual_key_id, contacts.filter.value.strip()
        if not value:
            self.view.say("Nothing to look up", NOTHING_TYPED)
        elif self._worker is None:
            self._begin("looking up the contact", self._look_up(key_id, value))

    async def _look_up(self, key_id: str, value: str) -> None:
        searching, typed = self.contacts.has_focus_within, self._typed
        try:
            with self.view.saying("Look-up failed", unasked=True):
                await self.view.connect()
                found = await self.session.contacts.look_up(key_id, value)
                shown = map(self.privacy.contact, found)
                said = looked_up(key_id, self.privacy.mask.value(value), shown, self.session)
                self.view.say("Looked up", said, "information" if found else "warning")
                # A user who has typed on wants another contact.
                if searching and len(found) == 1 and typed == self._typed:
                    self.form.choose_contact(found[0])
        finally:
            self._end()

    @property
    def _typed(self) -> tuple[str, str, str]:
        return self.form.key_id, self.form.request().external_id, self.contacts.filter.value

    def _begin(self, words: str, work: Coroutine[None, None, None]) -> None:
        self.bar.show(words)
        self.view.screen.refresh_bindings()
        self._worker = self.view.screen.run_worker(work, group="cache")

    def _end(self) -> None:
        self._worker = None
        self.is_loading = False
        if self.view.screen.is_running:
            self.bar.hide()
            self.view.lists_changed()
            self.view.screen.refresh_bindings()
        self._loaded.set()
