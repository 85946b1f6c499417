"""What this machine remembers of one account: events, fields and contacts, as far as a refresh or look-up told.

Answers the rules and the advice as a Directory, and the lists as windows. It can always be filled again, so a
damaged file is replaced by an empty one; nothing else about an unusable file is mended here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from app.domain.account import ListOrder, Matches
from app.domain.model import Contact
from app.store.cache_file import CacheFile, opened
from app.store.cache_names import CachedNames
from app.store.contacts.rows import NARROW, ContactRow, whole_contact
from app.store.contacts.search import field_columns, is_quick, wanted_words
from app.store.contacts.windows import ContactOrder, FoundContacts
from app.store.contacts.write import ContactTables, Origin, remember_lookup
from app.store.database import explained, transaction
from app.store.errors import FillingError
from app.store.found_window import FoundOrder, FoundWindow, LaterWindow
from app.store.locks import FileLock
from app.store.schema import CACHE
from app.store.text import comparable, moment, restored_or_none, stored
from app.store.windows import AnchoredWindow, RowWindow

if TYPE_CHECKING:
    from app.store.cache_load import CacheLoad
    from app.store.contacts.clues import ContactClues

__all__ = ["Cache", "CacheState", "ContactRow"]

_MATCHES = 6
_PAGE = 500


class CacheState(NamedTuple):
    """How old the cache is and how much it holds; `complete`: no contact is missing; `source` as the filler said."""

    refreshed_at: datetime | None
    complete: bool
    events: int
    fields: int
    contacts: int
    source: str | None = None


class Cache(CachedNames):
    """The cache of one account, for use on one thread; `replacing` may run on any. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        super().__init__(CacheFile(path))

    @cached_property
    def clues(self) -> ContactClues:
        """Where else a value is."""
        from app.store.contacts.clues import ContactClues

        return ContactClues(self._file)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    # Filling

    @contextmanager
    def replacing(
        self, complete: bool, source: str | None = None, stop: Event | None = None
    ) -> Iterator[CacheLoad]:
        """A filling that is swapped in at once at the end of the block; on any exception the old one stays whole.

        `complete`: the contacts are all of the account. Partial: looked-up and imported ones stay, and all of them
        if the filling had none. Raises StoreError; FillingError while another filling is under way. Once `stop` is
        set, it breaks off.
        """
        from app.store.cache_load import filling

        path = self._file.path
        with self.alone(), opened(path) as file, filling(file, complete, source, stop) as load:
            yield load

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within the block no other filling is under way, in any process. Raises FillingError and StoreError."""
        path = self._file.path
        with explained(path, CACHE.what):
            lock = FileLock.acquire(path.with_name(f"{path.name}.filling"))
        if lock is None:
            raise FillingError
        try:
            yield
        finally:
            lock.release()
            self.look_again()

    def look_again(self) -> None:
        """Makes the next use open the file anew, where a filling had to replace a damaged one; from any thread."""
        self._file.look_again()

    def remember_lookup(self, key_id: str, value: str, contacts: Iterable[Contact]) -> None:
        """Adds what the account answered for (key, value), which from now on is known until the next refresh.

        Contacts that the cache held under this value, and the answer does not, lose it.
        """
        with self._file.guarded() as connection, transaction(connection):
            remember_lookup(connection, key_id, value, contacts)

    # What the rules and the advice ask

    def state(self) -> CacheState:
        """How old the cache is and how much it holds."""
        row = self._file.one(
            "SELECT refreshed_at, complete, source, contacts, (SELECT count(*) FROM events WHERE NOT gone) AS events, "
            "(SELECT count(*) FROM fields WHERE NOT gone) AS fields FROM state"
        )
        assert row is not None  # noqa: S101 - the schema makes this row
        refreshed_at = row["refreshed_at"]
        return CacheState(
            None if refreshed_at is None else moment(refreshed_at),
            bool(row["complete"]),
            row["events"],
            row["fields"],
            row["contacts"],
            restored_or_none(row["source"]),
        )

    def origins(self) -> Mapping[Origin, int]:
        """How many contacts came by themselves, by their origin: they stay until refreshed or forgotten."""
        rows = self._file.all("SELECT origin, count(*) AS number FROM origins GROUP BY origin")
        return {row["origin"]: row["number"] for row in rows}

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The first few contacts with this value, by numeric id; complete as README, "Prediction", has it."""
        with self._file.guarded() as connection:
            tables = ContactTables(connection)
            ids = tuple(tables.id_of(number) for number in tables.numbers(key_id, external_id, _MATCHES))
            (known,) = connection.execute(
                "SELECT complete OR EXISTS (SELECT 1 FROM looked_up WHERE key_id = ? AND value = ?) FROM state",
                (stored(key_id), comparable(key_id, external_id)),
            ).fetchone()
        return Matches(ids, bool(known))

    def find(self, key_id: str, value: str, limit: int) -> tuple[Contact, ...]:
        """The first contacts with this value, whole, by numeric id."""
        with self._file.guarded() as connection:
            tables = ContactTables(connection)
            found = [tables.get(number) for number in tables.numbers(key_id, value, limit)]
        return tuple(contact for contact in found if contact is not None)

    def count(self, key_id: str, value: str, limit: int) -> int:
        """How many contacts have this value, counted up to `limit`."""
        with self._file.guarded() as connection:
            return len(ContactTables(connection).numbers(key_id, value, limit))

    def contact(self, contact_id: str) -> Contact | None:
        """One contact with all its values; None where it is not known here."""
        return next(iter(self.find("id", contact_id, 1)), None)

    # Lists

    def list_contacts(self, text: str, limit: int) -> Iterator[Contact]:
        """Contacts of which any value contains `text`, case ignored, by numeric id; limit 0: all."""
        wanted = text.casefold()
        found = (
            contact
            for contact in self._contacts(text)
            if any(
                wanted in value.casefold() for value in (contact.id, contact.uid, *contact.fields.values())
            )
        )
        return islice(found, limit or None)

    def contacts_window(
        self, search: str = "", order: ListOrder | None = None, stop: Event | None = None
    ) -> RowWindow[ContactRow]:
        """Contacts with words that begin like every word of `search`, accents and case ignored, by numeric id.

        `field:value` looks in one field, by its number, string id or name. An `order` is by `id`, `email` or `name`.
        With an order, and with a `stop` where there are several words, the rows are there once the window is prepared;
        that ends by StoppedError once `stop` is set.
        """
        # An account may have hundreds of fields: their names are read for a search that may name one.
        words = wanted_words(search, self._columns() if ":" in search else {})
        in_order: Callable[[CacheFile], FoundOrder[ContactRow]] = partial(FoundContacts, words=words)
        if order is not None:
            from app.store.contacts.order import SortedContacts

            total = None if words else self.state().contacts
            in_order = partial(SortedContacts, order=order, words=words, total=total)
        elif not words:
            by_number = ContactOrder(self._file)
            return AnchoredWindow(by_number, self.state().contacts, False, by_number.anchors())

        @contextmanager
        def apart() -> Iterator[FoundOrder[ContactRow]]:
            with opened(self._file.path, stop) as file:
                yield in_order(file)

        at_once = order is None and (stop is None or is_quick(words))
        return (FoundWindow if at_once else LaterWindow)(in_order(self._file), apart)

    def _columns(self) -> Mapping[str, str]:
        with self._file.guarded() as connection:
            indexed = ContactTables(connection).columns()
        return field_columns(self.fields(), {field_id: f"f{n}" for n, field_id in enumerate(indexed)})

    def _contacts(self, text: str) -> Iterator[Contact]:
        """Contacts in pages, by number: all that might contain `text`, and some that do not."""
        last = -1
        # Only these texts stand in the documents as they are, and SQLite ignores the case of no other letters.
        plain = text.isascii() and text.isprintable() and not {'"', "\\", "%", "_"} & {*text}
        pattern = f"%{text}%" if plain else "%"
        sql = (
            f"SELECT {NARROW}, fields FROM contacts JOIN documents USING (number) WHERE number > ?1 "
            f"AND (fields LIKE ?2 OR uid LIKE ?2 OR number LIKE ?2 OR id LIKE ?2) ORDER BY number LIMIT {_PAGE}"
        )
        while rows := self._file.all(sql, last, pattern):
            yield from map(whole_contact, rows)
            last = rows[-1]["number"]
