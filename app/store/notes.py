"""What was typed at one account: drafts, one a profile, named templates, and what was filled before it was sent.

A file of its own, `desk.db`: drafts are saved while somebody types, and neither the history, which every window
watches, nor the cache, which a refresh replaces, should change with each pause. What is saved survives the end of the
process at any moment; at a power cut the last seconds may be lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.drafts import Draft, SavedDraft, Template
from app.store.database import (
    DamagedError,
    StoreError,
    compact,
    explained,
    open_database,
    set_aside,
    transaction,
)
from app.store.schema import NOTES
from app.store.text import microseconds, moment, restored, stored

if TYPE_CHECKING:
    from app.store.erasure import Person

_DRAFT = ("event_id", "key_id", "external_id", "data_text", "contact_id")


class Notes:
    """The drafts and templates of one account, for use on one thread. Raises StoreError.

    Nothing is opened before it is needed, and no file made before there is something to keep. A damaged file is set
    aside under another name, which is said once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Closes the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save_draft(self, profile: str, draft: Draft, saved_at: datetime) -> None:
        """Keeps a draft in place of the profile's last one."""
        values = [stored(getattr(draft, column)) for column in _DRAFT]
        with self._opened() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO drafts (profile, {', '.join(_DRAFT)}, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (stored(profile), *values, microseconds(saved_at)),
            )

    def draft(self, profile: str) -> SavedDraft | None:
        """The profile's draft; None where it has none."""
        rows = self._all("SELECT * FROM drafts WHERE profile = ?", stored(profile))
        for row in rows:
            texts = {column: restored(row[column]) for column in _DRAFT}
            return SavedDraft(Draft(**texts), moment(row["saved_at"]))
        return None

    def drop_draft(self, profile: str) -> None:
        """Forgets the profile's draft, if it has one."""
        if self._path.exists():
            with self._opened() as connection:
                connection.execute("DELETE FROM drafts WHERE profile = ?", (stored(profile),))

    def save_template(self, template: Template) -> None:
        """Keeps a template in place of the one of the same name."""
        with self._opened() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO templates (name, event_id, data_text) VALUES (?, ?, ?)",
                (stored(template.name), stored(template.event_id), stored(template.data_text)),
            )

    def templates(self) -> tuple[Template, ...]:
        """Every template, by name."""
        rows = self._all("SELECT name, event_id, data_text FROM templates ORDER BY name")
        return tuple(Template(*(restored(value) for value in row)) for row in rows)

    def drop_template(self, name: str) -> bool:
        """Deletes a template; whether there was one."""
        if not self._path.exists():
            return False
        with self._opened() as connection:
            return bool(connection.execute("DELETE FROM templates WHERE name = ?", (stored(name),)).rowcount)

    def save_typed(self, event_id: str, attempt_id: str, data_text: str) -> None:
        """Keeps the event data of an event as they were typed for this attempt, in place of earlier ones."""
        with self._opened() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO typed (event_id, attempt_id, data_text) VALUES (?, ?, ?)",
                (stored(event_id), stored(attempt_id), stored(data_text)),
            )

    def typed(self, event_id: str) -> tuple[str, str] | None:
        """(attempt id, event data): what was last typed for this event, and for which attempt; None where none is kept."""
        rows = self._all("SELECT attempt_id, data_text FROM typed WHERE event_id = ?", stored(event_id))
        return next(((restored(row[0]), restored(row[1])) for row in rows), None)

    def forget(self, person: Person) -> None:
        """Deletes everything typed that names a person, also from the bytes of the file."""
        from app.store.erasure import mentions

        if not self._path.exists():
            return
        with self._opened() as connection, transaction(connection):
            for row in connection.execute("SELECT rowid, * FROM drafts").fetchall():
                key = (restored(row["key_id"]), restored(row["external_id"]))
                if mentions(person, restored(row["data_text"]), key):
                    connection.execute("DELETE FROM drafts WHERE rowid = ?", (row["rowid"],))
            for table in ("templates", "typed"):
                for row in connection.execute(f"SELECT rowid, data_text FROM {table}").fetchall():
                    if mentions(person, restored(row["data_text"])):
                        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row["rowid"],))
        with self._opened() as connection:
            compact(connection, self._path)

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        if not self._path.exists():
            return []
        with self._opened() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with explained(self._path, NOTES.what):
                if self._connection is None:
                    self._connection = open_database(self._path, NOTES)
                    self._connection.row_factory = sqlite3.Row
                    self._connection.execute("PRAGMA secure_delete = ON")
                yield self._connection
        except DamagedError as error:
            self.close()
            kept = set_aside(self._path)
            raise StoreError(
                f"{error} It was set aside as {kept.name}; drafts and templates begin anew."
            ) from error
