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
from app.store.index.filling import Filling
from app.store.index.previous import AllBefore
from app.store.index.rows import OUTCOMES
from app.store.index.words import merge_words, words_come
from app.store.schema import HISTORY_INDEX

_BATCH = 20_000
"""How many attempts one transaction takes in: the fewer, the more often the word index is merged."""

_BUSY_SECONDS = 30.0
"""How long another process is waited for that is making the index of a long history."""

_STEPS_BETWEEN_LOOKS = 20_000
_MANY = 1000
_CACHE_KILOBYTES = 65_536
_SENDING = OUTCOMES["sending"]

_INDEXES = {
    "attempts_by_time": "started",
    **{
        f"attempts_by_{column}": column
        for column in (
            "outcome", "account", "profile", "event", "key", "status", "code", "previous", "settled", "took",
            "contact", "contact_end", "text",
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
            _with_room(connection)
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

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read within it is of one moment, whatever others take in meanwhile."""
        if self.connection.in_transaction:
            yield
            return
        with self.guarded(), transaction(self.connection, temporary=True):
            yield

    def look(self) -> None:
        """Raises StoppedError once the stop is set: for work that SQLite does not see."""
        if self._stop.is_set():
            raise StoppedError

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
        if not total and self._is_complete():
            return
        with self.guarded() as connection:
            if total > _MANY or not self._is_complete():
                _with_room(connection)
            self._make_ready()
            befores = None if self._is_complete() else AllBefore(connection)
            done = 0

            def told(more: int) -> None:
                progress(min(done + more, total), total)

            while batch := self._batch(befores, told):
                done += batch
            if not self._is_complete():
                self._complete()

    def _make_ready(self) -> None:
        """Empties the index where that is less work than to mend it, and frees it of its indexes where much is new."""
        with transaction(self.connection) as connection:
            state = self._state()
            (rows,) = connection.execute("SELECT coalesce(sum(attempts), 0) FROM facts").fetchone()
            if state is None or len(self._changed(state)) > rows // 2:
                self._emptied()
            elif self.behind() > max(rows, _BATCH):
                self._drop_indexes()
            if not self._is_complete():
                words_come(self.connection)

    def _complete(self) -> None:
        """Makes the indexes once all rows are there, which is faster by far than row after row."""
        befores = AllBefore(self.connection)
        with transaction(self.connection) as connection:
            filling = Filling(connection, befores)
            filling.check_previous(befores)
            filling.finish()
            for name, columns in _INDEXES.items():
                connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON attempts ({columns})")
        merge_words(self.connection)

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = self._file()
        except DamagedError:
            remove(self.path)
            connection = self._file()
        except StoreError:
            connection = _temporary()
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        with explained(self._history, "history"):  # it may have been removed meanwhile
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

    def _batch(self, befores: AllBefore | None, progress: Callable[[int], None]) -> int:
        """Takes in what changed, and as many new attempts as one short transaction can; how many."""
        connection = self.connection
        with transaction(connection):
            changed = self._changed(self._state() or self._emptied())
            filling = Filling(connection, befores)
            newest = connection.execute(f"SELECT {_NEWEST}").fetchone()[0]
            filling.take_anew(changed)
            new = filling.take_new(newest, _BATCH, lambda done: progress(done + len(changed)))
            filling.finish()
            if changed:
                connection.execute(
                    "UPDATE state SET last_change = (SELECT coalesce(max(id), 0) FROM journal.changes)"
                )
        return new + len(changed)

    def _drop_indexes(self) -> None:
        for name in _INDEXES:
            self.connection.execute(f"DROP INDEX IF EXISTS main.{name}")

    def _emptied(self) -> _State:
        """The index as it begins, for the history that is there."""
        connection = self.connection
        (words,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
        connection.execute("DROP TABLE words")
        connection.execute(words)
        self._drop_indexes()
        for table in ("state", "names", "attempts", "resends", "facts", "parts"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute(
            "INSERT INTO state (one, history, last_change) SELECT 1, id, (SELECT coalesce(max(id), 0) FROM journal.changes) FROM journal.identity"
        )
        return _State(*connection.execute("SELECT history, last_change FROM state").fetchone())


def _with_room(connection: sqlite3.Connection) -> None:
    """More memory for whoever writes much. Reading is no faster for it, and what a thread took stays taken."""
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")


def _temporary() -> sqlite3.Connection:
    connection = sqlite3.connect("", isolation_level=None)
    for step in HISTORY_INDEX.steps:
        connection.executescript(step)
    return connection
