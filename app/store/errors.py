"""The errors of database files, each with one message for the user."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import AppError


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
# Not errors of the file: the caller stopped the statement, or the code has a bug.
_NOT_OF_THE_FILE = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE)


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
        raise sentence_for(code & 0xFF, path, what, error) from error
    except OSError as error:
        raise StoreError(
            f"The {what} at {path} cannot be opened ({error.strerror}). "
            "Choose a home folder that can be written, or correct its permissions."
        ) from error


def sentence_for(code: int, path: Path, what: str, error: sqlite3.Error) -> StoreError:
    """The StoreError for a primary result code of SQLite, with its message."""
    if code in _DAMAGED:
        return DamagedError(f"The {what} at {path} is damaged or is not a database ({error}).")
    if code in _BUSY:
        return BusyError(
            f"The {what} at {path} is locked by another program. Close that program, or try again in a moment."
        )
    if code in _READ_ONLY:
        return UnwritableError(
            f"The {what} at {path} cannot be written ({error}). "
            "Choose a home folder that can be written, or correct its permissions."
        )
    if code == sqlite3.SQLITE_FULL:
        return UnwritableError(f"The disk is full: the {what} at {path} cannot be written. Free some space.")
    return UnwritableError(f"The {what} at {path} cannot be used ({error}). Check the disk, then try again.")
