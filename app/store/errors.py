"""What can go wrong with a database file, as one sentence each: what is wrong, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import AppError


class StoreError(AppError):
    """A database cannot be used; the message says what is wrong and what to do. Nothing was overwritten."""


class DamagedError(StoreError):
    """The file is damaged, or is no database at all."""


class UnwritableError(StoreError):
    """The file cannot be written now, for a reason that may pass: a full disk, permissions, a lock."""


class BusyError(UnwritableError):
    """Another program has locked the file."""


class RefreshingError(StoreError):
    """Another refresh of the same cache is under way, in this window or another."""

    def __init__(self) -> None:
        super().__init__("Another refresh of this account is under way. Wait until it is done.")


class StoppedError(StoreError):
    """What was asked for was stopped before its end, by who asked for it."""

    def __init__(self) -> None:
        super().__init__("Stopped.")


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)
# A caller's own stop and a broken promise of the code are not the file's fault.
_NOT_OF_THE_FILE = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE)


@contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    """Turns what SQLite and the file system raise about `path`, the `what` of the sentence, into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        # Only errors that came from SQLite itself carry a code; the rest are mistakes of the caller.
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
    """The StoreError for a primary result code of SQLite."""
    if code in _DAMAGED:
        return DamagedError(f"The {what} at {path} is damaged or is no database ({error}).")
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
