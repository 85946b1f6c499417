"""Opens database files, with their permissions, pragmas and schema version."""

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.store.errors import BusyError, DamagedError, StoreError, UnwritableError, explained
from app.store.schema import Schema

__all__ = [
    "BusyError",
    "DamagedError",
    "Schema",
    "StoreError",
    "compact",
    "explained",
    "file_identity",
    "open_database",
    "open_or_read",
    "set_aside",
    "set_busy_timeout",
    "transaction",
]

BUSY_SECONDS = 5.0
_CHECKPOINT_S = 1.0
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_OPEN_FILES = ("", "-wal", "-shm")


def open_database(
    path: Path, schema: Schema, *, any_thread: bool = False, busy_seconds: float = BUSY_SECONDS
) -> sqlite3.Connection:
    """A connection in autocommit mode to a database with this schema, which is created or migrated if necessary.

    The caller begins transactions, with `transaction`. Statements wait up to `busy_seconds` for locks. Raises StoreError
    if the file is not such a database and cannot become one; never changes a foreign, damaged or newer file.
    """
    with explained(path, schema.what):
        _make_file(path, schema.what)
        # A URI, so that ATTACH accepts URIs too.
        connection = sqlite3.connect(
            path.absolute().as_uri(),
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=not any_thread,
        )
        try:
            _prepare(connection, path, schema)
        except BaseException:  # also ctrl+c: clean up, then re-raise
            connection.close()
            raise
    return connection


def open_or_read(
    path: Path, schema: Schema, *, any_thread: bool = False, busy_seconds: float = BUSY_SECONDS
) -> tuple[sqlite3.Connection, StoreError | None]:
    """As `open_database`, but a file that cannot be written now is opened for reading; the error then says why.

    Raises StoreError if the file cannot be read either.
    """
    try:
        return open_database(path, schema, any_thread=any_thread, busy_seconds=busy_seconds), None
    except BusyError:
        raise
    except UnwritableError as error:
        try:
            return _open_for_reading(path, schema, any_thread=any_thread), error
        except StoreError:
            raise error from None


def _open_for_reading(path: Path, schema: Schema, *, any_thread: bool) -> sqlite3.Connection:
    with explained(path, schema.what):
        log = path.with_name(path.name + "-wal")
        # With an empty log nothing is missing in the file: SQLite then needs no shared memory beside it.
        mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
        uri = f"{path.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=not any_thread)
        try:
            if _version(connection, path, schema) < schema.version:
                raise StoreError(
                    f"The {schema.what} at {path} is of an earlier version and cannot be written."
                )
        except BaseException:  # also ctrl+c: clean up, then re-raise
            connection.close()
            raise
    return connection


def file_identity(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Device and inode of a database and of its log; None for a missing file.

    They stay the same while the database is open, unless a file is removed or replaced.
    """
    return tuple(_identity(path.with_name(path.name + ending)) for ending in _OPEN_FILES)


def _identity(path: Path) -> tuple[int, int] | None:
    # Do not open the file: closing a second descriptor would release the locks of this process.
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def set_busy_timeout(connection: sqlite3.Connection, seconds: float) -> None:
    """Sets how long statements wait for the lock of another program."""
    connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


@contextmanager
def transaction(connection: sqlite3.Connection, *, temporary: bool = False) -> Iterator[sqlite3.Connection]:
    """A write transaction: committed at the end of the block, rolled back on any exception.

    With `temporary` the block writes only temporary tables, so that other programs need not wait.
    """
    connection.execute("BEGIN" if temporary else "BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:  # also ctrl+c: clean up, then re-raise
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path) -> Path:
    """Renames a database with its side files to a free name in the same folder; returns the new path."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = next(
        name
        for name in (path.with_name(f"{path.name}.damaged-{stamp}{more}") for more in _endings())
        if not name.exists()
    )
    with explained(path, "file"):
        for ending in reversed(_SIDE_FILES):
            source = path.with_name(path.name + ending)
            if source.exists():
                source.rename(target.with_name(target.name + ending))
    return target


def remove(path: Path) -> None:
    """Deletes a database with its side files."""
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


def _endings() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


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


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if _version(connection, path, schema) < schema.version:
        _migrate(connection, path, schema)
    connection.execute(f"PRAGMA synchronous = {schema.synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")


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

    _use_log(connection)
    migrations = schema.migrations()
    with transaction(connection):
        # Check again under the lock: another process may have migrated it.
        if _version(connection, path, schema) < schema.version:
            migrations.apply(Database(connection, execute_plugins=False))
            connection.execute(f"PRAGMA application_id = {schema.application_id}")
            connection.execute(f"PRAGMA user_version = {schema.version}")


def _use_log(connection: sqlite3.Connection) -> None:
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
