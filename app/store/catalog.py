"""The cache of one account: events, fields and state, and its refresh; `contacts` has the contacts.

The rules use it as a Directory. A refresh can always fill it again: it stages new contents, then swaps them in at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import NamedTuple, TypeVar

from app.domain.model import Contact, ExternalEvent, Field, ListOrder, Matches
from app.store.cache_file import CacheFile, opened, refresh_lock
from app.store.contacts import (
    BY_ID,
    ContactTable,
    is_looked_up,
    make_staging,
    new_number,
    stage,
    storable,
)
from app.store.database import transaction
from app.store.row_ids import RowIds
from app.store.schema import (
    CONTACT_INDEXES,
    CONTACT_TABLES,
    DROP_CONTACT_TABLES,
    index_contacts,
    run_script,
)
from app.store.text import microseconds, moment, numeric_order

MAX_MATCHES = 6

T = TypeVar("T")


class CacheState(NamedTuple):
    """Age and size of the cache. `complete`: no contact is missing; `source` names the sandbox files in it."""

    refreshed_at: datetime | None
    complete: bool
    events: int
    fields: int
    contacts: int
    source: str | None = None


class Cache:
    """The cache of one account, for use on one thread. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._file = CacheFile(path)
        self.path = path
        self.contacts = ContactTable(self._file)

    def close(self) -> None:
        self._file.close()

    def state(self) -> CacheState:
        at, complete, *others = self._file.all(
            "SELECT refreshed_at, complete, (SELECT count(*) FROM events WHERE NOT gone), "
            "(SELECT count(*) FROM fields WHERE NOT gone), contacts, source FROM state"
        )[0]
        return CacheState(None if at is None else moment(at), bool(complete), *others)

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The first few contacts with this value; `complete` if the account cannot have another one."""
        ids = tuple(contact.id for contact in self.contacts.find(key_id, external_id, MAX_MATCHES))
        with self._file.guarded() as connection:
            complete = bool(connection.execute("SELECT complete FROM state").fetchone()[0])
            return Matches(ids, complete or is_looked_up(connection, key_id, external_id))

    def search_contacts(
        self, text: str = "", order: ListOrder = BY_ID, stop: Event | None = None
    ) -> RowIds[Contact]:
        return self.contacts.search(text, self.fields() if ":" in text else (), order, stop)

    # Events and fields; those deleted from the account keep their name

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event; None before the first refresh."""
        return self._has("SELECT 1 FROM events WHERE id = ? AND NOT gone", event_id)

    def has_field(self, field_id: str) -> bool | None:
        return self._has("SELECT 1 FROM fields WHERE id = ? AND NOT gone", field_id)

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event, deleted or not; None if the cache never had it."""
        return self._name("SELECT name FROM events WHERE id = ?", event_id)

    def field_name(self, field_id: str) -> str | None:
        return self._name("SELECT name FROM fields WHERE id = ?", field_id)

    def fields(self) -> tuple[Field, ...]:
        return tuple(self.list_fields("", 0))

    def list_events(self, text: str = "", limit: int = 0) -> Iterator[ExternalEvent]:
        """External events with `text` in id or name (any case), sorted by numeric id; limit 0 means no limit."""
        rows = self._file.all("SELECT id, name FROM events WHERE NOT gone")
        return _chosen(
            (ExternalEvent(*row) for row in rows), lambda event: (event.id, event.name), text, limit
        )

    def list_fields(self, text: str = "", limit: int = 0) -> Iterator[Field]:
        """Fields with `text` in id, name or string id (any case), sorted by numeric id; limit 0 means no limit."""
        rows = self._file.all("SELECT id, name, string_id, application_type FROM fields WHERE NOT gone")
        return _chosen(
            (Field(*row) for row in rows), lambda field: (field.id, field.name, field.string_id), text, limit
        )

    def _has(self, sql: str, identifier: str) -> bool | None:
        if self._file.all(sql, storable(identifier)):
            return True
        return None if self._file.all("SELECT 1 FROM state WHERE refreshed_at IS NULL") else False

    def _name(self, sql: str, identifier: str) -> str | None:
        rows = self._file.all(sql, storable(identifier))
        return rows[0]["name"] if rows else None


def _chosen(rows: Iterable[T], texts: Callable[[T], tuple[str, ...]], wanted: str, limit: int) -> Iterator[T]:
    folded = wanted.casefold()
    found = [row for row in rows if any(folded in text.casefold() for text in texts(row))]
    found.sort(key=lambda row: numeric_order(texts(row)[0]))
    return iter(found[: limit or None])


# Refresh


class StagedRefresh:
    """One refresh: call `events`, `fields` and any number of times `contacts`, then `swap`. Raises StoreError."""

    def __init__(self, file: CacheFile) -> None:
        self.file = file
        self._events: Sequence[ExternalEvent] = ()
        self._fields: Sequence[Field] = ()
        self._has_contacts = False
        with file.guarded() as connection:
            make_staging(connection)

    def events(self, events: Iterable[ExternalEvent]) -> None:
        self._events = tuple(events)

    def fields(self, fields: Iterable[Field]) -> None:
        self._fields = tuple(fields)

    def contacts(self, contacts: Iterable[Contact]) -> None:
        """Stages more contacts; of two with the same id the first counts."""
        self._has_contacts = True
        with self.file.guarded() as connection:
            connection.execute("BEGIN")  # writes the temporary table only, so that other windows can write
            stage(connection, contacts)
            connection.execute("COMMIT")

    def swap(self, complete: bool, source: str | None) -> None:
        """Replaces the contents. Looked-up and imported contacts stay unless the new contacts are complete."""
        with self.file.guarded() as connection:
            with transaction(connection):
                if self._has_contacts or complete:
                    _replace_contacts(connection, keep=not complete)
                self._replace_names(connection)
                connection.execute("DELETE FROM looked_up")
                connection.execute(
                    "UPDATE state SET refreshed_at = ?, complete = ?, source = ?",
                    (microseconds(datetime.now(UTC)), complete, source),
                )
            connection.set_progress_handler(None, 0)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _replace_names(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE events SET gone = 1")
        connection.execute("UPDATE fields SET gone = 1")
        connection.executemany(
            "INSERT OR REPLACE INTO events (id, name) VALUES (?, ?)",
            ((storable(event.id), storable(event.name)) for event in self._events),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO fields (id, name, string_id, application_type) VALUES (?, ?, ?, ?)",
            (
                tuple(map(storable, (field.id, field.name, field.string_id, field.application_type)))
                for field in self._fields
            ),
        )


@contextmanager
def replacing(
    path: Path, complete: bool, source: str | None = None, stop: Event | None = None
) -> Iterator[StagedRefresh]:
    """Replaces the contents of a cache when the block ends; on any exception the old contents stay.

    `complete` says that the block stages all contacts of the account. Otherwise looked-up and imported contacts stay, and
    if the block stages none, all contacts stay. Raises StoreError, RefreshingError during another refresh, and
    StoppedError once any thread sets `stop`.
    """
    with refresh_lock(path), opened(path, stop) as file:
        refresh = StagedRefresh(file)
        yield refresh
        refresh.swap(complete, source)


def _replace_contacts(connection: sqlite3.Connection, *, keep: bool) -> None:
    if keep:
        connection.create_function("new_number", 1, new_number, deterministic=True)
        connection.execute(
            "INSERT OR IGNORE INTO staged SELECT new_number(id), id, uid, email, name, fields, origin "
            "FROM contacts WHERE origin IS NOT NULL"
        )
    run_script(connection, DROP_CONTACT_TABLES)
    run_script(connection, CONTACT_TABLES)
    connection.execute("INSERT INTO contacts SELECT * FROM staged ORDER BY number")
    run_script(connection, index_contacts("contacts"))
    run_script(connection, CONTACT_INDEXES)
    connection.execute("UPDATE state SET contacts = (SELECT count(*) FROM contacts)")
