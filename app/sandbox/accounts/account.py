"""An account folder as the sandbox serves it: events and fields in memory, contacts in the database."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain.mails import Mail
from app.domain.model import Matches
from app.sandbox.accounts.database import AccountDatabaseError, ensure_built, fingerprint_of, open_finished
from app.sandbox.accounts.folder import EventEntry, FieldEntry, Progress

NO_MATCH = Matches((), complete=True)
MAX_PER_VALUE = 100


class SandboxAccount:
    """An account folder, served from `database`, which is rebuilt when the folder's content has changed.

    Without a folder it serves the database as it was built last. `changed` says whether the content had
    changed; `fingerprint` identifies the content. Implements app.domain.model.Account. Raises
    AccountFolderError for a faulty folder, AccountDatabaseError for a database that cannot be written or
    read.
    """

    def __init__(self, folder: Path | None, database: Path, progress: Progress = lambda *_: None) -> None:
        self.database = database
        self.changed = folder is not None and ensure_built(folder, database, progress)[1]
        try:
            self._serve(open_finished(database))
        except sqlite3.Error as error:
            raise AccountDatabaseError(f"The sandbox cannot read {database}: {error}.") from error

    def follow(self, fingerprint: str) -> None:
        """Switches to the content with this fingerprint, if the database holds it."""
        if fingerprint in ("", self.fingerprint):
            return
        before = self._db
        # If the database is unreadable now, or has another content, nothing changes.
        with suppress(sqlite3.Error):
            newest = open_finished(self.database)
            if fingerprint_of(newest) == fingerprint:
                self._serve(newest)
                before.close()
            else:
                newest.close()

    def _serve(self, db: sqlite3.Connection) -> None:
        """Reads everything that can fail before it changes anything."""
        db.executescript("PRAGMA cache_size=-8000; PRAGMA query_only=1")
        fingerprint = fingerprint_of(db)
        events = db.execute("SELECT id, name, created, attached, mails FROM event ORDER BY n").fetchall()
        fields = db.execute(
            "SELECT id, name, string_id, application_type, cell FROM field ORDER BY n"
        ).fetchall()
        self._db = db
        self.fingerprint = fingerprint
        self.events: Mapping[str, EventEntry] = {
            row[0]: EventEntry(
                row[0], row[1], row[2], bool(row[3]), tuple(Mail(*mail) for mail in json.loads(row[4]))
            )
            for row in events
        }
        self.fields: Mapping[str, FieldEntry] = {row[0]: FieldEntry(*row[:4]) for row in fields}
        self.contacts = AccountContacts(
            db, {"id": "id", "uid": "uid"} | {row[0]: row[4] for row in fields if row[4]}
        )

    def close(self) -> None:
        self._db.close()

    def has_event(self, event_id: str) -> bool:
        """Whether the account has this external event."""
        return event_id in self.events

    def has_field(self, field_id: str) -> bool:
        """Whether the account has this contact field."""
        return field_id in self.fields

    def matches(self, key_id: str, external_id: str) -> Matches:
        """At most two of the contacts that the key finds."""
        return self.matches_of_many(key_id, [external_id]).get(external_id, NO_MATCH)

    def matches_of_many(self, key_id: str, external_ids: Iterable[str]) -> Mapping[str, Matches]:
        """At most two contacts for each value, by one statement; skips values that no contact can have."""
        found = self.contacts.two_of_each(key_id, [value for value in set(external_ids) if _storable(value)])
        return {value: Matches(ids, complete=True) for value, ids in found.items()}


# The column names in these statements (`c0`, `c1`, ...) are the builder's, never text from outside.
@dataclass(frozen=True, slots=True)
class AccountContacts:
    """The contact table of an account.

    `cells` maps key ids to columns; a field without a column is empty for every contact.
    """

    db: sqlite3.Connection
    cells: Mapping[str, str]

    def two_of_each(self, key_id: str, values: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The ids of at most two contacts for each value."""
        cell = self.cells.get(key_id)
        if cell is None:
            return {}
        sql = f"""
            SELECT asked.key, (SELECT group_concat(id) FROM
                (SELECT id FROM contact WHERE {cell} = asked.value AND {cell} != '' LIMIT 2))
            FROM json_each(?) AS asked"""  # noqa: S608 - columns of our own
        rows = self.db.execute(sql, (json.dumps(values),))
        return {values[place]: tuple(ids.split(",")) if ids else () for place, ids in rows}

    def with_values(
        self, key_id: str, values: Sequence[str], shown: Sequence[str]
    ) -> list[tuple[int, dict[str, str | None]]]:
        """Pairs of (position in `values`, contact), at most 100 contacts for each value.

        Each contact has its id, uid and the fields `shown`.
        """
        cell = self.cells.get(key_id)
        if cell is None:
            return []
        keys = ("id", "uid", *shown)
        # GUESS: getdata: at most 100 contacts for one value
        sql = f"""
            SELECT asked.key, {self._columns(keys)} FROM json_each(?) AS asked CROSS JOIN contact
            ON contact.n IN (SELECT other.n FROM contact AS other
                WHERE other.{cell} = asked.value AND other.{cell} != '' LIMIT {MAX_PER_VALUE})"""  # noqa: S608 - columns of our own
        rows = self.db.execute(sql, (json.dumps(values),))
        return [(place, _contact(keys, row)) for place, *row in rows]

    def page(
        self, wanted: Mapping[str, str], shown: str, *, skip_empty: bool, limit: int, offset: int
    ) -> list[dict[str, str | None]]:
        """The contacts with all the `wanted` values, in the order of the file, with the field `shown`."""
        if any(value and not _storable(value) for value in wanted.values()):
            return []
        none = "''"
        columns = [self.cells.get(key, none) for key in wanted]
        # The index of a column leaves out the empty cells.
        tests = [
            f"{column} = ? AND {column} != ''" if value else f"{column} = ?"
            for column, value in zip(columns, wanted.values(), strict=True)
        ]
        if skip_empty:
            tests.append(f"{self.cells.get(shown, none)} != ''")
        start = offset
        if not tests:
            # Row numbers have no gaps, so a late page needs no counting.
            tests, start = [f"n > {offset}"], 0
        sql = f"""
            SELECT {self._columns(("id", shown))} FROM contact WHERE {" AND ".join(tests)}
            ORDER BY n LIMIT ? OFFSET ?"""  # noqa: S608 - columns of our own
        rows = self.db.execute(sql, (*wanted.values(), limit, start))
        return [_contact(("id", shown), row) for row in rows]

    def ids(self, limit: int, offset: int) -> list[str]:
        """Contact ids in the order of the file."""
        rows = self.db.execute("SELECT id FROM contact WHERE n > ? ORDER BY n LIMIT ?", (offset, limit))
        return [row[0] for row in rows]

    def count(self) -> int:
        """The number of contacts."""
        # Row numbers have no gaps.
        return self.db.execute("SELECT max(n) FROM contact").fetchone()[0] or 0

    def _columns(self, keys: Iterable[str]) -> str:
        return ", ".join(f"contact.{cell}" if (cell := self.cells.get(key)) else "''" for key in keys)


def _contact(keys: Sequence[str], row: Sequence[str]) -> dict[str, str | None]:
    return {key: value or (value if key == "uid" else None) for key, value in zip(keys, row, strict=True)}


def _storable(value: str) -> bool:
    """Whether a contact can have this value: not empty, no NUL, no half of a surrogate pair."""
    try:
        return value != "" and b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
