"""The open file of the history.

The program never changes a damaged history; it renames it only if the user agrees.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from app.store.database import (
    BUSY_SECONDS,
    DamagedError,
    DatabaseFile,
    StoreError,
    explained,
    file_identity,
    open_or_read,
    set_busy_timeout,
    stopping,
    transaction,
)
from app.store.schema import HISTORY


class DamagedHistoryError(DamagedError):
    """The history at `path` is damaged; `database.set_aside` renames it after the user agrees."""

    def __init__(self, path: Path, cause: DamagedError) -> None:
        self.path = path
        super().__init__(
            f"{cause} Nothing is sent until it is set aside: start the dashboard, which offers to rename it, "
            f"or rename {path.name} and {path.name}-wal yourself."
        )


class HistoryReplacedError(StoreError):
    """The file at the history's path is not the open one, so that everything written would be lost."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The history at {path} was removed or replaced while it was open. "
            "Open it again to record what you send."
        )


class HistoryFile(DatabaseFile):
    """A connection to the history; `unwritable` is why it can only be read. Raises StoreError and DamagedHistoryError."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self.open()

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise HistoryReplacedError(self.path)
        return self._connection

    def open(self) -> None:
        with guarded(self.path):
            self._connection, self.unwritable = open_or_read(
                self.path, HISTORY, busy_seconds=self._busy_seconds
            )
            self._connection.row_factory = sqlite3.Row
            self._identity = file_identity(self.path)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def writing(self, busy_seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """A write transaction. Raises HistoryReplacedError if the file at the path is not the open one."""
        if self.unwritable is not None:
            raise self.unwritable
        with self.guarded() as connection:
            if file_identity(self.path) != self._identity:
                raise HistoryReplacedError(self.path)
            try:
                set_busy_timeout(connection, self._busy_seconds if busy_seconds is None else busy_seconds)
                with transaction(connection):
                    yield connection
            finally:
                set_busy_timeout(connection, self._busy_seconds)

    @contextmanager
    def guarded(self) -> Iterator[sqlite3.Connection]:
        with guarded(self.path):
            yield self.connection


@contextmanager
def opened(path: Path, stop: Event | None = None) -> Iterator[sqlite3.Connection]:
    """A separate connection for the calling thread. Raises StoreError, and StoppedError once `stop` is set."""
    file = HistoryFile(path)
    try:
        with file.guarded() as connection, stopping(connection, stop):
            connection.execute("PRAGMA temp_store = MEMORY")
            yield connection
    finally:
        file.close()


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns errors of the history at `path` into StoreError."""
    try:
        with explained(path, HISTORY.what):
            yield
    except DamagedHistoryError:
        raise
    except DamagedError as error:
        raise DamagedHistoryError(path, error) from error
