"""The history as a tester asks it: what a query finds, its figures, and which attempts sent which again.

Separate from `history`, which records: whatever is asked here goes to the index, which is brought up to date first.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event

from app.domain.attempt_statistics import AttemptStatistics
from app.domain.history_query import HistoryQuery
from app.domain.model import Attempt, Outcome
from app.store.found_window import FoundWindow, LaterWindow
from app.store.index.attempt_index import AttemptIndex, Progress
from app.store.index.figures import outcome_counts, statistics
from app.store.index.order import QueryOrder
from app.store.journal.file import HistoryFile
from app.store.journal.rows import NARROW, WHOLE, AttemptRow, narrow_row, whole_attempt
from app.store.journal.windows import newest_first
from app.store.text import restored, stored

_LONGEST_CHAIN = 1000
_PAGE = 50


class Past:
    """What is asked of the history at `path`: on one thread, unless a method says otherwise. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index: AttemptIndex | None = None

    def close(self) -> None:
        """Closes the index, if it was opened."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def behind(self) -> int:
        """How many attempts the index does not know yet, or not as they are now."""
        return self._opened().behind()

    def catch_up(self, progress: Progress = lambda *_: None, stop: Event | None = None) -> None:
        """Brings the index up to date, in any thread. Raises StoppedError; what was done stays."""
        with _index(self._path, stop) as index:
            index.catch_up(progress)

    def window(
        self, query: HistoryQuery, account: str | None, stop: Event | None = None
    ) -> FoundWindow[AttemptRow]:
        """What a query finds on one account (None: on all) now.

        With a `stop`, which ends its `prepare` and `settle` by StoppedError, it is a LaterWindow.
        """
        index = self._opened()
        if stop is None:
            index.catch_up()

        @contextmanager
        def apart() -> Iterator[QueryOrder]:
            with _index(self._path, stop) as own:
                own.catch_up()
                with own.snapshot():
                    yield QueryOrder(own, query, account)

        return (FoundWindow if stop is None else LaterWindow)(QueryOrder(index, query, account), apart)

    def attempts(
        self, query: HistoryQuery, account: str | None, stop: Event | None = None
    ) -> Iterator[Attempt]:
        """What it finds, whole, one after another, in any thread: they are read as they are asked for."""
        journal = HistoryFile(self._path)
        try:
            if query == HistoryQuery():
                yield from newest_first(journal, account)
                return
            with _index(self._path, stop) as index:
                index.catch_up()
                numbers = QueryOrder(index, query, account).stream()
                while page := list(islice(numbers, _PAGE)):
                    yield from _whole(journal, page)
        finally:
            journal.close()

    def counts(
        self, query: HistoryQuery, account: str | None, stop: Event | None = None
    ) -> Mapping[Outcome, int]:
        """How many of them have each outcome, in any thread. Raises StoppedError."""
        with _index(self._path, stop) as index:
            index.catch_up()
            with index.snapshot():
                return outcome_counts(index, QueryOrder(index, query, account))

    def statistics(
        self, query: HistoryQuery, account: str | None, most_buckets: int, stop: Event | None = None
    ) -> AttemptStatistics:
        """The picture of them, in any thread. Raises StoppedError."""
        with _index(self._path, stop) as index:
            index.catch_up()
            with index.snapshot():
                return statistics(index, QueryOrder(index, query, account), most_buckets)

    def chain(self, attempt_id: str) -> Sequence[AttemptRow]:
        """The attempts that sent one another again, this one among them, in the order of recording."""
        index = self._opened()
        index.catch_up()
        first = self._first(index, attempt_id)
        found = {first: None}
        waiting = [first]
        while waiting and len(found) < _LONGEST_CHAIN:
            rows = index.all(
                "SELECT attempt_id FROM resends JOIN journal.attempts USING (number) WHERE parent = ?",
                stored(waiting.pop()),
            )
            new = [restored(row["attempt_id"]) for row in rows]
            waiting += [one for one in new if one not in found]
            found |= dict.fromkeys(new)
        return self._rows(index, list(found))

    def _first(self, index: AttemptIndex, attempt_id: str) -> str:
        seen = {attempt_id}
        while rows := index.all(
            "SELECT parent_id FROM journal.attempts WHERE attempt_id = ? AND parent_id IS NOT NULL",
            stored(attempt_id),
        ):
            attempt_id = restored(rows[0]["parent_id"])
            if attempt_id in seen:
                break
            seen.add(attempt_id)
        return attempt_id

    def _rows(self, index: AttemptIndex, attempt_ids: Sequence[str]) -> Sequence[AttemptRow]:
        marks = ", ".join("?" * len(attempt_ids))
        rows = index.all(
            f"SELECT {NARROW} FROM journal.attempts WHERE attempt_id IN ({marks}) ORDER BY number",
            *map(stored, attempt_ids),
        )
        return [narrow_row(row) for row in rows]

    def _opened(self) -> AttemptIndex:
        if self._index is None:
            self._index = AttemptIndex(self._path)
        return self._index


def _whole(journal: HistoryFile, numbers: Sequence[int]) -> Sequence[Attempt]:
    listed = ", ".join(map(str, numbers))
    found = {
        row["number"]: whole_attempt(row) for row in journal.all(f"SELECT {WHOLE} WHERE number IN ({listed})")
    }
    return [found[number] for number in numbers if number in found]


@contextmanager
def _index(path: Path, stop: Event | None) -> Iterator[AttemptIndex]:
    """An index of one's own, for the thread that asks."""
    index = AttemptIndex(path, stop)
    try:
        yield index
    finally:
        index.close()
