"""Stages new contents for a cache and swaps them in by one transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from app.domain.model import Contact, ExternalEvent, Field
from app.store.cache_file import CacheFile, opened
from app.store.contacts import make_staging, new_number, stage, storable
from app.store.database import explained, transaction
from app.store.errors import RefreshingError
from app.store.locks import FileLock
from app.store.schema import (
    CACHE,
    CONTACT_INDEXES,
    CONTACT_TABLES,
    DROP_CONTACT_TABLES,
    index_contacts,
    run_script,
)
from app.store.text import microseconds


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
        """Stages all external events of the account."""
        self._events = tuple(events)

    def fields(self, fields: Iterable[Field]) -> None:
        """Stages all fields of the account."""
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
    path: Path, complete: bool, source: str | None, stop: Event | None = None
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


@contextmanager
def refresh_lock(path: Path) -> Iterator[None]:
    """Keeps other processes from refreshing this cache during the block. Raises RefreshingError and StoreError."""
    with explained(path, CACHE.what):
        lock = FileLock.acquire(path.with_name(f"{path.name}.refreshing"))
    if lock is None:
        raise RefreshingError
    try:
        yield
    finally:
        lock.release()


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
