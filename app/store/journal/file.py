"""The open file of the history: every statement goes through here, so that damage is met in one place.

A damaged history is never touched: it is the person's to set aside.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.store.database import BUSY_SECONDS, DamagedError, explained, open_database
from app.store.schema import HISTORY


class DamagedHistoryError(DamagedError):
    """The history at `path` is damaged; `database.set_aside` renames it, once the person has agreed."""

    def __init__(self, path: Path, cause: DamagedError) -> None:
        self.path = path
        super().__init__(
            f"{cause} Nothing is sent until it is set aside under another name: the dashboard asks whether it may, "
            f"or rename {path.name} and {path.name}-wal by hand."
        )


class HistoryFile:
    """One connection to the history. Raises StoreError, DamagedHistoryError among them."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        with guarded(path):
            self.connection = open_database(path, HISTORY, busy_seconds=busy_seconds)
        self.connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    @contextmanager
    def guarded(self) -> Iterator[sqlite3.Connection]:
        """The connection, for work whose errors become StoreError."""
        with guarded(self.path):
            yield self.connection

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row of a statement."""
        with self.guarded() as connection:
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a statement; None where it has none."""
        with self.guarded() as connection:
            row: sqlite3.Row | None = connection.execute(sql, values).fetchone()
        return row


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns what goes wrong with the history at `path` into StoreError."""
    try:
        with explained(path, HISTORY.what):
            yield
    except DamagedHistoryError:
        raise
    except DamagedError as error:
        raise DamagedHistoryError(path, error) from error
