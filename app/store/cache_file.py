"""The open file of a cache, which empties itself if it is damaged; a refresh fills it again."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from app.store.database import (
    BUSY_SECONDS,
    DamagedError,
    DatabaseFile,
    RefreshingError,
    StoreError,
    explained,
    open_or_read,
    remove,
    set_aside,
    stopping,
)
from app.store.locks import FileLock
from app.store.schema import CACHE, add_functions


class CacheFile(DatabaseFile):
    """A connection to a cache, which reopens itself if the file is damaged or replaced. Raises StoreError."""

    def __init__(self, path: Path, *, any_thread: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._any_thread = any_thread
        try:
            self._open()
        except DamagedError:
            _put_away(path)
            self._open()

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def guarded(self) -> Iterator[sqlite3.Connection]:
        if not self._is_current():
            self._renew()
        try:
            with explained(self.path, CACHE.what):
                yield self.connection
        except DamagedError as error:
            self._renew()
            raise StoreError(
                f"The cache at {self.path} was damaged and has been emptied. Refresh to fill it again."
            ) from error

    def _open(self) -> None:
        self.connection, _ = open_or_read(
            self.path, CACHE, any_thread=self._any_thread, busy_seconds=self._busy_seconds
        )
        self.connection.row_factory = sqlite3.Row
        add_functions(self.connection)
        self._status = self.path.stat()

    def _renew(self) -> None:
        self.connection.close()
        # If another connection has already replaced the damaged file, the new one is good.
        if self._is_current():
            _put_away(self.path)
        self._open()

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), self._status)
        except OSError:
            return False


@contextmanager
def opened(path: Path, stop: Event | None = None, busy_seconds: float = BUSY_SECONDS) -> Iterator[CacheFile]:
    """A separate connection for any one thread at a time; its statements raise StoppedError once `stop` is set."""
    file = CacheFile(path, any_thread=True, busy_seconds=busy_seconds)
    try:
        with stopping(file.connection, stop):
            yield file
    finally:
        file.close()


@contextmanager
def refresh_lock(path: Path) -> Iterator[None]:
    """Keeps other processes from refreshing this cache during the block. Raises RefreshingError and StoreError."""
    with explained(path, CACHE.what):
        lock = FileLock.acquire(path.with_name(f"{path.name}.refreshing"))
    if lock is None:
        raise RefreshingError
    try:
        yield
    finally:
        lock.release()


def _put_away(path: Path) -> None:
    """Deletes a damaged cache, but renames a file that is not a database: it may belong to the user."""
    with explained(path, CACHE.what), path.open("rb") as file:
        is_database = file.read(16) in (b"SQLite format 3\0", b"")
    if is_database:
        remove(path)
    else:
        set_aside(path)
