"""The sandbox's truth: the events, fields and contacts of an account folder, asked by the rules and by the calls.

Events and fields are few and held; contacts stay in the database file, so that a million
of them cost no memory. A single look-up takes microseconds and is called directly.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from app.domain.account import Matches
from app.sandbox.accounts.build import AccountDatabaseError, ensure_built, fingerprint_of, open_finished
from app.sandbox.accounts.files import AccountFolderError, Progress
from app.sandbox.accounts.folder import EventEntry, FieldEntry, examples
from app.sandbox.accounts.rows import Rows, searchable

__all__ = ["AccountDatabaseError", "AccountFolderError", "SandboxAccount", "examples"]

NOBODY = Matches((), complete=True)


def _silent(_: int, __: int) -> None:
    pass


class SandboxAccount:
    """An account folder, served from `database`, which is rebuilt when the folder's content has changed.

    Without a folder it is served as the database was built last. `changed` says that the content had changed;
    `fingerprint` tells one content from another. Implements app.domain.account.Directory and always knows.
    Raises AccountFolderError for a faulty folder, AccountDatabaseError for a database that cannot be written or read.
    """

    def __init__(self, folder: Path | None, database: Path, progress: Progress = _silent) -> None:
        self.database = database
        self.changed = folder is not None and ensure_built(folder, database, progress)[1]
        try:
            self._serve(open_finished(database))
        except sqlite3.Error as error:
            raise AccountDatabaseError(f"The sandbox cannot read {database}: {error}.") from error

    def follow(self, fingerprint: str) -> None:
        """Goes over to the content with this fingerprint, if it is another and the database holds it by now."""
        if fingerprint in ("", self.fingerprint):
            return
        before = self._db
        # What cannot be read now, or is no content that was asked for, leaves all as it is.
        with suppress(sqlite3.Error):
            newest = open_finished(self.database)
            if fingerprint_of(newest) == fingerprint:
                self._serve(newest)
                before.close()
            else:
                newest.close()

    def _serve(self, db: sqlite3.Connection) -> None:
        """Reads all that can fail before anything is another than it was."""
        db.executescript("PRAGMA cache_size=-8000; PRAGMA query_only=1")
        fingerprint = fingerprint_of(db)
        events = db.execute("SELECT id, name, created, attached FROM event ORDER BY n").fetchall()
        rows = db.execute(
            "SELECT id, name, string_id, application_type, cell FROM field ORDER BY n"
        ).fetchall()
        self._db = db
        self.fingerprint = fingerprint
        self._asked = ("", "")
        self._found = NOBODY
        self.events: Mapping[str, EventEntry] = {
            row[0]: EventEntry(row[0], row[1], row[2], bool(row[3])) for row in events
        }
        self.fields: Mapping[str, FieldEntry] = {row[0]: FieldEntry(*row[:4]) for row in rows}
        cells = {"id": "id", "uid": "uid"} | {row[0]: row[4] for row in rows if row[4]}
        self.rows = Rows(db, cells)
        self._find = {key: _find_sql(cell) for key, cell in cells.items()}

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def has_event(self, event_id: str) -> bool:
        """Whether the account has this external event."""
        return event_id in self.events

    def has_field(self, field_id: str) -> bool:
        """Whether the account has this contact field."""
        return field_id in self.fields

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event."""
        event = self.events.get(event_id)
        return event.name if event else None

    def field_name(self, field_id: str) -> str | None:
        """The name of a contact field."""
        field = self.fields.get(field_id)
        return field.name if field else None

    def matches(self, key_id: str, external_id: str) -> Matches:
        """At most two of the contacts that the key finds; the last answer is kept, as several rules ask the same."""
        asked = (key_id, external_id)
        if asked != self._asked:
            self._found = self._look_up(key_id, external_id)
            self._asked = asked
        return self._found

    def _look_up(self, key_id: str, external_id: str) -> Matches:
        sql = self._find.get(key_id)
        if sql is None or not searchable(external_id):
            return NOBODY
        rows = self._db.execute(sql, (external_id,)).fetchall()
        return Matches(tuple([row[0] for row in rows]), complete=True)

    def matches_of_many(self, key_id: str, external_ids: Iterable[str]) -> Mapping[str, Matches]:
        """What `matches` says of each value, by one look-up statement for all of them."""
        values = [value for value in set(external_ids) if searchable(value)]
        cell = self.rows.cells.get(key_id)
        if cell is None or not values:
            return {}
        found = dict.fromkeys(values, NOBODY)
        rows = self._db.execute(_find_many_sql(cell), (json.dumps(values),))
        for place, ids in rows:
            if ids:
                found[values[place]] = Matches(tuple(ids.split(",")), complete=True)
        return found


# The columns named in these statements are the builder's own (`c0`, `c1`, ...), never text from outside.
def _find_sql(cell: str) -> str:
    return f"SELECT id FROM contact WHERE {cell} = ? AND {cell} != '' LIMIT 2"  # noqa: S608


def _find_many_sql(cell: str) -> str:
    return f"""
        SELECT asked.key, (SELECT group_concat(id) FROM
            (SELECT id FROM contact WHERE {cell} = asked.value AND {cell} != '' LIMIT 2))
        FROM json_each(?) AS asked"""  # noqa: S608
