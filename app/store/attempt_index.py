"""The index of the history: by it attempts are filtered, sorted and searched for words, however many there are.

A file of its own beside the journal, so that sending never pays for it: it is brought up to date when it is asked for.
What it holds follows from the journal; lost, damaged or of another journal, it is made anew. Where no file can be
made it is a temporary one.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app.store.database import compact, explained, open_database, remove, transaction
from app.store.errors import DamagedError, StoppedError, StoreError
from app.store.index_rows import JOURNAL_ROW, OUTCOMES, Names, index_values, words_of
from app.store.schema import HISTORY_INDEX

_BATCH = 2000
_BUSY_SECONDS = 30.0
"""For so long another process is waited for that makes the index of a long history."""

_STEPS_BETWEEN_LOOKS = 20_000
_CACHE_KILOBYTES = 65_536
_SENDING = OUTCOMES["sending"]

_FIGURES = "started, outcome, code, event, key, status, account, profile, took"
_INDEXES = {
    # All that the figures of a query are made of, so that they need not be gathered from whole rows.
    "attempts_by_time": _FIGURES,
    **{
        f"attempts_by_{column}": column
        for column in (
            "outcome", "account", "profile", "event", "key", "status", "code", "took", "contact", "contact_end", "text"
        )
    },
}  # fmt: skip
"""By name; equal values of a column stand in its index in the order of recording."""

_CHANGED = """
SELECT number FROM journal.changes WHERE id > ?
UNION SELECT known.number FROM attempts AS known LEFT JOIN journal.attempts AS now ON now.number = known.number
WHERE known.outcome = ? AND now.outcome IS NOT 'sending'
"""
_NEWEST = "(SELECT coalesce(max(number), 0) FROM attempts)"

Progress = Callable[[int, int], None]
"""Told as (how much is done, how much there is)."""


@dataclass(frozen=True, slots=True)
class _State:
    """Which history is indexed, and up to which of its changes."""

    history: str
    last_change: int


def index_path(history: Path) -> Path:
    """Where the index of the history at this path is."""
    return history.with_name(f"{history.stem}-index.db")


def forget_in_index(history: Path) -> None:
    """Takes out of the index, and out of its bytes, what is gone from the history at this path. Raises StoreError."""
    if not index_path(history).exists():
        return
    index = AttemptIndex(history)
    try:
        index.catch_up()
        with index.guarded() as connection:
            connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            compact(connection, index.path)
    finally:
        index.close()


class AttemptIndex:
    """The index of one history, for use on one thread; the journal is attached to it, to be read only.

    Whoever asks it takes `connection` under `guarded`, after `catch_up`. Raises StoreError.
    """

    def __init__(self, history: Path, stop: Event | None = None) -> None:
        self._history = history
        self._stop = stop or Event()
        self.path = index_path(history)
        self.connection = self._opened()

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    @contextmanager
    def guarded(self) -> Iterator[sqlite3.Connection]:
        """The connection, for work whose errors become StoreError, and StoppedError once the stop is set."""
        try:
            with explained(self.path, HISTORY_INDEX.what):
                yield self.connection
        except DamagedError as error:
            raise StoreError(f"{error} It may be deleted: it is made anew from the history.") from error
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise StoppedError from error
            raise

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row of a statement."""
        with self.guarded() as connection:
            return connection.execute(sql, values).fetchall()

    def behind(self) -> int:
        """How many attempts are new or changed since the index was last brought up to date."""
        with self.guarded() as connection:
            state = self._state()
            newest = 0 if state is None else connection.execute(f"SELECT {_NEWEST}").fetchone()[0]
            new: int = connection.execute(
                "SELECT count(*) FROM journal.attempts WHERE number > ?", (newest,)
            ).fetchone()[0]
            return new + (0 if state is None else len(self._changed(state)))

    def catch_up(self, progress: Progress = lambda *_: None) -> None:
        """Brings the index up to date. What was done before it is stopped stays. Raises StoppedError."""
        total = self.behind()
        done = 0
        if total or not self._is_complete():
            with self.guarded() as connection:
                while batch := self._batch():
                    done += batch
                    progress(min(done, total), total)
                for name, columns in _INDEXES.items():
                    connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON attempts ({columns})")

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = self._file()
        except DamagedError:
            remove(self.path)
            connection = self._file()
        except StoreError:
            connection = _temporary()
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("ATTACH ? AS journal", (f"{self._history.absolute().as_uri()}?mode=ro",))
        connection.set_progress_handler(self._stop.is_set, _STEPS_BETWEEN_LOOKS)
        return connection

    def _file(self) -> sqlite3.Connection:
        return open_database(self.path, HISTORY_INDEX, busy_seconds=_BUSY_SECONDS)

    def _is_complete(self) -> bool:
        (made,) = self.connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'attempts'"
        ).fetchone()
        return bool(made == len(_INDEXES))

    def _state(self) -> _State | None:
        """How far the index is; None where it knows nothing of this history, or too much."""
        row = self.connection.execute(
            "SELECT history, last_change FROM state JOIN journal.identity ON identity.id = history "
            "WHERE last_change <= (SELECT coalesce(max(id), 0) FROM journal.changes)"
        ).fetchone()
        return None if row is None else _State(*row)

    def _changed(self, state: _State) -> Sequence[int]:
        rows = self.connection.execute(_CHANGED, (state.last_change, _SENDING))
        return [row["number"] for row in rows]

    def _batch(self) -> int:
        """Takes in what changed, and as many new attempts as one short transaction can; how many."""
        connection = self.connection
        with transaction(connection):
            state = self._state() or self._emptied()
            changed = self._changed(state)
            if len(changed) > self._rows() // 2:
                # To begin anew is less work than to take so many words out.
                state, changed = self._emptied(), ()
            names = Names(connection)
            newest = connection.execute(f"SELECT {_NEWEST}").fetchone()[0]
            for number in changed:
                before = self._remove(number)
                now = self._add(
                    connection.execute(f"SELECT {JOURNAL_ROW} WHERE number = ?", (number,)), names
                )
                if now != before:
                    self._mind_clocks(now)
            new = self._add(
                connection.execute(
                    f"SELECT {JOURNAL_ROW} WHERE number > ? ORDER BY number LIMIT ?", (newest, _BATCH)
                ),
                names,
            )
            self._mind_clocks(new)
            if changed:
                connection.execute(
                    "UPDATE state SET last_change = (SELECT coalesce(max(id), 0) FROM journal.changes)"
                )
        return len(new) + len(changed)

    def _rows(self) -> int:
        rows: int = self.connection.execute("SELECT count(*) FROM attempts").fetchone()[0]
        return rows

    def _mind_clocks(self, starts: Sequence[int]) -> None:
        """Keeps true by how much clocks were set back, for attempts that come after all others."""
        if not starts:
            return
        latest, setback = self.connection.execute("SELECT latest, setback FROM state").fetchone()
        for started in starts:
            setback = max(setback, latest - started)
            latest = max(latest, started)
        self.connection.execute("UPDATE state SET latest = ?, setback = ?", (latest, setback))

    def _remove(self, number: int) -> list[int]:
        """When what was removed had begun."""
        rows = self.connection.execute("SELECT started FROM attempts WHERE number = ?", (number,)).fetchall()
        for table, key in (("attempts", "number"), ("resends", "number"), ("words", "rowid")):
            self.connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (number,))
        return [row["started"] for row in rows]

    def _add(self, rows: sqlite3.Cursor, names: Names) -> list[int]:
        """When what was added began."""
        found = rows.fetchall()
        connection = self.connection
        connection.executemany(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [index_values(row, names) for row in found],
        )
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            [(row["number"], words_of(row)) for row in found],
        )
        connection.executemany(
            "INSERT INTO resends VALUES (?, ?)",
            [(row["number"], row["parent_id"]) for row in found if row["parent_id"] is not None],
        )
        return [row["started_at"] for row in found]

    def _emptied(self) -> _State:
        """The index as it begins, for the history that is there."""
        connection = self.connection
        (words,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
        connection.execute("DROP TABLE words")
        connection.execute(words)
        for name in _INDEXES:
            connection.execute(f"DROP INDEX IF EXISTS main.{name}")
        for table in ("state", "names", "attempts", "resends"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute(
            "INSERT INTO state (one, history, last_change) SELECT 1, id, (SELECT coalesce(max(id), 0) FROM journal.changes) FROM journal.identity"
        )
        return _State(*connection.execute("SELECT history, last_change FROM state").fetchone())


def _temporary() -> sqlite3.Connection:
    connection = sqlite3.connect("", isolation_level=None)
    for step in HISTORY_INDEX.steps:
        connection.executescript(step)
    return connection
