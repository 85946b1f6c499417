"""The account's events and their mails, contacts and fields: search, resolve, complete, look up, import."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from app.domain.csv_rows import CsvFile, OnFault, open_csv
from app.domain.errors import AppError, ClientError
from app.domain.identifiers import Resolved, Unresolved, resolve_event
from app.domain.mails import EventUse, Mail
from app.domain.model import Contact, ExternalEvent, Field, ListOrder
from app.domain.recipient import EMAIL, normalize
from app.service.live import LiveAccount
from app.settings import Settings
from app.store.catalog import Cache, CacheState
from app.store.contacts import BY_ID, NEAREST, Origin, import_contacts, remember_lookup
from app.store.row_ids import FewRows, RowIds
from app.store.text import numeric_order

if TYPE_CHECKING:
    from app.client.api import ApiClient

__all__ = ["CacheState", "Contacts", "Events"]

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
        self.recent = partial(account.history.recent.events, account.key, MAX_RECENT)
        self.name = account.cache.event_name
        self.containing = account.cache.list_events

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

    def resolve(self, text: str) -> Resolved | Unresolved:
        return resolve_event(text, self.containing)


def event_choices(settings: Settings, typed: str) -> list[tuple[str, str]]:
    """Event ids with their names; for what is no number, names with their ids. Raises StoreError."""
    if not settings.cache.exists():
        return []
    with closing(Cache(settings.cache)) as cache:
        events = list(cache.list_events())
    if typed and not typed.isdigit():
        return [(event.name, event.id) for event in events if event.name.startswith(typed)]
    return [(event.id, event.name) for event in events if event.id.startswith(typed)]


# The mails of an event. Asked only for an event that a person picked.


MAX_MAILS = 5
QUICK_S = 5.0


class AccountMails:
    """Asks the live account about the mails of its events. Raises ClientError and SettingsError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._uses: dict[tuple[str | None, str], EventUse | None] = {}
        self._asking = asyncio.Lock()

    def known_use(self, event_id: str) -> EventUse | None:
        return self._uses.get((self._live.source, event_id))

    def is_asked(self, event_id: str) -> bool:
        """Whether the account was asked about the event in this session, whatever it answered."""
        return (self._live.source, event_id) in self._uses

    async def use(self, event_id: str) -> EventUse | None:
        """What the event starts, asked once per session; None if the account does not tell, for lack of a permission."""
        async with self._asking:
            if not self.is_asked(event_id):
                found = None
                with suppress(ClientError):
                    used = await self._live.client.usages(event_id)
                    mails = await named_mails(self._live.client, used.mails)
                    found = EventUse(mails, (*used.programs, *used.interactions))
                self._uses[self._live.source, event_id] = found
        return self.known_use(event_id)

    async def quick_use(self, event_id: str) -> EventUse | None:
        """The same; None too if the account takes longer than QUICK_S seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUICK_S):
                return await self.use(event_id)
        return None


async def named_mails(client: "ApiClient", mail_ids: Sequence[str]) -> tuple[Mail, ...]:
    """The mails by id; without a name if the account does not tell it, and beyond the first few."""
    mails = {mail_id: Mail(mail_id) for mail_id in mail_ids}
    with suppress(ClientError):
        for mail_id in mail_ids[:MAX_MAILS]:
            mails[mail_id] = await client.mail(mail_id)
    return tuple(mails.values())


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


class Contacts:
    """The contacts of the live account, and their fields. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache
        self.containing = account.cache.contacts.containing
        self.get = account.cache.contacts.get
        self.field_name = account.cache.field_name

    def search(
        self, text: str = "", order: ListOrder | None = None, stop: Event | None = None
    ) -> RowIds[Contact]:
        """Contacts that match every word of `text`; without an order those with the words themselves come first.

        A word matches the beginning of a word; accents and case are ignored. `field:value` matches the
        beginning of that field's values. `order` is by `id`, `email` or `name`. Once `stop` is set,
        `read_first`, `count` and `read_all` raise StoppedError.
        """
        return self._cache.search_contacts(text, order or (NEAREST if text else BY_ID), stop)

    def fields(self, text: str = "", limit: int = 0) -> Sequence[Field]:
        """Fields with `text` in id, name or string id, case ignored, by numeric id; limit 0: all."""
        return tuple(self._cache.list_fields(text, limit))

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
