"""An account as the sandbox serves it: events and fields in memory, contacts in a database built from the folder.

The database is built aside and renamed into place, so no reader sees half of it; it is never written again, so
readers open it without locks.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from app.domain.csv_rows import open_csv
from app.domain.errors import DISK_FULL, FileFaultError, disk_is_full, reason_of, unreadable
from app.domain.mails import Mail
from app.domain.model import Field, Matches
from app.domain.recipient import EMAIL
from app.domain.text import has_surrogates
from app.sandbox.accounts.folder import (
    CONTACTS,
    FILES,
    ContactsFile,
    EventEntry,
    Progress,
    read_events,
    read_fields,
)
from app.store.database import StoreError

NO_MATCH = Matches((), complete=True)
MAX_PER_VALUE = 100
LAYOUT = "6"

_SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class AccountDatabaseError(StoreError):
    """The account's database cannot be written or read; one sentence."""


def unwritable(file: Path, error: OSError | sqlite3.Error) -> AccountDatabaseError:
    if isinstance(error, OSError):
        reason = reason_of(error)
    else:
        reason = DISK_FULL if disk_is_full(file.parent) else str(error)
    return AccountDatabaseError(f"The sandbox cannot write {file}: {reason}.")


class SandboxAccount:
    """An account folder, served from `database`, which is rebuilt when the folder's content has changed.

    Without a folder it serves the database as it was built last. `changed` says whether the content had
    changed; `fingerprint` identifies the content. Implements app.domain.model.Account. Raises
    FileFaultError for a faulty folder, AccountDatabaseError for a database that cannot be written or
    read.
    """

    def __init__(self, folder: Path | None, database: Path, progress: Progress = lambda *_: None) -> None:
        self.database = database
        self.changed = folder is not None and ensure_built(folder, database, progress)[1]
        try:
            self._serve(_open_finished(database))
        except sqlite3.Error as error:
            raise AccountDatabaseError(f"The sandbox cannot read {database}: {error}.") from error

    def follow(self, fingerprint: str) -> None:
        if fingerprint in ("", self.fingerprint):
            return
        before, _ = self._served
        # If the database is unreadable now, or has another content, nothing changes.
        with suppress(sqlite3.Error):
            newest = _open_finished(self.database)
            if _meta(newest, "digest") == fingerprint:
                self._serve(newest)
                before.close()
            else:
                newest.close()

    def _serve(self, db: sqlite3.Connection) -> None:
        """Reads everything that can fail before it changes anything."""
        db.executescript("PRAGMA cache_size=-8000; PRAGMA query_only=1")
        fingerprint = _meta(db, "digest")
        events, fields, cells = json.loads(_meta(db, "content"))
        self.fingerprint = fingerprint
        self.events: Mapping[str, EventEntry] = {
            event_id: EventEntry(event_id, name, created, attached, tuple(Mail(*mail) for mail in mails))
            for event_id, name, created, attached, mails in events
        }
        self.fields: Mapping[str, Field] = {row[0]: Field(*row) for row in fields}
        # The columns (`c0`, `c1`, ...) are the builder's, never text from outside; a field without one is empty.
        # Queries in threads read both at once.
        self._served: tuple[sqlite3.Connection, Mapping[str, str]] = db, {"id": "id", "uid": "uid", **cells}

    def close(self) -> None:
        self._served[0].close()

    def has_event(self, event_id: str) -> bool:
        return event_id in self.events

    def has_field(self, field_id: str) -> bool:
        return field_id in self.fields

    def matches(self, key_id: str, external_id: str) -> Matches:
        """At most two of the contacts that the key finds."""
        return self.matches_of_many(key_id, [external_id]).get(external_id, NO_MATCH)

    def matches_of_many(self, key_id: str, external_ids: Iterable[str]) -> Mapping[str, Matches]:
        """At most two contacts for each value, by one statement; skips values that no contact can have."""
        db, cells = self._served
        cell = cells.get(key_id)
        if cell is None:
            return {}
        values = [value for value in set(external_ids) if _is_value(value)]
        sql = f"""
            SELECT asked.key, (SELECT group_concat(id) FROM
                (SELECT id FROM contact WHERE {cell} = asked.value AND {cell} != '' LIMIT 2))
            FROM json_each(?) AS asked"""  # noqa: S608 - columns of our own
        rows = db.execute(sql, (json.dumps(values),))
        return {
            values[place]: Matches(tuple(ids.split(",")) if ids else (), complete=True) for place, ids in rows
        }

    def with_values(
        self, key_id: str, values: Sequence[str], shown: Sequence[str]
    ) -> list[tuple[int, dict[str, str | None]]]:
        """Pairs of (position in `values`, contact with the fields `shown`), at most 100 for a value."""
        db, cells = self._served
        cell = cells.get(key_id)
        if cell is None:
            return []
        keys = ("id", "uid", *shown)
        # GUESS: getdata: at most 100 contacts for one value
        sql = f"""
            SELECT asked.key, {_columns(cells, keys)} FROM json_each(?) AS asked CROSS JOIN contact
            ON contact.n IN (SELECT other.n FROM contact AS other
                WHERE other.{cell} = asked.value AND other.{cell} != '' LIMIT {MAX_PER_VALUE})"""  # noqa: S608 - columns of our own
        rows = db.execute(sql, (json.dumps(values),))
        return [(place, _contact(keys, row)) for place, *row in rows]

    def query(
        self, wanted: Mapping[str, str], shown: str, *, skip_empty: bool, limit: int, offset: int
    ) -> list[dict[str, str | None]]:
        """The contacts with all the `wanted` values, in the order of the file, with the field `shown`."""
        if any(value and not _is_value(value) for value in wanted.values()):
            return []
        db, cells = self._served
        empty = "''"
        columns = [(cells.get(key, empty), value) for key, value in wanted.items()]
        # The index of a column leaves out the empty cells.
        tests = [f"{cell} = ? AND {cell} != ''" if value else f"{cell} = ?" for cell, value in columns]
        if skip_empty:
            tests.append(f"{cells.get(shown, empty)} != ''")
        if not tests:
            # Row numbers have no gaps, so a late page needs no counting.
            tests, offset = [f"n > {offset}"], 0
        sql = f"""
            SELECT {_columns(cells, ("id", shown))} FROM contact WHERE {" AND ".join(tests)}
            ORDER BY n LIMIT ? OFFSET ?"""  # noqa: S608 - columns of our own
        return [_contact(("id", shown), row) for row in db.execute(sql, (*wanted.values(), limit, offset))]

    def contact_ids(self, limit: int, offset: int) -> list[str]:
        db, _ = self._served
        rows = db.execute("SELECT id FROM contact WHERE n > ? ORDER BY n LIMIT ?", (offset, limit))
        return [row[0] for row in rows]

    def count_contacts(self) -> int:
        db, _ = self._served
        # Row numbers have no gaps.
        return db.execute("SELECT max(n) FROM contact").fetchone()[0] or 0


def _columns(cells: Mapping[str, str], keys: Iterable[str]) -> str:
    return ", ".join(f"contact.{cell}" if (cell := cells.get(key)) else "''" for key in keys)


def _contact(keys: Sequence[str], row: Sequence[str]) -> dict[str, str | None]:
    return {key: value or (value if key == "uid" else None) for key, value in zip(keys, row, strict=True)}


def _is_value(value: str) -> bool:
    """Whether a contact can have this value: not empty, no NUL, no half of a surrogate pair."""
    return value != "" and "\0" not in value and not has_surrogates(value)


def ensure_built(folder: Path, database: Path, progress: Progress = lambda *_: None) -> tuple[str, bool]:
    """The fingerprint of the folder's content, and whether the database had to be built for it. Raises AppError."""
    digest = content_digest(folder)
    if _known(database) == digest:
        return digest, False
    with _replacing(database) as db:
        _fill(db, folder, progress)
        db.execute("INSERT INTO meta VALUES ('digest', ?)", (digest,))
    return digest, True


def content_digest(folder: Path) -> str:
    digest = hashlib.sha256(LAYOUT.encode())
    for name in FILES:
        try:
            with (folder / name).open("rb") as raw:
                digest.update(hashlib.file_digest(raw, "sha256").digest())
        except OSError as error:
            raise unreadable(folder / name, error) from None
    return digest.hexdigest()


def _known(database: Path) -> str | None:
    try:
        with closing(_open_finished(database)) as db:
            return _meta(db, "digest")
    except sqlite3.Error:
        return None


def _meta(db: sqlite3.Connection, key: str) -> str:
    """The `digest` of the folder, or its `content` but the contacts, as JSON. Raises sqlite3.Error."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""


def _open_finished(database: Path) -> sqlite3.Connection:
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _replacing(database: Path) -> Iterator[sqlite3.Connection]:
    unfinished = database.with_name(f"{database.name}.{os.urandom(8).hex()}.building")
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            yield db
        unfinished.replace(database)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(database, error) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _fill(db: sqlite3.Connection, folder: Path, progress: Progress) -> None:
    db.executescript(_SCHEMA)
    fields = read_fields(folder)
    events = [(one.id, one.name, one.created, one.attached, one.mails) for one in read_events(folder)]
    with open_csv(folder / CONTACTS) as file:
        contacts = ContactsFile(file, fields)
        cells = {column: f"c{place}" for place, column in enumerate(contacts.columns)}
        content = json.dumps([events, fields, cells])
        db.execute("INSERT INTO meta VALUES ('content', ?)", (content,))
        _load_contacts(db, contacts, cells, progress)
    _index(db, folder, fields, cells.values())


def _load_contacts(
    db: sqlite3.Connection, contacts: ContactsFile, cells: Mapping[str, str], progress: Progress
) -> None:
    columns = ["n INTEGER PRIMARY KEY", "id TEXT", "uid TEXT"]
    # GUESS: The e-mail address ignores ASCII case
    columns += [
        f"{cell} TEXT{' COLLATE NOCASE' if field_id == EMAIL else ''}" for field_id, cell in cells.items()
    ]
    db.execute(f"CREATE TABLE contact ({', '.join(columns)})")
    insert = f"INSERT INTO contact VALUES (NULL{', ?' * (len(columns) - 1)})"  # noqa: S608 - columns of our own
    db.execute("BEGIN")
    for chunk in contacts.chunks(progress):
        db.executemany(insert, chunk)
    db.execute("COMMIT")


def _index(db: sqlite3.Connection, folder: Path, fields: Sequence[Field], cells: Iterable[str]) -> None:
    for key in ("id", "uid"):
        try:
            db.execute(f"CREATE UNIQUE INDEX contact_{key} ON contact ({key}) WHERE {key} != ''")
        except sqlite3.IntegrityError:
            raise _repeated(db, folder, fields, key) from None
    for cell in cells:
        db.execute(f"CREATE INDEX contact_{cell} ON contact ({cell}, id) WHERE {cell} != ''")


def _repeated(db: sqlite3.Connection, folder: Path, fields: Sequence[Field], key: str) -> FileFaultError:
    number, value = db.execute(f"""
        SELECT n, {key} FROM contact AS this WHERE {key} != '' AND EXISTS
            (SELECT 1 FROM contact AS other WHERE other.{key} = this.{key} AND other.n < this.n)
        ORDER BY n LIMIT 1""").fetchone()  # noqa: S608 - columns of our own
    with open_csv(folder / CONTACTS) as file:
        line = ContactsFile(file, fields).line_of(number)
    return FileFaultError(folder / CONTACTS, line, f"Duplicate contact {key} {value}.")
