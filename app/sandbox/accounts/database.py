"""Builds an account folder into a database file and renames it into place, so no reader sees half of it.

The finished file is never written again, so readers open it without locks. A file beside it keeps the state
of the folder's files when they were last read.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple
from pathlib import Path

from app.domain.errors import DISK_FULL, AppError, disk_is_full, reason_of
from app.sandbox.accounts.folder import (
    CONTACTS,
    FILES,
    AccountFolderError,
    ContactsFile,
    EventEntry,
    FieldEntry,
    Progress,
    open_contacts,
    read_events,
    read_fields,
    unreadable,
)

LAYOUT = "4"
STALE_S = 3600.0
CASELESS_FIELD = "3"

GRAIN_S = 2.0
"""Seconds within which two writes may leave a file with the same times, on the coarsest file system."""


_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (n INTEGER PRIMARY KEY, id TEXT, name TEXT, created TEXT, attached INTEGER, mails TEXT);
CREATE TABLE field (n INTEGER PRIMARY KEY, id TEXT, name TEXT, string_id TEXT, application_type TEXT, cell TEXT);
"""


class AccountDatabaseError(AppError):
    """The account's database cannot be written or read; one sentence."""


def unwritable(file: Path, error: OSError | sqlite3.Error) -> AccountDatabaseError:
    """The error for a database that cannot be written."""
    if isinstance(error, OSError):
        reason = reason_of(error)
    else:
        reason = DISK_FULL if disk_is_full(file.parent) else str(error)
    return AccountDatabaseError(f"The sandbox cannot write {file}: {reason}.")


def ensure_built(folder: Path, database: Path, progress: Progress = lambda *_: None) -> tuple[str, bool]:
    """Returns the fingerprint of the folder's content, and whether the database had to be built for it.

    Raises AccountFolderError, and AccountDatabaseError if the disk cannot be written.
    """
    stamp = _stamp(folder)
    known = _known(database)
    if known and stamp and _read_stamp(database) == f"{stamp};{known}":
        return known, False
    digest = content_digest(folder)
    if known != digest:
        with _replacing(database) as db:
            _fill(db, folder, progress)
            db.execute("INSERT INTO meta VALUES ('digest', ?)", (digest,))
    if stamp:
        _write_stamp(database, f"{stamp};{digest}")
    return digest, known != digest


def _stamp(folder: Path) -> str:
    """A stamp that changes with every write to a file, so that an untouched folder is not read again.

    Empty if a file was written so recently, or in the future, that the next write might not change the stamp.
    """
    stats = [_stat(folder / name) for name in FILES]
    if max(max(s.st_mtime, s.st_ctime) for s in stats) > time.time() - GRAIN_S:
        return ""
    return ";".join(
        [LAYOUT, *(f"{s.st_dev},{s.st_ino},{s.st_size},{s.st_mtime_ns},{s.st_ctime_ns}" for s in stats)]
    )


def _stat(file: Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        raise unreadable(file, error) from None


def content_digest(folder: Path) -> str:
    """The fingerprint of the content of the folder's files. Raises AccountFolderError."""
    digest = hashlib.blake2b(LAYOUT.encode())
    for name in FILES:
        try:
            with (folder / name).open("rb") as raw:
                digest.update(hashlib.file_digest(raw, "blake2b").digest())
        except OSError as error:
            raise unreadable(folder / name, error) from None
    return digest.hexdigest()


def _write_stamp(database: Path, stamp: str) -> None:
    file = database.with_suffix(".stamp")
    # Without a stamp the next start reads the folder.
    with suppress(OSError):
        file.touch(mode=0o600)
        file.write_text(stamp, encoding="utf-8")


def _read_stamp(database: Path) -> str:
    try:
        return database.with_suffix(".stamp").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _known(database: Path) -> str | None:
    if not database.is_file():
        return None
    try:
        with closing(open_finished(database)) as db:
            return fingerprint_of(db)
    except sqlite3.Error:
        return None


def fingerprint_of(db: sqlite3.Connection) -> str:
    """The fingerprint of the content that an account database was built from. Raises sqlite3.Error."""
    row = db.execute("SELECT value FROM meta WHERE key = 'digest'").fetchone()
    return row[0] if row else ""


def open_finished(database: Path) -> sqlite3.Connection:
    """Opens a finished account database without locks: it is never written, only replaced."""
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _replacing(database: Path) -> Iterator[sqlite3.Connection]:
    unfinished = database.with_name(f"{database.name}.{os.urandom(8).hex()}.building")
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(database)
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            yield db
        unfinished.replace(database)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(database, error) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _sweep(database: Path) -> None:
    """Removes unfinished files of killed processes."""
    for leftover in database.parent.glob(f"{database.name}.*.building"):
        # Another process may sweep at the same time.
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > STALE_S:
                leftover.unlink()


def _fill(db: sqlite3.Connection, folder: Path, progress: Progress) -> None:
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
        "INSERT INTO event (id, name, created, attached, mails) VALUES (?, ?, ?, ?, ?)",
        [
            (e.id, e.name, e.created, e.attached, json.dumps([astuple(mail) for mail in e.mails]))
            for e in events
        ],
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
    insert = f"INSERT INTO contact VALUES (NULL{', ?' * (len(columns) - 1)})"  # noqa: S608 - columns of our own
    db.execute("BEGIN")
    for chunk in contacts.chunks(progress):
        db.executemany(insert, chunk)
    db.execute("COMMIT")


def _collation(field_id: str) -> str:
    # GUESS: The e-mail address ignores ASCII case
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
        ORDER BY n LIMIT 1""").fetchone()  # noqa: S608 - columns of our own
    with open_contacts(folder / CONTACTS, tuple(fields)) as contacts:
        line = contacts.line_of(number)
    return AccountFolderError(folder / CONTACTS, line, f"Duplicate contact {key} {value}.")
