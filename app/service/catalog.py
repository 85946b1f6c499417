"""The account's events, contacts and fields: search, resolve, look up, import, forget."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from app.domain.csv_rows import CsvFile, OnFault, open_csv
from app.domain.errors import AppError
from app.domain.identifiers import Resolved, Unresolved, resolve_event
from app.domain.model import Contact, ExternalEvent, Field, ListOrder
from app.domain.recipient import EMAIL, normalize
from app.service.files import drop_copy
from app.service.live import LiveAccount
from app.store.catalog import CacheState
from app.store.contacts import BY_ID, NEAREST, Origin, import_contacts, remember_lookup
from app.store.erasure import Person, attempts_on, forget_in_cache, forget_in_history, person
from app.store.row_ids import FewRows, RowIds
from app.store.text import numeric_order

__all__ = ["CacheState", "Contacts", "Events", "ForgetRefusedError", "Forgetting"]

MAX_RECENT = 20

SWAP_TIMEOUT_S = 60.0
"""How long a look-up waits for another window that swaps a million contacts in."""

_ORIGINS: Mapping[Origin, str] = {"lookup": "looked up", "import": "imported"}

_SORT_KEYS: Mapping[str, Callable[[ExternalEvent], Any]] = {
    "id": lambda event: numeric_order(event.id),
    "name": lambda event: (normalize(EMAIL, event.name), numeric_order(event.id)),
}


class Events:
    def __init__(self, account: LiveAccount) -> None:
        self._live = account

    def search(self, text: str = "", order: ListOrder | None = None) -> FewRows[ExternalEvent]:
        """Events whose id or name contains every word, case ignored; the one sent last comes first.

        Events that were never sent follow by numeric id. `order` is by `id` or `name`. An event that has the text as
        its id or name comes before all others.
        """
        exact = text.strip().casefold()
        words = exact.split()
        found = [
            event
            for event in self.containing()
            if all(word in f"{event.id} {event.name}".casefold() for word in words)
        ]
        if order is not None:
            found.sort(key=_SORT_KEYS[order.column], reverse=order.descending)
        else:
            recent = {event_id: place for place, event_id in enumerate(self.recent())}
            found.sort(key=lambda event: recent.get(event.id, len(recent)))
        found.sort(key=lambda event: exact not in (event.id, event.name.casefold()))
        return FewRows(found)

    def recent(self) -> tuple[str, ...]:
        return self._live.history.recent.events(self._live.key, MAX_RECENT)

    def name(self, event_id: str) -> str | None:
        return self._live.cache.event_name(event_id)

    def resolve(self, text: str) -> Resolved | Unresolved:
        return resolve_event(text, self.containing)

    def containing(self, text: str = "", limit: int = 0) -> Iterator[ExternalEvent]:
        """Events with `text` in id or name, case ignored, by numeric id; limit 0: all."""
        return self._live.cache.list_events(text, limit)


# Contacts


class ImportReport(NamedTuple):
    """How many contacts were imported and lines skipped; `repeated` counts the lines with the id of an earlier one."""

    imported: int
    left_out: int
    repeated: int
    unknown_columns: tuple[str, ...]


class ContactLines:
    """The contacts of one file; calls `on_fault` for each line that it skips."""

    def __init__(self, file: CsvFile, fields: Iterable[Field], on_fault: OnFault) -> None:
        self._file = file
        self._on_fault = on_fault
        self._keys = file.keys(fields)
        if "id" not in self._keys:
            reason = "The header has no column `id`. Every line needs a contact id."
            raise file.error(file.header_line, reason)
        self.read = self.left_out = 0
        self.unknown_columns = tuple(
            name for name, key in zip(file.header, self._keys, strict=True) if key is None
        )

    def contacts(self) -> Iterator[Contact]:
        for line, row in self._file.rows(self._leave_out):
            cells = {key: cell for key, cell in zip(self._keys, row, strict=True) if key and cell}
            contact_id = cells.pop("id", "")
            if contact_id.isascii() and contact_id.isdigit():
                self.read += 1
                yield Contact(contact_id, cells.pop("uid", ""), cells)
            else:
                self._leave_out(line, f"The contact id must be digits, not {contact_id!r}.")

    def _leave_out(self, line: int, reason: str) -> None:
        self.left_out += 1
        self._on_fault(line, reason)


class ForgetRefusedError(AppError):
    """This key does not identify one person to forget; the message says why."""


class Forgetting(NamedTuple):
    """What `forget` would remove: the cached contacts and the data of `attempts` attempts."""

    contacts: tuple[Contact, ...]
    attempts: int
    named: Person


class Contacts:
    """The contacts of the live account, and their fields. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache

    def search(
        self, text: str = "", order: ListOrder | None = None, stop: Event | None = None
    ) -> RowIds[Contact]:
        """Contacts that match every word of `text`; without an order those with the words themselves come first.

        A word matches the beginning of a word; accents and case are ignored. `field:value` matches the
        beginning of that field's values. `order` is by `id`, `email` or `name`. Once `stop` is set,
        `read_first`, `count` and `read_all` raise StoppedError.
        """
        return self._cache.search_contacts(text, order or (NEAREST if text else BY_ID), stop)

    def containing(self, text: str = "", limit: int = 0) -> Iterator[Contact]:
        """Contacts with `text` anywhere in a value, case ignored, by numeric id; limit 0: all."""
        return self._cache.contacts.containing(text, limit)

    def get(self, contact_id: str) -> Contact | None:
        return self._cache.contacts.get(contact_id)

    def fields(self, text: str = "", limit: int = 0) -> Sequence[Field]:
        """Fields with `text` in id, name or string id, case ignored, by numeric id; limit 0: all."""
        return tuple(self._cache.list_fields(text, limit))

    def field_name(self, field_id: str) -> str | None:
        return self._cache.field_name(field_id)

    def origins(self) -> Sequence[str]:
        origins = self._cache.contacts.origins()
        return [f"{origins[origin]:,} {words}" for origin, words in _ORIGINS.items() if origin in origins]

    async def look_up(self, key_id: str, value: str) -> tuple[Contact, ...]:
        """Adds the contacts with this key in the account to the cache. Raises AppError."""
        if not value:
            return ()
        contacts = await self._live.client.lookup(key_id, value)
        await asyncio.to_thread(remember_lookup, self._cache.path, key_id, value, contacts, SWAP_TIMEOUT_S)
        return contacts

    async def import_file(
        self, path: Path, on_fault: OnFault, on_progress: Callable[[int, int], None] = lambda *_: None
    ) -> ImportReport:
        """Adds the contacts of a CSV file; `on_progress` gets the bytes read and the size of the file. Raises AppError."""
        if self._live.profile.is_sandbox:
            raise AppError(
                "A sandbox reads its contacts from its account folder. Add them to contacts.csv there."
            )
        if self._cache.state().refreshed_at is None:
            raise AppError("The cache has no fields yet to match the columns with. Refresh first.")
        imported = 0
        with open_csv(path) as file:
            lines = ContactLines(file, self.fields(), on_fault)
            for imported in import_contacts(self._cache.path, lines.contacts()):  # noqa: B007 - the last number is the total
                on_progress(file.done, file.size)
                await asyncio.sleep(0)
        return ImportReport(imported, lines.left_out, lines.read - imported, lines.unknown_columns)

    def whom_to_forget(self, key_id: str, value: str) -> Forgetting:
        contacts = self._cache.contacts.find(key_id, value, 2)
        if len(contacts) > 1:
            ids = ", ".join(one.id for one in self._cache.contacts.find(key_id, value, 5))
            raise ForgetRefusedError(
                f"Several contacts share this value ({ids}). Name one by the key `id` and its contact id."
            )
        if contacts and self._live.profile.is_sandbox:
            raise ForgetRefusedError(
                "This contact is in contacts.csv of the account folder. Remove it there first, "
                "or the next refresh brings it back."
            )
        named = person(key_id, value, contacts)
        return Forgetting(contacts, attempts_on(self._live.history.path, self._live.key, named), named)

    def forget(self, forgetting: Forgetting) -> int:
        """Erases a person from cache, history, drafts and templates; returns the number of attempts emptied."""
        self._live.notes.forget(forgetting.named)
        drop_copy(self._live.history.path.parent)
        forget_in_cache(self._cache.path, forgetting.named, [contact.id for contact in forgetting.contacts])
        erased = forget_in_history(self._live.history.path, self._live.key, forgetting.named)
        if self._live.on_forget is not None:
            self._live.on_forget(sorted(forgetting.named.keys))
        return erased
