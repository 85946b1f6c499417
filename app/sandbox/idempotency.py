"""What an account has accepted, in a separate file: trigger ids and triggers. The account's database is read-only."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.sandbox.accounts.account import unwritable
from app.store.database import compact, use_log

# A power failure may lose a sandbox's triggers, so nothing waits for the disk.
_OPEN = "PRAGMA synchronous=OFF; PRAGMA cache_size=-1000;"
# Files of the first version hold the table `accepted` without the column `at`.
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS accepted (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE)",
    "ALTER TABLE accepted ADD COLUMN at REAL NOT NULL DEFAULT 0",
    "CREATE TABLE triggered (n INTEGER PRIMARY KEY, at REAL, contact_id TEXT, line TEXT)",
    "CREATE INDEX triggered_contact ON triggered (contact_id)",
    "PRAGMA user_version=1",
)
_REMEMBER = """
INSERT INTO accepted (digest, at) VALUES (?, ?)
ON CONFLICT (digest) DO UPDATE SET at = excluded.at WHERE at <= ?"""


Mentions = Callable[[str, tuple[str, str]], bool]
"""Whether a text names a person, or a key id with a value finds them."""


class Accepted(NamedTuple):
    """One contact for whom an event was accepted; `data` is the event data as received."""

    event_id: str
    key_id: str
    external_id: str
    contact_id: str
    trigger_id: str | None
    data: object


@dataclass(frozen=True, slots=True)
class ReachedContact:
    at: float
    contact_id: str
    event_id: str
    external_id: str


class AcceptedTriggers:
    """The accepted triggers, in `file` or in memory; a trigger id is known for `remember_s` seconds."""

    def __init__(self, file: Path | None, remember_s: float | None = None) -> None:
        self._remember_s = remember_s
        self._path = file or Path(":memory:")
        try:
            self._db = _open(":memory:") if file is None else _open_file(file)
        except (OSError, sqlite3.Error) as error:
            raise unwritable(self._path, error) from error

    def add(self, accepted: Sequence[Accepted], at: float) -> tuple[str, ...]:
        """Adds triggers; returns the trigger ids accepted before, or earlier in the same batch."""
        # GUESS: A repeated `trigger_id` is answered 200 `OK`, for the whole account and without end
        moment = datetime.fromtimestamp(at, UTC).isoformat()
        with self._db:
            known = [one.trigger_id is not None and self._remember(one.trigger_id, at) for one in accepted]
            rows = [
                (at, one.contact_id, json.dumps({"at": moment, **one._asdict(), "deduplicated": is_known}))
                for one, is_known in zip(accepted, known, strict=True)
            ]
            self._db.executemany("INSERT INTO triggered (at, contact_id, line) VALUES (?, ?, ?)", rows)
        ids = [one.trigger_id for one, is_known in zip(accepted, known, strict=True) if is_known]
        return tuple(trigger_id for trigger_id in ids if trigger_id is not None)

    def _remember(self, trigger_id: str, at: float) -> bool:
        digest = hashlib.blake2b(trigger_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        forgotten = -1.0 if self._remember_s is None else at - self._remember_s
        return self._db.execute(_REMEMBER, (digest, at, forgotten)).rowcount == 0

    def lines(self, wanted: Mapping[str, str]) -> Iterator[str]:
        """The triggers whose members have the `wanted` texts, as JSON Lines, oldest first."""
        for (line,) in self._db.execute("SELECT line FROM triggered ORDER BY n"):
            members = json.loads(line) if wanted else {}
            if all(members[name] == text for name, text in wanted.items()):
                yield f"{line}\n"

    def launches(self, contact_ids: Sequence[str | None]) -> list[ReachedContact]:
        rows = self._db.execute(
            "SELECT at, line FROM triggered WHERE contact_id IN (SELECT value FROM json_each(?)) ORDER BY n",
            (json.dumps(contact_ids),),
        )
        return _launches(rows)

    def newest(self, limit: int) -> list[ReachedContact]:
        """Those of the newest `limit` triggers that were processed, newest first."""
        rows = self._db.execute("SELECT at, line FROM triggered ORDER BY n DESC LIMIT ?", (limit,))
        return _launches(rows)

    def forget(self, mentions: Mentions) -> None:
        """Removes the triggers of a person, down to the bytes of the file. Raises StoreError."""
        found = []
        try:
            for number, line in self._db.execute("SELECT n, line FROM triggered"):
                members = json.loads(line)
                if mentions(line, (members["key_id"], members["external_id"])):
                    found.append((number,))
            with self._db:
                self._db.executemany("DELETE FROM triggered WHERE n = ?", found)
            compact(self._db, self._path)
        except sqlite3.Error as error:
            raise unwritable(self._path, error) from error

    def clear(self) -> None:
        with self._db:
            self._db.execute("DELETE FROM accepted")
            self._db.execute("DELETE FROM triggered")

    def close(self) -> None:
        self._db.close()


def _launches(rows: Iterable[tuple[float, str]]) -> list[ReachedContact]:
    found = ((at, json.loads(line)) for at, line in rows)
    return [
        ReachedContact(at, m["contact_id"], m["event_id"], m["external_id"])
        for at, m in found
        if not m["deduplicated"]
    ]


def _open_file(file: Path) -> sqlite3.Connection:
    file.touch(mode=0o600)
    try:
        return _open(file)
    except sqlite3.OperationalError:  # such as a lock of another process
        raise
    except sqlite3.DatabaseError:
        # A damaged file is useless: an empty one replaces it.
        for leftover in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            leftover.unlink(missing_ok=True)
        file.touch(mode=0o600)
        return _open(file)


def _open(file: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(file, check_same_thread=False)
    try:
        use_log(db)
        db.executescript(_OPEN)
        with db:
            db.execute("BEGIN IMMEDIATE")
            if db.execute("PRAGMA user_version").fetchone() == (0,):
                for statement in _SCHEMA:
                    db.execute(statement)
    except sqlite3.Error:
        db.close()
        raise
    return db
