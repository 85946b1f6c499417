"""The cache of one account: events, fields and state; `contacts` has the contacts.

The rules use it as a Directory. A refresh can always fill it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import TypeVar

from app.domain.model import Contact, ExternalEvent, Field, ListOrder, Matches
from app.store.cache_file import CacheFile
from app.store.contacts import BY_ID, ContactRow, ContactTable, is_looked_up, remember_lookup, storable
from app.store.refresh import StagedRefresh, replacing
from app.store.row_ids import RowIds
from app.store.text import moment, numeric_order

MAX_MATCHES = 6

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CacheState:
    """The age and the size of the cache.

    `complete` says that no contact of the account is missing; `source` names the sandbox files it was filled from.
    """

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

    def replacing(
        self, complete: bool, source: str | None = None, stop: Event | None = None
    ) -> AbstractContextManager[StagedRefresh]:
        """Replaces the contents when the block ends; on any exception the old contents stay."""
        return replacing(self.path, complete, source, stop)

    def remember_lookup(self, key_id: str, value: str, contacts: Iterable[Contact]) -> None:
        """Records that exactly these contacts of the account have this value."""
        remember_lookup(self._file, key_id, value, contacts)

    def state(self) -> CacheState:
        """The age and the size of the cache."""
        row = self._file.all(
            "SELECT refreshed_at, complete, source, contacts, (SELECT count(*) FROM events WHERE NOT gone) AS events, "
            "(SELECT count(*) FROM fields WHERE NOT gone) AS fields FROM state"
        )[0]
        at = row["refreshed_at"]
        return CacheState(
            None if at is None else moment(at),
            bool(row["complete"]),
            row["events"],
            row["fields"],
            row["contacts"],
            row["source"],
        )

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The first few contacts with this value; `complete` if the account cannot have another one."""
        ids = self.contacts.ids(key_id, external_id, MAX_MATCHES)
        with self._file.guarded() as connection:
            complete = bool(connection.execute("SELECT complete FROM state").fetchone()[0])
            return Matches(ids, complete or is_looked_up(connection, key_id, external_id))

    def search_contacts(
        self, text: str = "", order: ListOrder = BY_ID, stop: Event | None = None
    ) -> RowIds[ContactRow]:
        """The contacts that match a search; `field:value` may name any field of the account."""
        return self.contacts.search(text, self.fields() if ":" in text else (), order, stop)

    # Events and fields; those deleted from the account keep their name

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event; None before the first refresh."""
        return self._has("SELECT 1 FROM events WHERE id = ? AND NOT gone", event_id)

    def has_field(self, field_id: str) -> bool | None:
        """Whether the account has this field; None before the first refresh."""
        return self._has("SELECT 1 FROM fields WHERE id = ? AND NOT gone", field_id)

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event, deleted or not; None if the cache never had it."""
        return self._name("SELECT name FROM events WHERE id = ?", event_id)

    def field_name(self, field_id: str) -> str | None:
        """The name of a field, deleted or not; None if the cache never had it."""
        return self._name("SELECT name FROM fields WHERE id = ?", field_id)

    def fields(self) -> tuple[Field, ...]:
        """All fields of the account, sorted by numeric id."""
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
