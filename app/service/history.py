"""The tester's verbs over the history: find, count, picture, follow, compare, note, take out.

Separate from `desk`, which sends. A query is a `HistoryQuery`, which `domain.history_query.parse_query` reads and which
holds its order (`sort:-took`; or `query._replace(order=Order(...))`). It is asked of the live account,
unless it names a profile or all accounts are asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from threading import Event
from typing import IO

from app.domain.attempt_export import FORMATS
from app.domain.attempt_statistics import AttemptStatistics
from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery
from app.domain.masking import NO_MASK, Mask
from app.domain.model import Attempt, Outcome
from app.domain.ticket import ticket
from app.service import resolution
from app.service.live import LiveAccount
from app.service.masking import open_mask
from app.store.attempts import AttemptRow
from app.store.errors import StoppedError
from app.store.row_ids import RowIds, Rows

__all__ = ["AttemptHistory", "AttemptRow", "RowIds", "Rows", "StoppedError", "neighbours"]

EVERYTHING = HistoryQuery()
MOST_BUCKETS = 60


def neighbours(rows: RowIds[AttemptRow], row: AttemptRow) -> tuple[AttemptRow | None, AttemptRow | None]:
    """The attempts before and after one; None at an end, or if it is not listed."""
    position = rows.position(row)
    if position is None:
        return None, None
    if rows.is_unread(position + 1):
        rows.read_all()
    before = rows.rows(position - 1, 1) if position else ()
    return next(iter(before), None), next(iter(rows.rows(position + 1, 1)), None)


class AttemptHistory:
    """What is asked of the history. Raises StoreError; what takes a `stop` raises StoppedError once it is set."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._history = account.history
        self._search = account.history.search

    # Finding

    def attempts(
        self, query: HistoryQuery = EVERYTHING, *, all_accounts: bool = False, stop: Event | None = None
    ) -> RowIds[AttemptRow]:
        """The attempts that a query finds now, to be read in a worker, which `stop` ends."""
        return self._search.rows(query, self._account(query, all_accounts), stop)

    def counts(
        self, query: HistoryQuery = EVERYTHING, *, all_accounts: bool = False, stop: Event | None = None
    ) -> Mapping[Outcome, int]:
        """How many of what a query finds have each outcome, in any thread; without those that none has."""
        return self._search.counts(query, self._account(query, all_accounts), stop)

    def statistics(
        self,
        query: HistoryQuery = EVERYTHING,
        *,
        all_accounts: bool = False,
        most_buckets: int = MOST_BUCKETS,
        stop: Event | None = None,
    ) -> AttemptStatistics:
        """The picture of what a query finds, in any thread; the time in at most `most_buckets` spans."""
        return self._search.statistics(query, self._account(query, all_accounts), most_buckets, stop)

    def chain(self, attempt_id: str) -> Sequence[AttemptRow]:
        """The attempts that sent one another again, this one among them, the first one first."""
        return self._search.chain(attempt_id)

    def before(self, attempt: Attempt) -> AttemptRow | None:
        """The attempt before it on the same external id by the same key field; None for the first."""
        return self._search.before(attempt.attempt_id)

    def list_attempts(
        self,
        limit: int,
        *,
        all_accounts: bool = False,
        query: HistoryQuery = EVERYTHING,
        stop: Event | None = None,
    ) -> Iterator[Attempt]:
        """What a query finds, whole, one after another, in any thread; limit 0: all. Memory does not grow with them."""
        account = self._account(query, all_accounts)
        found = self._search.attempts(query, account, stop)
        return islice(found, limit) if limit else found

    def unsettled(self) -> int:
        """How many attempts on this account are unknown, with nobody having said whether they arrived."""
        return self._history.unsettled(self._live.key)

    def changed(self) -> bool:
        """Whether another process wrote to the history since this was last asked."""
        return self._history.changed()

    def recover(self) -> int:
        """Makes `unknown` what is under way in processes that have ended; the number of such attempts.

        Reads a little and writes only where there are some: fit to be asked now and then.
        """
        return self._history.recover()

    # One attempt

    def attempt(self, attempt_id: str) -> Attempt | None:
        """One attempt, whole."""
        return self._history.get(attempt_id)

    def request_body(self, attempt_id: str) -> bytes:
        """The bytes that were sent as the body of an attempt's request."""
        return self._history.request_body(attempt_id)

    def find_attempt(self, reference: str) -> Attempt:
        """The one attempt of any account with this id or reference, or whose id begins so. Raises AttemptError."""
        return resolution.find(self._history, reference)

    def note(self, attempt_id: str, text: str) -> Attempt:
        """Writes a note to an attempt, in place of an earlier one; '' takes it away. Raises AttemptError."""
        attempt = resolution.find(self._history, attempt_id)
        resolution.check_note(text)
        return self._history.note(attempt.attempt_id, text or None)

    def ticket(self, attempt: Attempt, *, masked: bool = True) -> str:
        """An attempt as a ticket in Markdown, with its request as a cURL command; personal data masked unless told
        otherwise. Raises MaskKeyError."""

        mask = self.mask() if masked else NO_MASK
        return ticket(mask.attempt(attempt), self._live.cache, self._described(attempt, mask))

    def mask(self) -> Mask:
        """The mask of this home. Raises MaskKeyError."""
        return open_mask(self._history.path.parent)

    def export(
        self,
        query: HistoryQuery,
        format_name: str,
        file: IO[str],
        progress: Callable[[int], None] = lambda _: None,
        stop: Event | None = None,
        *,
        all_accounts: bool = False,
        mask: Mask | None = None,
    ) -> int:
        """Writes what a query finds to a file, in any thread, as `csv`, `json`, `jsonl` or `markdown`; how many.

        `progress` is told how many are written. The file should be opened with `newline=""`; what was written to it
        before this was stopped stays in it. Raises OSError where it cannot be written.
        """
        done = 0

        def counted() -> Iterator[Attempt]:
            nonlocal done
            for attempt in self.list_attempts(0, all_accounts=all_accounts, query=query, stop=stop):
                if stop is not None and stop.is_set():
                    raise StoppedError
                done += 1
                progress(done)
                yield attempt if mask is None else mask.attempt(attempt)

        for line in FORMATS[format_name](counted()):
            file.write(f"{line}\n")
        return done

    def _account(self, query: HistoryQuery, all_accounts: bool) -> str | None:
        return None if all_accounts or query.names_profile else self._live.key

    def _described(self, attempt: Attempt, mask: Mask) -> Mapping[str, object] | str:
        if attempt.account != self._live.key:
            return f"It was sent with the profile {attempt.profile}, which is not the live one: its address is not known here."
        try:
            return self._live.client.describe(mask.request(attempt.request))
        except AppError as error:
            return str(error)
