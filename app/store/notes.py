"""The texts that the user typed for one account: a draft for each profile, named templates, and event data as typed.

They have their own file, since drafts are saved while the user types: the history, which every window watches, and
the cache, which a refresh replaces, should not change with each pause. Saved texts survive a crash of the process; a
power cut may lose the last seconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.model import NO_EXTRAS, Draft, Extras, SavedDraft, Template, extras_json, parse_extras
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
from app.store.text import microseconds, moment, stored

if TYPE_CHECKING:
    from app.store.erasure import Person

_DRAFT = ("event_id", "key_id", "external_id", "data_text", "contact_id")


def _written(extras: Extras) -> str:
    found = extras_json(extras)
    return json.dumps(found) if found else ""


def _read(text: str) -> Extras:
    try:
        return parse_extras(json.loads(text)) if text else NO_EXTRAS
    except (ValueError, RecursionError):
        return NO_EXTRAS


class Notes:
    """The drafts and templates of one account, for use on one thread. A damaged file is set aside, with one StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        return self._path

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save_draft(self, profile: str, draft: Draft, saved_at: datetime) -> None:
        values = [*(stored(getattr(draft, column)) for column in _DRAFT), _written(draft.extras)]
        with self._opened() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO drafts (profile, {', '.join(_DRAFT)}, extras, saved_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (stored(profile), *values, microseconds(saved_at)),
            )

    def draft(self, profile: str) -> SavedDraft | None:
        rows = self._all("SELECT * FROM drafts WHERE profile = ?", stored(profile))
        for row in rows:
            texts = {column: row[column] for column in _DRAFT}
            draft = Draft(**texts, extras=_read(row["extras"]))
            return SavedDraft(draft, moment(row["saved_at"]))
        return None

    def drop_draft(self, profile: str) -> None:
        if self._path.exists():
            with self._opened() as connection:
                connection.execute("DELETE FROM drafts WHERE profile = ?", (stored(profile),))

    def save_template(self, template: Template) -> None:
        with self._opened() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO templates (name, event_id, data_text, extras) VALUES (?, ?, ?, ?)",
                (
                    stored(template.name),
                    stored(template.event_id),
                    stored(template.data_text),
                    _written(template.extras),
                ),
            )

    def templates(self) -> tuple[Template, ...]:
        rows = self._all("SELECT name, event_id, data_text, extras FROM templates ORDER BY name")
        return tuple(Template(name, event, data, _read(extras)) for name, event, data, extras in rows)

    def drop_template(self, name: str) -> bool:
        if not self._path.exists():
            return False
        with self._opened() as connection:
            return bool(connection.execute("DELETE FROM templates WHERE name = ?", (stored(name),)).rowcount)

    def save_typed(self, event_id: str, attempt_id: str, data_text: str) -> None:
        """Saves the event data as typed for this attempt; replaces the earlier ones of the event."""
        with self._opened() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO typed (event_id, attempt_id, data_text) VALUES (?, ?, ?)",
                (stored(event_id), stored(attempt_id), stored(data_text)),
            )

    def typed(self, event_id: str) -> tuple[str, str] | None:
        """The attempt id and the event data last typed for this event; None if there are none."""
        rows = self._all("SELECT attempt_id, data_text FROM typed WHERE event_id = ?", stored(event_id))
        return next(((row[0], row[1]) for row in rows), None)

    def forget(self, person: Person) -> None:
        """Erases every text that names a person, down to the bytes of the file."""
        if not self._path.exists():
            return
        with self._opened() as connection, transaction(connection):
            for row in connection.execute("SELECT rowid, * FROM drafts").fetchall():
                key = (row["key_id"], row["external_id"])
                if person.mentions(row["data_text"] + row["extras"], key):
                    connection.execute("DELETE FROM drafts WHERE rowid = ?", (row["rowid"],))
            for table, text in (("templates", "data_text || extras"), ("typed", "data_text")):
                for row in connection.execute(f"SELECT rowid, {text} AS text FROM {table}").fetchall():
                    if person.mentions(row["text"]):
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
                f"{error} It was set aside as {kept.name}; drafts and templates are empty now."
            ) from error
