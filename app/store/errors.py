"""The errors of database files, each with one message for the user."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import AppError, disk_is_full, is_full_disk
from app.store.locks import locks_work_in


class StoreError(AppError):
    """A database is not usable; the message names the problem and the fix. Nothing was overwritten."""


class DamagedError(StoreError):
    """The file is damaged or is not a database."""


class UnwritableError(StoreError):
    """The file is not writable now, for a reason that may pass: a full disk, permissions, a lock."""


class BusyError(UnwritableError):
    """Another program has locked the file."""


class RefreshingError(StoreError):
    """Another refresh of the same cache is running, in this window or another."""

    def __init__(self) -> None:
        super().__init__("Another refresh of this account is under way. Wait until it is done.")


class StoppedError(StoreError):
    """The caller stopped the operation."""

    def __init__(self) -> None:
        super().__init__("Stopped.")


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
    """The StoreError for an extended result code of SQLite, with its message."""
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
