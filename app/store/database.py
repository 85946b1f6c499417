"""Opens database files, with their permissions, pragmas and schema version, and explains their errors to the user."""

import contextlib
import errno
import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event

from app.domain.errors import AppError, disk_is_full, is_full_disk
from app.store.locks import locks_work_in
from app.store.schema import Schema

BUSY_SECONDS = 5.0
_CHECKPOINT_S = 1.0
_STEPS_BETWEEN_LOOKS = 5000
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_OPEN_FILES = ("", "-wal", "-shm")


class StoreError(AppError):
    """A database is not usable; the message names the problem and the fix. Nothing was overwritten."""


class DamagedError(StoreError):
    """The file is damaged or is not a database."""


class UnwritableError(StoreError):
    """The file is not writable now, for a reason that may pass: a full disk, permissions, a lock."""


class BusyError(UnwritableError):
    """Another program has locked the file."""


class RefreshingError(StoreError):
    def __init__(self) -> None:
        super().__init__("Another refresh of this account is under way. Wait until it is done.")


class StoppedError(StoreError):
    def __init__(self) -> None:
        super().__init__("Stopped.")


def open_database(
    path: Path, schema: Schema, *, any_thread: bool = False, busy_seconds: float = BUSY_SECONDS
) -> sqlite3.Connection:
    """A connection in autocommit mode to a database with this schema, which is created or migrated if necessary.

    The caller begins transactions, with `transaction`. Statements wait up to `busy_seconds` for locks. Raises StoreError
    if the file is not such a database and cannot become one; never changes a foreign, damaged or newer file.
    """
    with explained(path, schema.what):
        _make_file(path, schema.what)
        with _connecting(path, "", any_thread, busy_seconds) as connection:
            if _version(connection, path, schema) < schema.version:
                _migrate(connection, path, schema)
            connection.execute(f"PRAGMA synchronous = {schema.synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
    return connection


def open_or_read(
    path: Path, schema: Schema, *, any_thread: bool = False, busy_seconds: float = BUSY_SECONDS
) -> tuple[sqlite3.Connection, StoreError | None]:
    """As `open_database`, but a file that cannot be written now is opened for reading; the error then says why."""
    try:
        return open_database(path, schema, any_thread=any_thread, busy_seconds=busy_seconds), None
    except BusyError:
        raise
    except UnwritableError as error:
        try:
            return _open_for_reading(path, schema, any_thread), error
        except StoreError:
            raise error from None


def _open_for_reading(path: Path, schema: Schema, any_thread: bool) -> sqlite3.Connection:
    with explained(path, schema.what):
        log = path.with_name(path.name + "-wal")
        # With an empty log nothing is missing in the file: SQLite then needs no shared memory beside it.
        mode = "?mode=ro" if log.exists() and log.stat().st_size else "?mode=ro&immutable=1"
        with _connecting(path, mode, any_thread, BUSY_SECONDS) as connection:
            if _version(connection, path, schema) < schema.version:
                raise StoreError(
                    f"The {schema.what} at {path} is of an earlier version and cannot be written."
                )
    return connection


@contextmanager
def _connecting(path: Path, mode: str, any_thread: bool, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}{mode}",  # a URI, so that ATTACH accepts URIs too
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=not any_thread,
    )
    try:
        yield connection
    except BaseException:  # also ctrl+c: clean up, then re-raise
        connection.close()
        raise


@contextmanager
def stopping(connection: sqlite3.Connection, stop: Event | None) -> Iterator[None]:
    """Statements in the block raise StoppedError once `stop` is set."""
    try:
        if stop is not None:
            connection.set_progress_handler(stop.is_set, _STEPS_BETWEEN_LOOKS)
            # SQLite checks `stop` between its steps, and a short query or a word search has few of them.
            if stop.is_set():
                raise StoppedError
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise StoppedError from error
        raise


class DatabaseFile(ABC):
    """An open database, for use on one thread. Raises StoreError."""

    @abstractmethod
    def guarded(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yields the connection; errors in the block become StoreError."""

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self.guarded() as connection:
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        with self.guarded() as connection:
            row: sqlite3.Row | None = connection.execute(sql, values).fetchone()
        return row


def file_identity(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Device and inode of a database and of its log, which stay the same while it is open; None for a missing file."""
    return tuple(_identity(path.with_name(path.name + ending)) for ending in _OPEN_FILES)


def _identity(path: Path) -> tuple[int, int] | None:
    # Do not open the file: closing a second descriptor would release the locks of this process.
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def set_busy_timeout(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A write transaction: committed at the end of the block, rolled back on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:  # also ctrl+c: clean up, then re-raise
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path) -> Path:
    """Renames a database with its side files to a free name in the same folder; returns the new path."""
    target = path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}")
    with explained(path, "file"):
        for ending in reversed(_SIDE_FILES):
            source = path.with_name(path.name + ending)
            if source.exists():
                source.rename(target.with_name(target.name + ending))
    return target


def remove(path: Path) -> None:
    with explained(path, "file"):
        for ending in reversed(_SIDE_FILES):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def compact(connection: sqlite3.Connection, path: Path) -> None:
    """Rebuilds the file without deleted data and empties its log. Raises StoreError while others read the log."""
    connection.execute("VACUUM")
    set_busy_timeout(connection, _CHECKPOINT_S)
    busy, *_ = connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreError(
            f"Another window reads {path}, so its log still contains the erased data. Close that window, then try again."
        )


def _make_file(path: Path, what: str) -> None:
    _make_folder(path.parent)
    # Check the log first: the process that creates the database writes the first page before it creates the log.
    log = path.with_name(path.name + "-wal")
    logged = log.stat().st_size if log.exists() else 0
    # SQLite gives its side files the permissions of the database. Open only a new file here: closing an existing one
    # would release every lock of this process on it, and the next process to close the database would delete its log.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    status = path.stat()
    fault = errno.EISDIR if path.is_dir() else 0 if os.access(path, os.R_OK | os.W_OK) else errno.EACCES
    if fault:
        raise OSError(fault, os.strerror(fault), str(path))
    if status.st_mode & 0o077 and os.name == "posix" and status.st_uid == os.geteuid():
        path.chmod(0o600)
    if logged and not status.st_size:
        raise DamagedError(f"The {what} at {path} is damaged: the file is empty, but its log is not.")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _version(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    """The schema version of the file, 0 if it is empty. Raises StoreError for a foreign or newer file."""
    # Read the application id last, so that a database that another process creates meanwhile is recognized.
    has_tables = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    version = _pragma(connection, "user_version")
    application_id = _pragma(connection, "application_id")
    if application_id != schema.application_id:
        if application_id or version or has_tables:
            raise StoreError(
                f"The file {path} is a database of another program, not a {schema.what}. "
                "Move it, or choose another home folder."
            )
        return 0
    if version > schema.version:
        raise StoreError(
            f"The {schema.what} at {path} was written by a newer version of this program "
            f"(version {version}; this one knows {schema.version}). Use that version, or another home folder."
        )
    return version


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    from sqlite_utils import Database

    use_log(connection)
    migrations = schema.migrations()
    with transaction(connection):
        # Check again under the lock: another process may have migrated it.
        if _version(connection, path, schema) < schema.version:
            migrations.apply(Database(connection, execute_plugins=False))
            connection.execute(f"PRAGMA application_id = {schema.application_id}")
            connection.execute(f"PRAGMA user_version = {schema.version}")


def use_log(connection: sqlite3.Connection) -> None:
    """Switches to write-ahead logging. SQLite does not wait for locks here, so this function does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


# Errors


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)
# Errors that a full disk causes too, since SQLite makes files beside the database.
_PERHAPS_FULL = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)
# Not errors of the file: the caller stopped the statement, or the code has a bug.
_NOT_OF_THE_FILE = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE)
_WITHOUT_LOCKS = (
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMMAP,
)
_WITHOUT_LOCKS_ERRNO = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    """Turns errors of SQLite and the file system into StoreError; the message calls the file at `path` `what`."""
    try:
        yield
    except sqlite3.Error as error:
        # Only errors from SQLite itself have a code; the others are bugs in the caller.
        code = getattr(error, "sqlite_errorcode", None)
        if code is None or code & 0xFF in _NOT_OF_THE_FILE:
            raise
        raise sentence_for(code, path, what, error) from error
    except OSError as error:
        raise _system_error(error, path, what) from error


def _system_error(error: OSError, path: Path, what: str) -> StoreError:
    if is_full_disk(error):
        return _full(path, what)
    if error.errno in _WITHOUT_LOCKS_ERRNO:
        return _without_locks(path, what)
    return UnwritableError(
        f"The {what} at {path} cannot be opened ({error.strerror}). "
        "Choose a home folder that can be written, or correct its permissions."
    )


def sentence_for(code: int, path: Path, what: str, error: sqlite3.Error) -> StoreError:
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL or (primary in _PERHAPS_FULL and disk_is_full(path.parent)):
        return _full(path, what)
    if primary in _DAMAGED:
        return DamagedError(f"The {what} at {path} is damaged or is not a database ({error}).")
    if code in _WITHOUT_LOCKS or (primary in _BUSY and not locks_work_in(path.parent)):
        return _without_locks(path, what)
    if primary in _BUSY:
        return BusyError(
            f"The {what} at {path} is locked by another program. Close that program, or try again in a moment."
        )
    if primary in _READ_ONLY:
        return UnwritableError(
            f"The {what} at {path} cannot be written ({error}). "
            "Choose a home folder that can be written, or correct its permissions."
        )
    return UnwritableError(f"The {what} at {path} cannot be used ({error}). Check the disk, then try again.")


def _full(path: Path, what: str) -> StoreError:
    return UnwritableError(f"The disk is full: the {what} at {path} cannot be written. Free some space.")


def _without_locks(path: Path, what: str) -> StoreError:
    return StoreError(
        f"The {what} at {path} is on a file system without file locks or shared memory, as some network drives are. "
        "Set TRIGGERDESK_HOME to a folder on a local disk."
    )
