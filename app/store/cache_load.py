"""Filling a cache: everything is loaded beside the old contents, which stay whole until one short swap.

Works on a connection of its own, so that it may run in another thread than the one that shows the cache.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from app.domain.model import Contact, ExternalEvent, Field
from app.store.cache_file import CacheFile
from app.store.contact_rows import (
    FIRST_ODD,
    document,
    narrow_values,
    plain_number,
    value_rows,
    word_columns,
    word_values,
)
from app.store.contact_write import ContactTables, copy_survivors
from app.store.database import StoreError, transaction
from app.store.schema import CONTACT_TABLES, contact_tables
from app.store.text import Stored, microseconds, numeric_order, stored, stored_or_null
from app.store.windows import STEP

_BATCH = 10_000
_SORTING_KILOBYTES = 32_768
_MOST_COLUMNS = 200
_NEW, _OLD = "_new", "_old"

T = TypeVar("T")


class CacheLoad:
    """One filling: `events`, `fields` and then `contacts` any number of times; `finish` swaps it in."""

    def __init__(self, file: CacheFile) -> None:
        self._file = file
        self._connection = file.connection
        # Sorting a million contacts' values in the few megabytes of the default takes many times as long.
        self._connection.execute(f"PRAGMA cache_size = -{_SORTING_KILOBYTES}")
        self._events: Sequence[ExternalEvent] = ()
        self._fields: Sequence[Field] = ()
        self._columns: Mapping[str, int] | None = None
        self._count = 0
        self._highest = -1
        self._odd: dict[str, int] = {}

    def events(self, events: Iterable[ExternalEvent]) -> None:
        """All external events of the account."""
        self._events = tuple(events)

    def fields(self, fields: Iterable[Field]) -> None:
        """All fields of the account; before the contacts, so that each has a word index of its own."""
        self._fields = tuple(fields)

    def contacts(self, contacts: Iterable[Contact]) -> None:
        """Some more contacts; of two with the same id the first one counts. Raises StoreError."""
        remaining = iter(contacts)
        while batch := tuple(islice(remaining, _BATCH)):
            with self._file.guarded():
                if self._columns is None:
                    self._columns = self._stage()
                self._store(batch, self._columns)

    def finish(self, complete: bool, source: str | None) -> None:
        """Swaps the new contents in. A complete filling drops every earlier contact, also looked-up ones."""
        with self._file.guarded():
            if complete and self._columns is None:
                self._columns = self._stage()
            if self._columns is not None:
                self._sort_values()
            with transaction(self._connection):
                if self._columns is not None:
                    self._swap(complete)
                self._replace_names()
                self._connection.execute("DELETE FROM looked_up")
                self._connection.execute(
                    "UPDATE state SET refreshed_at = ?, complete = ?, source = ?",
                    (microseconds(datetime.now(UTC)), complete, stored_or_null(source)),
                )

    def discard(self) -> None:
        """Removes what this filling, or one that was cut off, has left behind."""
        with self._file.guarded():
            self._connection.execute("DROP TABLE IF EXISTS temp.raw_values")
            for suffix in (_NEW, _OLD):
                for table in reversed(CONTACT_TABLES):
                    self._connection.execute(f"DROP TABLE IF EXISTS main.{table}{suffix}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _stage(self) -> Mapping[str, int]:
        """Makes the new tables; the columns of the word index by the fields that get one."""
        field_ids = sorted({field.id for field in self._fields}, key=numeric_order)[:_MOST_COLUMNS]
        with transaction(self._connection):
            for statement in contact_tables(_NEW, len(field_ids)).split(";\n"):
                if statement.strip():
                    self._connection.execute(statement)
            self._connection.executemany(
                "INSERT INTO search_columns_new VALUES (?, ?)",
                [(position, stored(field_id)) for position, field_id in enumerate(field_ids)],
            )
        # Beside the cache, and never committed to it: these rows are only there to be sorted.
        self._connection.execute("CREATE TEMP TABLE raw_values (field_id TEXT, value TEXT, contact INTEGER)")
        return word_columns(field_ids)

    def _store(self, batch: Sequence[Contact], columns: Mapping[str, int]) -> None:
        rows = self._numbered(batch).items()
        words = ", ".join("?" * (len(columns) + 4))
        statements: tuple[tuple[str, Iterator[Sequence[object]]], ...] = (
            ("contacts_new VALUES (?, ?, ?, ?, ?, ?)", (narrow_values(*row) for row in rows)),
            ("documents_new VALUES (?, ?)", ((number, document(contact)) for number, contact in rows)),
            ("raw_values VALUES (?, ?, ?)", (value for row in rows for value in value_rows(*row))),
            (
                f"search_new (rowid, contact_id, contact_uid, {_names(columns)}rest) VALUES ({words})",
                ((number, *word_values(contact, columns)) for number, contact in rows),
            ),
        )
        with transaction(self._connection):
            for table, values in statements:
                self._connection.executemany(f"INSERT INTO {table}", values)
        self._count += len(rows)

    def _numbered(self, batch: Sequence[Contact]) -> dict[int, Contact]:
        """The contacts of a batch that are new, by rising row number."""
        rows: dict[int, Contact] = {}
        for contact in batch:
            number = plain_number(contact.id)
            if number is None:
                if contact.id in self._odd:
                    continue
                number = self._odd[contact.id] = FIRST_ODD + len(self._odd)
            rows.setdefault(number, contact)
        numbers = [number for number in sorted(rows) if number > self._highest or not self._has(number)]
        self._highest = max(self._highest, *rows)
        return {number: rows[number] for number in numbers}

    def _has(self, number: int) -> bool:
        found = self._connection.execute("SELECT 1 FROM contacts_new WHERE number = ?", (number,)).fetchone()
        return found is not None

    def _sort_values(self) -> None:
        """Sorted first, the rows are appended, and in short transactions: others may write meanwhile."""
        rows = self._connection.execute("SELECT field_id, value, contact FROM raw_values ORDER BY 1, 2, 3")
        while batch := rows.fetchmany(_BATCH):
            with transaction(self._connection):
                self._connection.executemany("INSERT OR IGNORE INTO field_values_new VALUES (?, ?, ?)", batch)

    def _swap(self, complete: bool) -> None:
        if complete:
            self._connection.execute("DELETE FROM origins")
        else:
            self._count += copy_survivors(self._connection, _NEW)
        ContactTables(self._connection, _NEW).place_anchors(STEP)
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
def filling(file: CacheFile, complete: bool, source: str | None) -> Iterator[CacheLoad]:
    """A filling that is swapped in where the block ends well, and discarded where it does not."""
    load = CacheLoad(file)
    load.discard()
    try:
        yield load
        load.finish(complete, source)
    finally:
        # What cannot be removed now, on a full disk perhaps, is removed by the next filling.
        with suppress(StoreError):
            load.discard()


def _names(columns: Mapping[str, int]) -> str:
    return "".join(f"f{position}, " for position in range(len(columns)))


def _event_values(event: ExternalEvent) -> tuple[Stored, Stored]:
    return stored(event.id), stored(event.name)


def _field_values(field: Field) -> tuple[Stored, ...]:
    return stored(field.id), stored(field.name), stored(field.string_id), stored(field.application_type)
