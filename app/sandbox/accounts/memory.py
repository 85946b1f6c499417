"""The trigger ids that an account has accepted, in a file of their own: the account's database is never written.

A repeat of one is answered like the first and not processed again. That the window is
unlimited and the scope the account is an assumption; the newest million are kept.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.sandbox.accounts.build import AccountDatabaseError

KEPT = 1_000_000
PRUNE_EVERY = 10_000
GATHERED_S = 0.02

# What is lost with the power is only the memory of a scenarios, so nothing waits for the disk.
_OPEN = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-1000;
CREATE TABLE IF NOT EXISTS accepted (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
"""


class TriggerMemory:
    """The accepted trigger ids of one account. Raises AccountDatabaseError where the file cannot be written."""

    def __init__(self, file: Path) -> None:
        self._gathers = False
        try:
            file.touch(mode=0o600)
            self._db = _opened(file)
        except sqlite3.DatabaseError:
            self._db = _anew(file)
        except OSError as error:
            raise AccountDatabaseError(f"The sandbox cannot write {file}: {error}.") from error

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Within the block, what comes in a burst is written together, 20 ms after its first.

        For a server alone: whoever runs one loop after another would leave a burst unwritten.
        """
        self._gathers = True
        try:
            yield
        finally:
            self._gathers = False
            self._write()

    def repeat(self, trigger_id: str) -> bool:
        """Remembers a trigger id; whether it had been accepted before."""
        if self._gathers and not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
            asyncio.get_running_loop().call_later(GATHERED_S, self._write)
        return self._known(trigger_id)

    def repeats(self, trigger_ids: Iterable[str]) -> tuple[str, ...]:
        """Remembers the trigger ids of a batch; those that had been accepted before, or earlier in it."""
        gathered = self._db.in_transaction
        if not gathered:
            self._db.execute("BEGIN IMMEDIATE")
        try:
            return tuple(trigger_id for trigger_id in trigger_ids if self._known(trigger_id))
        finally:
            if not gathered:
                self._write()

    def _known(self, trigger_id: str) -> bool:
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO accepted (digest) VALUES (?)", (_digest(trigger_id),)
        )
        if cursor.rowcount and cursor.lastrowid and cursor.lastrowid % PRUNE_EVERY == 0:
            self._db.execute("DELETE FROM accepted WHERE n <= ?", (cursor.lastrowid - KEPT,))
        return cursor.rowcount == 0

    def _write(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def forget(self) -> None:
        """Forgets every trigger id."""
        self._db.execute("DELETE FROM accepted")

    def close(self) -> None:
        """Writes what is left, and closes the file."""
        self._write()
        self._db.close()


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        db.executescript(_OPEN)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _anew(file: Path) -> sqlite3.Connection:
    """A memory that cannot be read is worth nothing, and begun again."""
    for leftover in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        leftover.unlink(missing_ok=True)
    try:
        return _opened(file)
    except sqlite3.Error as error:
        raise AccountDatabaseError(f"The sandbox cannot write {file}: {error}.") from error


def _digest(trigger_id: str) -> bytes:
    return hashlib.blake2b(trigger_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
