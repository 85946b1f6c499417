"""The trigger ids that an account has accepted, in a separate file: the account's database is read-only."""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from app.sandbox.accounts.database import AccountDatabaseError

MAX_TRIGGER_IDS = 1_000_000

# A power failure may lose a sandbox's ids, so nothing waits for the disk.
_OPEN = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-1000;
CREATE TABLE IF NOT EXISTS accepted (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
"""


class AcceptedTriggers:
    """The accepted trigger ids, kept in `file`, or in memory if it is None.

    The file keeps the newest `kept` ids. Raises AccountDatabaseError if it cannot be written.
    """

    def __init__(self, file: Path | None, kept: int = MAX_TRIGGER_IDS) -> None:
        try:
            self._db = _open(":memory:", kept) if file is None else _open_file(file, kept)
        except (OSError, sqlite3.Error) as error:
            raise AccountDatabaseError(f"The sandbox cannot write {file}: {error}.") from error

    def add(self, trigger_ids: Iterable[str]) -> tuple[str, ...]:
        """Adds trigger ids; returns those accepted before, or earlier in the same batch."""
        # GUESS: A repeated `trigger_id` is answered 200 `OK`, for the whole account and without end
        with self._db:
            return tuple([trigger_id for trigger_id in trigger_ids if not self._is_new(trigger_id)])

    def _is_new(self, trigger_id: str) -> bool:
        digest = hashlib.blake2b(trigger_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        inserted = self._db.execute("INSERT OR IGNORE INTO accepted (digest) VALUES (?)", (digest,))
        return inserted.rowcount == 1

    def clear(self) -> None:
        with self._db:
            self._db.execute("DELETE FROM accepted")

    def close(self) -> None:
        self._db.close()


def _open_file(file: Path, kept: int) -> sqlite3.Connection:
    file.touch(mode=0o600)
    try:
        return _open(file, kept)
    except sqlite3.OperationalError:  # such as a lock of another process
        raise
    except sqlite3.DatabaseError:
        # A damaged file is useless: an empty one replaces it.
        for leftover in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            leftover.unlink(missing_ok=True)
        file.touch(mode=0o600)
        return _open(file, kept)


def _open(file: Path | str, kept: int) -> sqlite3.Connection:
    db = sqlite3.connect(file, check_same_thread=False)
    try:
        db.executescript(_OPEN)
        with db:
            db.execute("DELETE FROM accepted WHERE n <= (SELECT max(n) FROM accepted) - ?", (kept,))
    except sqlite3.Error:
        db.close()
        raise
    return db
