"""The cache of one account kept up to date: refreshed, joined by what was looked up or imported, rid of a person.

Separate from `desk` because nothing here triggers; what the lists only read stands in `lists`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.domain.errors import AppError
from app.domain.model import Contact
from app.service.copies import drop_copy
from app.service.live import LiveAccount
from app.store.cache import CacheState
from app.store.contacts.write import Origin
from app.store.errors import FillingError

if TYPE_CHECKING:
    from app.service.filling import Watch
    from app.service.importing import Fault, ImportReport
    from app.store.erasure import Person
    from app.store.retention import Doomed, Retention


class ForgetRefusedError(AppError):
    """A person who cannot be forgotten by this key; the message says why."""


class Forgetting(NamedTuple):
    """What forgetting a person takes away: the contact, if the cache has it, and the number of attempts emptied."""

    contacts: tuple[Contact, ...]
    attempts: int
    named: Person


_LOOK_AGAIN_S = 0.05

_ORIGINS: Mapping[Origin, str] = {"lookup": "looked up", "import": "imported"}


class AccountKeeping:
    """The cache of the live account, and what is kept of persons. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache

    def state(self) -> CacheState:
        """How old the cache is and how much it holds."""
        return self._cache.state()

    def kept(self) -> Sequence[str]:
        """What of the contacts a refresh did not bring, such as `2 looked up`."""
        origins = self._cache.origins()
        return [f"{origins[origin]:,} {words}" for origin, words in _ORIGINS.items() if origin in origins]

    def needs_refresh(self) -> bool:
        """Whether the cache of a sandbox is empty or of other account files; never for a real account."""
        return self._live.profile.is_sandbox and self.state().source != self._live.source

    async def refresh(self, watch: Watch = lambda _: None, *, apart: bool = False) -> CacheState:
        """Fills the cache over the wire; `watch` is told every step.

        Events and fields always; the contacts that `refresh_contacts` of the profile names, a sandbox's all. The old
        cache stays whole until the new one is, also when this is cancelled. `apart`: the account has been open for a
        while, so that its files may be others by now, and somebody is typing meanwhile, so that a large one is fetched
        in a process of its own. Raises ClientError, StoreError and SettingsError, and what a faulty account folder
        raises.
        """
        from app.service.filling import fill

        live = self._live
        if apart and live.fill_apart is not None:
            with self._cache.alone():
                pass  # another filling is told of at once, not by a process that was made for nothing
            await live.fill_apart(watch)
            self._cache.look_again()
        else:
            await fill(self._cache, live.client, live.profile, live.source, watch)
        state = self.state()
        live.source = state.source
        return state

    async def fill_where_needed(self, watch: Watch = lambda _: None, *, apart: bool = False) -> CacheState:
        """Refreshes what `needs_refresh`; where another process is already at it, waits for what it brings.

        Raises what `refresh` raises.
        """
        while self.needs_refresh():
            try:
                return await self.refresh(watch, apart=apart)
            except FillingError:
                await asyncio.sleep(_LOOK_AGAIN_S)
        return self.state()

    async def look_up(self, key_id: str, value: str) -> tuple[Contact, ...]:
        """The contacts that the account finds by this key, () for none; they join the cache.

        One getdata; from now on the cache knows of this key and value, until the next refresh. Raises ClientError,
        StoreError and SettingsError.
        """
        if not value:
            return ()
        contacts = await self._live.client.lookup(key_id, value)
        self._cache.remember_lookup(key_id, value, contacts)
        return contacts

    async def import_contacts(
        self, path: Path, fault: Fault, progress: Callable[[int, int], None] = lambda *_: None
    ) -> ImportReport:
        """Adds the contacts of a CSV file to the cache, marked as imported; what became of its lines.

        `fault` is told each line that is left out; `progress` the bytes read and the bytes there are. Raises
        ImportRefusedError and StoreError.
        """
        from app.service.importing import ContactFile, ImportRefusedError, ImportReport, open_contacts
        from app.store.contacts.importing import import_contacts

        if self._live.profile.is_sandbox:
            raise ImportRefusedError(
                "The contacts of a sandbox are those of its account folder: add them to contacts.csv there."
            )
        if self.state().refreshed_at is None:
            raise ImportRefusedError(
                "The cache knows no fields yet, so the columns mean nothing: refresh first."
            )
        imported = 0
        with open_contacts(path) as file:
            size = os.fstat(file.fileno()).st_size
            lines = ContactFile(file, self._cache.fields(), fault)
            for imported in import_contacts(self._cache.path, lines.contacts()):  # noqa: B007 - the last one counts
                progress(file.buffer.tell(), size)
                await asyncio.sleep(0)
        return ImportReport(imported, lines.left_out, lines.unknown_columns)

    def whom_to_forget(self, key_id: str, value: str) -> Forgetting:
        """What `forget` would take away. Raises ForgetRefusedError and StoreError."""
        from app.store.erasure import attempts_on, person

        contacts = self._cache.find(key_id, value, 2)
        if len(contacts) > 1:
            ids = ", ".join(contact.id for contact in self._cache.find(key_id, value, 5))
            raise ForgetRefusedError(
                f"Several contacts share this value ({ids}): forget one by the key id and its contact id."
            )
        if contacts and self._live.profile.is_sandbox:
            raise ForgetRefusedError(
                "This contact stands in the account folder, which would bring it back: "
                "take it out of contacts.csv first."
            )
        named = person(key_id, value, contacts)
        return Forgetting(contacts, attempts_on(self._live.history.path, self._live.key, named), named)

    def forget(self, forgetting: Forgetting) -> int:
        """Takes a person out of cache and history, and out of the bytes of their files; the attempts emptied.

        What was copied last goes too, and drafts and templates that name the person. Raises StoreError and CopyError,
        and can be run again where it was kept from its end.
        """
        from app.store.erasure import forget_in_cache, forget_in_history

        self._live.notes.forget(forgetting.named)
        drop_copy(self._live.history.path.parent)
        forget_in_cache(self._cache.path, forgetting.named, [contact.id for contact in forgetting.contacts])
        return forget_in_history(self._live.history.path, self._live.key, forgetting.named)

    def retention_preview(self) -> Doomed | None:
        """The attempts that `apply_retention` would delete; None for none, also where the profile keeps all."""
        from app.store.retention import doomed

        return doomed(self._live.history.path, self._retention(), datetime.now(UTC))

    def apply_retention(self) -> int:
        """Deletes the attempts past `retention_days` and `retention_rows` of the profile; how many. Raises StoreError.

        Nothing calls this unasked: it comes after `retention_preview` was shown to somebody who said yes.
        """
        from app.store.retention import let_go

        return let_go(self._live.history.path, self._retention(), datetime.now(UTC))

    def _retention(self) -> Retention:
        from app.store.retention import Retention

        return Retention(self._live.key, self._live.profile.retention_days, self._live.profile.retention_rows)
