"""What an account database holds, and how it is filled from a folder.

A contact is one row with a column for each column of the file, and an index for each:
loading is then the file's rows as they are, and SQLite sorts the indexes by itself.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from app.sandbox.accounts.contacts import ContactsFile, open_contacts
from app.sandbox.accounts.files import CONTACTS, AccountFolderError, Progress
from app.sandbox.accounts.folder import EventEntry, FieldEntry, read_events, read_fields

CASELESS_FIELD = "3"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (n INTEGER PRIMARY KEY, id TEXT, name TEXT, created TEXT, attached INTEGER);
CREATE TABLE field (n INTEGER PRIMARY KEY, id TEXT, name TEXT, string_id TEXT, application_type TEXT, cell TEXT);
"""


def fill(db: sqlite3.Connection, folder: Path, progress: Progress) -> None:
    """Writes the whole account into an empty database. Raises AccountFolderError."""
    db.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;" + _SCHEMA
    )
    fields = read_fields(folder)
    _load_events(db, read_events(folder))
    with open_contacts(folder / CONTACTS, fields) as contacts:
        cells = {column: f"c{place}" for place, column in enumerate(contacts.columns)}
        _load_fields(db, fields, cells)
        _load_contacts(db, contacts, cells, progress)
    _index(db, folder, fields, cells.values())


def _load_events(db: sqlite3.Connection, events: Iterable[EventEntry]) -> None:
    db.executemany(
        "INSERT INTO event (id, name, created, attached) VALUES (?, ?, ?, ?)",
        [(event.id, event.name, event.created, event.attached) for event in events],
    )


def _load_fields(db: sqlite3.Connection, fields: Iterable[FieldEntry], cells: dict[str, str]) -> None:
    db.executemany(
        "INSERT INTO field (id, name, string_id, application_type, cell) VALUES (?, ?, ?, ?, ?)",
        [(f.id, f.name, f.string_id, f.application_type, cells.get(f.id)) for f in fields],
    )


def _load_contacts(
    db: sqlite3.Connection, contacts: ContactsFile, cells: dict[str, str], progress: Progress
) -> None:
    columns = ["n INTEGER PRIMARY KEY", "id TEXT", "uid TEXT"]
    columns += [f"{cell} TEXT{_collation(field_id)}" for field_id, cell in cells.items()]
    db.execute(f"CREATE TABLE contact ({', '.join(columns)})")
    insert = f"INSERT INTO contact VALUES (NULL{', ?' * (len(columns) - 1)})"  # noqa: S608
    db.execute("BEGIN")
    for chunk in contacts.chunks(progress):
        db.executemany(insert, chunk)
    db.execute("COMMIT")


def _collation(field_id: str) -> str:
    """The e-mail address ignores ASCII case, which is what SQLite's NOCASE does; all else is exact."""
    return " COLLATE NOCASE" if field_id == CASELESS_FIELD else ""


def _index(db: sqlite3.Connection, folder: Path, fields: Iterable[FieldEntry], cells: Iterable[str]) -> None:
    for key in ("id", "uid"):
        try:
            db.execute(f"CREATE UNIQUE INDEX contact_{key} ON contact ({key}) WHERE {key} != ''")
        except sqlite3.IntegrityError:
            raise _repeated(db, folder, fields, key) from None
    for cell in cells:
        db.execute(f"CREATE INDEX contact_{cell} ON contact ({cell}, id) WHERE {cell} != ''")


def _repeated(
    db: sqlite3.Connection, folder: Path, fields: Iterable[FieldEntry], key: str
) -> AccountFolderError:
    number, value = db.execute(f"""
        SELECT n, {key} FROM contact AS this WHERE {key} != '' AND EXISTS
            (SELECT 1 FROM contact AS other WHERE other.{key} = this.{key} AND other.n < this.n)
        ORDER BY n LIMIT 1""").fetchone()  # noqa: S608
    with open_contacts(folder / CONTACTS, tuple(fields)) as contacts:
        line = contacts.line_of(number)
    return AccountFolderError(
        folder / CONTACTS, line, f"The contact {key} {value} stands here a second time."
    )
