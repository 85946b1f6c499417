"""What this machine remembers of one account: events, fields and contacts, as far as a refresh or look-up told.

Answers the rules and the advice as a Directory, and the lists as windows. It can always be filled again, so a
damaged file is replaced by an empty one; nothing else about an unusable file is mended here.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from app.domain.account import Matches
from app.domain.model import Contact, ExternalEvent, Field
from app.store.cache_load import CacheLoad
from app.store.contact_rows import NARROW, ContactRow, row_id, whole_contact
from app.store.contact_search import field_columns, match_query
from app.store.contact_windows import ContactOrder
from app.store.contact_write import ContactTables, correct, remember
from app.store.database import (
    DamagedError,
    StoreError,
    explained,
    open_database,
    remove,
    set_aside,
    transaction,
)
from app.store.history_rows import moment
from app.store.locks import FileLock
from app.store.schema import CACHE
from app.store.text import comparable, numeric_order, restored, stored
from app.store.windows import AnchoredWindow, FoundWindow, ListWindow, RowWindow

__all__ = ["Cache", "CacheLoad", "CacheState", "ContactRow"]

_MATCHES = 6
_PAGE = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CacheState:
    """How old the cache is and how much it holds; `complete`: no contact is missing; `source` as the filler said."""

    refreshed_at: datetime | None
    complete: bool
    events: int
    fields: int
    contacts: int
    source: str | None = None


class Cache:
    """The cache of one account, for use on one thread; `replacing` may run on any."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _open(path)
        self._tables = ContactTables(self._connection)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    # Filling

    @contextmanager
    def replacing(self, complete: bool, source: str | None = None) -> Iterator[CacheLoad]:
        """A filling that is swapped in at once at the end of the block; on any exception the old one stays whole.

        `complete`: the contacts are all of the account. Partial: looked-up and imported ones stay, and all of them
        if the filling had none. Raises StoreError, also while another filling is under way.
        """
        with explained(self._path, CACHE.what):
            lock = FileLock.acquire(self._path.with_name(self._path.name + ".filling"))
            if lock is None:
                raise StoreError("Another refresh of this account is under way. Wait until it is done.")
            try:
                with _opened(self._path) as connection:
                    yield from _filled(CacheLoad(connection), complete, source)
            finally:
                lock.release()

    def remember_lookup(self, key_id: str, value: str, contacts: Iterable[Contact]) -> None:
        """Adds what the account answered for (key, value), which from now on is known until the next refresh.

        Contacts that the cache held under this value, and the answer does not, lose it. Raises StoreError.
        """
        with explained(self._path, CACHE.what), transaction(self._connection):
            found = {remember(self._connection, contact, "lookup") for contact in contacts}
            for number in set(self._numbers(key_id, value, -1)) - found:
                correct(self._connection, number, key_id)
            for number in found - set(self._numbers(key_id, value, -1)):
                self._give(number, key_id, value)
            self._connection.execute(
                "INSERT OR IGNORE INTO looked_up VALUES (?, ?)", (stored(key_id), comparable(key_id, value))
            )

    # What the rules and the advice ask

    def state(self) -> CacheState:
        """How old the cache is and how much it holds. Raises StoreError."""
        row = self._one(
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
            row["source"],
        )

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event; None before the first refresh."""
        return self._has("SELECT 1 FROM events WHERE id = ? AND NOT gone", event_id)

    def has_field(self, field_id: str) -> bool | None:
        """Whether the account has this field; None before the first refresh."""
        return self._has("SELECT 1 FROM fields WHERE id = ? AND NOT gone", field_id)

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event, its last one if it has vanished; None where it was never known."""
        row = self._one("SELECT name FROM events WHERE id = ?", stored(event_id))
        return None if row is None else restored(row["name"])

    def field_name(self, field_id: str) -> str | None:
        """The name of a field, its last one if it has vanished; None where it was never known."""
        row = self._one("SELECT name FROM fields WHERE id = ?", stored(field_id))
        return None if row is None else restored(row["name"])

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The first few contacts with this value, by numeric id; complete as README, "Prediction", has it."""
        known = self._one(
            "SELECT complete OR EXISTS (SELECT 1 FROM looked_up WHERE key_id = ? AND value = ?) AS known FROM state",
            stored(key_id),
            comparable(key_id, external_id),
        )
        ids = tuple(self._id(number) for number in self._numbers(key_id, external_id, _MATCHES))
        return Matches(ids, known is not None and bool(known["known"]))

    def find(self, key_id: str, value: str, limit: int) -> tuple[Contact, ...]:
        """The first contacts with this value, whole, by numeric id. Raises StoreError."""
        with explained(self._path, CACHE.what):
            found = (self._tables.get(number) for number in self._numbers(key_id, value, limit))
            return tuple(contact for contact in found if contact is not None)

    def contact(self, contact_id: str) -> Contact | None:
        """One contact with all its values; None where it is not known here. Raises StoreError."""
        return next(iter(self.find("id", contact_id, 1)), None)

    # Lists

    def fields(self) -> tuple[Field, ...]:
        """Every field of the account, by numeric id. Raises StoreError."""
        return tuple(self.list_fields("", 0))

    def list_events(self, text: str, limit: int) -> Iterator[ExternalEvent]:
        """External events of which id or name contains `text`, case ignored, by numeric id; limit 0: all."""
        rows = self._all("SELECT id, name FROM events WHERE NOT gone")
        events = (ExternalEvent(restored(row["id"]), restored(row["name"])) for row in rows)
        return _chosen(events, lambda event: (event.id, event.name), text, limit)

    def list_fields(self, text: str, limit: int) -> Iterator[Field]:
        """Fields of which id, name or string id contains `text`, case ignored, by numeric id; limit 0: all."""
        rows = self._all("SELECT id, name, string_id, application_type FROM fields WHERE NOT gone")
        fields = (Field(*(restored(value) for value in row)) for row in rows)
        return _chosen(fields, lambda field: (field.id, field.name, field.string_id), text, limit)

    def list_contacts(self, text: str, limit: int) -> Iterator[Contact]:
        """Contacts of which any value contains `text`, case ignored, by numeric id; limit 0: all."""
        wanted = text.casefold()
        left = limit or -1
        for contact in self._contacts():
            if any(
                wanted in value.casefold() for value in (contact.id, contact.uid, *contact.fields.values())
            ):
                yield contact
                left -= 1
                if left == 0:
                    return

    def events_window(self, search: str = "") -> RowWindow[ExternalEvent]:
        """External events of which id or name contains every word of `search`, by numeric id. Raises StoreError."""
        words = search.casefold().split()
        events = self.list_events("", 0)
        return ListWindow(
            [
                event
                for event in events
                if all(word in f"{event.id} {event.name}".casefold() for word in words)
            ]
        )

    def contacts_window(self, search: str = "") -> RowWindow[ContactRow]:
        """Contacts with words that begin like every word of `search`, accents and case ignored, by numeric id.

        `field:value` looks in one field, by its number, string id or name. Raises StoreError.
        """
        query = match_query(search, self._columns()) if search.strip() else None
        order = self._order(self._connection, query or "")
        if query is None:
            return AnchoredWindow(order, self.state().contacts, False)

        def find_all() -> Sequence[int]:
            with _opened(self._path) as connection:
                return self._order(connection, query).every()

        return FoundWindow(order, False, find_all)

    def _order(self, connection: sqlite3.Connection, query: str) -> ContactOrder:
        return ContactOrder(connection, self._path, ContactTables(connection).number_of, query)

    def _columns(self) -> dict[str, str]:
        with explained(self._path, CACHE.what):
            columns = {field_id: f"f{position}" for position, field_id in enumerate(self._tables.columns())}
        return dict(field_columns(self.fields(), columns))

    def _contacts(self) -> Iterator[Contact]:
        last = -1
        sql = (
            f"SELECT {NARROW}, fields FROM contacts JOIN documents USING (number) "
            f"WHERE number > ? ORDER BY number LIMIT {_PAGE}"
        )
        while rows := self._all(sql, last):
            yield from map(whole_contact, rows)
            last = rows[-1]["number"]

    def _numbers(self, key_id: str, value: str, limit: int) -> list[int]:
        """The row numbers of contacts with this value; a limit of -1 is all."""
        if not value:
            return []
        number = self._tables.number_of(value) if key_id == "id" else None
        if number is not None:
            rows = self._all("SELECT number FROM contacts WHERE number = ?", number)
        else:
            rows = self._all(
                "SELECT contact FROM field_values WHERE field_id = ? AND value = ? ORDER BY contact LIMIT ?",
                stored(key_id),
                comparable(key_id, value),
                limit,
            )
        return [row[0] for row in rows]

    def _id(self, number: int) -> str:
        row = self._one("SELECT number, id FROM contacts WHERE number = ?", number)
        return str(number) if row is None else row_id(row)

    def _give(self, number: int, key_id: str, value: str) -> None:
        contact = self._tables.remove(number)
        if contact is not None:
            uid, fields = contact.uid, dict(contact.fields)
            if key_id == "uid":
                uid = value
            elif key_id != "id":
                fields[key_id] = value
            self._tables.add(Contact(contact.id, uid, fields))

    def _has(self, sql: str, identifier: str) -> bool | None:
        if self._one(sql, stored(identifier)) is not None:
            return True
        return None if self._one("SELECT 1 FROM state WHERE refreshed_at IS NULL") else False

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return next(iter(self._all(sql, *values)), None)

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with explained(self._path, CACHE.what):
            return self._connection.execute(sql, values).fetchall()


def _chosen(rows: Iterable[T], texts: Callable[[T], tuple[str, ...]], wanted: str, limit: int) -> Iterator[T]:
    folded = wanted.casefold()
    found = [row for row in rows if any(folded in text.casefold() for text in texts(row))]
    found.sort(key=lambda row: numeric_order(texts(row)[0]))
    return iter(found[: limit or None])


def _filled(load: CacheLoad, complete: bool, source: str | None) -> Iterator[CacheLoad]:
    try:
        yield load
        load.finish(complete, source)
    except BaseException:
        load.discard()
        raise


def _open(path: Path, *, any_thread: bool = False) -> sqlite3.Connection:
    try:
        connection = open_database(path, CACHE, any_thread=any_thread)
    except DamagedError:
        _put_away(path)
        connection = open_database(path, CACHE, any_thread=any_thread)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = _open(path, any_thread=True)
    try:
        yield connection
    finally:
        connection.close()


def _put_away(path: Path) -> None:
    """Deletes a damaged cache; what does not even begin like a database may be somebody's, and is kept aside."""
    with explained(path, CACHE.what), path.open("rb") as file:
        is_database = file.read(16) in (b"SQLite format 3\0", b"")
    if is_database:
        remove(path)
    else:
        set_aside(path)
