"""Filling a cache: everything is loaded beside the old contents, which stay whole until one short swap.

Works on a connection of its own, so that it may run in another thread than the one that shows the cache.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from threading import Event

from app.domain.model import Contact, ExternalEvent, Field
from app.store.cache_file import CacheFile
from app.store.contacts.bulk import ContactBulk
from app.store.contacts.kept_answers import Answer, KeptAnswers
from app.store.contacts.rows import FIRST_ODD, plain_number
from app.store.contacts.slow_searches import SlowSearches
from app.store.contacts.write import ContactTables, copy_survivors
from app.store.database import StoreError, transaction
from app.store.errors import StoppedError
from app.store.schema import CONTACT_TABLES, answer_tables, contact_tables
from app.store.text import Stored, microseconds, numeric_order, stored, stored_or_null
from app.store.windows import STEP

_BATCH = 10_000
_MOST_COLUMNS = 200
_STEPS_BETWEEN_LOOKS = 100_000
_NEW, _OLD = "_new", "_old"


class CacheLoad:
    """One filling: `events`, `fields` and then `contacts` any number of times; `finish` swaps it in.

    Once `stop` is set, from any thread, all of these break off, whatever they are at.
    """

    def __init__(self, file: CacheFile, stop: Event | None = None) -> None:
        self._file = file
        self._stop = stop or Event()
        self._connection = file.connection
        self._events: Sequence[ExternalEvent] = ()
        self._fields: Sequence[Field] = ()
        self._bulk: ContactBulk | None = None
        self._staged = 0
        self._count = 0
        self._odd: dict[str, int] = {}
        self._answers: Sequence[Answer] = ()

    def events(self, events: Iterable[ExternalEvent]) -> None:
        """All external events of the account."""
        self._events = tuple(events)

    def fields(self, fields: Iterable[Field]) -> None:
        """All fields of the account; before the contacts, so that each has a word index of its own."""
        self._fields = tuple(fields)

    def contacts(self, contacts: Iterable[Contact]) -> None:
        """Some more contacts; of two with the same id the first one counts. Raises StoreError."""
        remaining = iter(contacts)
        while batch := tuple(islice(remaining, _BATCH - self._staged)):
            with self._file.guarded():
                self._bulk = self._bulk or self._begin()
                with transaction(self._connection, temporary=True):
                    self._bulk.stage((self._number(contact.id), contact) for contact in batch)
                self._staged += len(batch)
                if self._staged == _BATCH:
                    self._spread(self._bulk)

    def finish(self, complete: bool, source: str | None) -> None:
        """Swaps the new contents in. A complete filling drops every earlier contact, also looked-up ones."""
        with self._file.guarded():
            if complete and self._bulk is None:
                self._bulk = self._begin()
            if self._bulk is not None:
                self._spread(self._bulk)
                self._bulk.settle()
                self._answers = SlowSearches(self._connection, _NEW).answers()
            with transaction(self._connection):
                if self._bulk is not None:
                    self._swap(complete)
                if self._stop.is_set():
                    raise StoppedError
                self._replace_names()
                self._connection.execute("DELETE FROM looked_up")
                self._connection.execute(
                    "UPDATE state SET refreshed_at = ?, complete = ?, source = ?",
                    (microseconds(datetime.now(UTC)), complete, stored_or_null(source)),
                )

    def discard(self) -> None:
        """Removes what this filling, or one that was cut off, has left behind."""
        self._connection.set_progress_handler(None, 0)
        with self._file.guarded():
            if self._bulk is not None:
                self._bulk.discard()
            for suffix in (_NEW, _OLD):
                for table in reversed(CONTACT_TABLES):
                    self._connection.execute(f"DROP TABLE IF EXISTS main.{table}{suffix}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _begin(self) -> ContactBulk:
        """Makes the new tables, in which the first fields get a column of the word index."""
        self._connection.set_progress_handler(self._stop.is_set, _STEPS_BETWEEN_LOOKS)
        # An id of another kind could not be named in a path of SQLite's JSON.
        field_ids = {field.id for field in self._fields if field.id.isascii() and field.id.isalnum()}
        columns = sorted(field_ids, key=numeric_order)[:_MOST_COLUMNS]
        with transaction(self._connection):
            for statement in (contact_tables(_NEW, len(columns)) + answer_tables(_NEW)).split(";\n"):
                if statement.strip():
                    self._connection.execute(statement)
            self._connection.executemany("INSERT INTO search_columns_new VALUES (?, ?)", enumerate(columns))
        return ContactBulk(self._connection, _NEW, settle_later=True)

    def _spread(self, bulk: ContactBulk) -> None:
        with transaction(self._connection):
            self._count += bulk.spread()
        self._staged = 0

    def _number(self, contact_id: str) -> int:
        number = plain_number(contact_id)
        return self._odd.setdefault(contact_id, FIRST_ODD + len(self._odd)) if number is None else number

    def _swap(self, complete: bool) -> None:
        if complete:
            self._connection.execute("DELETE FROM origins")
        else:
            self._count += copy_survivors(self._connection, _NEW)
        new = ContactTables(self._connection, _NEW)
        new.place_anchors(STEP)
        KeptAnswers(self._connection, _NEW).keep(self._answers)
        # All at once: those that were copied one by one before had nothing to join.
        new.join_answers(row[0] for row in self._connection.execute("SELECT contact FROM origins").fetchall())
        for table in CONTACT_TABLES:
            self._connection.execute(f"ALTER TABLE {table} RENAME TO {table}{_OLD}")
            self._connection.execute(f"ALTER TABLE {table}{_NEW} RENAME TO {table}")
        self._connection.execute("UPDATE state SET contacts = ?", (self._count,))

    def _replace_names(self) -> None:
        """Events and fields by their new names; what has vanished stays known by its last one."""
        execute = self._connection.executemany
        self._connection.execute("UPDATE events SET gone = 1")
        self._connection.execute("UPDATE fields SET gone = 1")
        execute("INSERT OR REPLACE INTO events (id, name) VALUES (?, ?)", map(_event_values, self._events))
        execute(
            "INSERT OR REPLACE INTO fields (id, name, string_id, application_type) VALUES (?, ?, ?, ?)",
            map(_field_values, self._fields),
        )


@contextmanager
def filling(file: CacheFile, complete: bool, source: str | None, stop: Event | None) -> Iterator[CacheLoad]:
    """A filling that is swapped in where the block ends well, and discarded where it does not."""
    load = CacheLoad(file, stop)
    load.discard()
    try:
        yield load
        load.finish(complete, source)
    finally:
        # What cannot be removed now, on a full disk perhaps, is removed by the next filling.
        with suppress(StoreError):
            load.discard()


def _event_values(event: ExternalEvent) -> tuple[Stored, Stored]:
    return stored(event.id), stored(event.name)


def _field_values(field: Field) -> tuple[Stored, ...]:
    return stored(field.id), stored(field.name), stored(field.string_id), stored(field.application_type)
