"""The history of one account as the screens read it: filtered, sorted, masked in privacy mode.

The screens pass one object on to each other, so that all of them show the same rows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import IO, NamedTuple, TypeVar

from app.domain.attempt_export import FORMATS
from app.domain.attempt_statistics import AttemptStatistics
from app.domain.errors import AppError
from app.domain.history_query import Clock, HistoryQuery, parse_query
from app.domain.masking import NO_MASK
from app.domain.model import Attempt, Outcome
from app.service.history import AttemptRow, RowIds, StoppedError, neighbours
from app.service.session import Session
from app.tui.privacy import PrivacyMode

Result = TypeVar("Result")

PAIR = 2
"""The number of attempts in a comparison."""

TICKET, OPEN_TICKET = TICKETS = ("ticket", "open ticket")


class GoneError(AppError):
    """There is no such attempt, or no longer."""


class Opened(NamedTuple):
    """One attempt in full, masked in privacy mode, with its request body and the chain of its resends."""

    row: AttemptRow
    attempt: Attempt
    body: bytes
    chain: Sequence[AttemptRow]


class Past:
    """Reads the history, and writes notes. Raises AppError if the history cannot be read."""

    def __init__(self, service: Session, veil: PrivacyMode) -> None:
        self._service = service
        self._veil = veil
        self._window: RowIds[AttemptRow] | None = None
        self._outdated = Event()
        self._finding = asyncio.Lock()
        self.line = ""
        self.query = HistoryQuery()

    @property
    def field_name(self) -> Callable[[str], str | None]:
        """The function that returns the name of a contact field for its id."""
        return self._service.contacts.field_name

    @property
    def keep_copy(self) -> Callable[[str], Path]:
        """The function that saves a copied text to a file. It raises AppError."""
        return self._service.keep_copy

    @property
    def is_masked(self) -> bool:
        return self._veil.is_on

    # Matching attempts

    def ask(self, line: str) -> None:
        """Sets the filter. Raises QueryFaultError and keeps the old filter if the line is invalid."""

        self.query = parse_query(line, Clock(datetime.now(UTC)))
        self.line = line

    def window(self) -> RowIds[AttemptRow]:
        """The attempts that match the filter now, in its order."""
        if self.line:
            self.ask(self.line)  # the start of a span such as 1h moves on
        self._outdated.set()
        self._outdated = Event()
        self._window = self._service.history.attempts(self.query, stop=self._outdated)
        return self._window

    async def find(self, row: AttemptRow | None) -> RowIds[AttemptRow] | None:
        """Like `window`, with the first rows read, and those up to `row`; one search at a time.

        Returns None if a newer window was opened meanwhile.
        """
        window = self.window()
        async with self._finding:
            with contextlib.suppress(StoppedError):
                if window is self._window:
                    await asyncio.to_thread(window.read_first, row)
        return window if window is self._window else None

    @property
    def total(self) -> int | None:
        """The number of attempts in the newest window; None until it is known."""
        return None if self._window is None else self._window.total

    async def settle(self) -> None:
        """Counts the attempts in the newest window if their number is not known yet."""
        if self._window is not None and self.total is None:
            with contextlib.suppress(StoppedError):  # a newer window was opened
                await asyncio.to_thread(self._window.count)

    async def counts(self) -> Mapping[Outcome, int]:
        """The number of matching attempts by outcome. Raises StoppedError once a newer window is opened."""
        query, outdated = self.query, self._outdated
        found = await _apart(lambda stop: self._service.history.counts(query, stop=stop), outdated)
        if outdated.is_set():
            raise StoppedError
        return found

    async def statistics(self, most_buckets: int) -> AttemptStatistics:
        """The statistics of the matching attempts."""
        query = self.query
        return await _apart(
            lambda stop: self._service.history.statistics(query, most_buckets=most_buckets, stop=stop)
        )

    # One attempt

    def attempt(self, attempt_id: str) -> Attempt | None:
        """One attempt, masked in privacy mode; None if it is gone."""
        found = self._service.history.attempt(attempt_id)
        return None if found is None else self._veil.attempt(found)

    def opened(self, row: AttemptRow) -> Opened | None:
        """The attempt of a row in full; None if it is gone."""
        attempt = self._service.history.attempt(row.attempt_id)
        if attempt is None:
            return None
        body = self._veil.body(attempt, self._service.history.request_body(row.attempt_id))
        return Opened(row, self._veil.attempt(attempt), body, self._chain(attempt))

    def beside(self, row: AttemptRow, step: int) -> Opened | None:
        """The matching attempt above (-1) or below (1); None at an end."""
        before, after = neighbours(self._window or self.window(), row)
        found = after if step > 0 else before
        return None if found is None else self.opened(found)

    def compared(self, marked: Sequence[str], row: AttemptRow | None) -> tuple[Attempt, Attempt]:
        """The attempts to compare: the two marked, the marked one and the row, or the row and the one before.

        Raises GoneError, which says what to do, if there are not two.
        """
        ids = list(marked)
        if row is not None and len(ids) < PAIR and row.attempt_id not in ids:
            ids.append(row.attempt_id)
        if row is not None and len(ids) < PAIR:
            ids.append(self._before(row))
        found = [one for one in map(self.attempt, ids) if one is not None]
        if len(found) != PAIR:
            raise GoneError("One of the two is no longer in the history.")
        return found[0], found[1]

    def _before(self, row: AttemptRow) -> str:
        """The id of the attempt before it on the same external id and key field. Raises GoneError."""
        attempt = self._service.history.attempt(row.attempt_id)
        before = None if attempt is None else self._service.history.before(attempt)
        if before is None:
            raise GoneError("Nothing was sent to this contact before. Mark the attempt to compare with.")
        return before.attempt_id

    def note(self, row: AttemptRow, text: str) -> Opened | None:
        """Sets the note of an attempt, '' for none, and returns the attempt; None if it is gone."""
        self._service.history.note(row.attempt_id, text)
        return self.opened(row)

    def _chain(self, attempt: Attempt) -> Sequence[AttemptRow]:
        return self._service.history.chain(attempt.attempt_id)

    # Export

    def written(self, row: AttemptRow, form: str) -> str:
        """One attempt as text, masked in privacy mode; a ticket is always masked. Raises GoneError.

        `form` is `ticket`, `open ticket`, which is masked only in privacy mode, or a format of the history.
        """
        attempt = self._service.history.attempt(row.attempt_id)
        if attempt is None:
            raise GoneError("This attempt is no longer in the history.")
        if form in TICKETS:
            return self._service.history.ticket(attempt, masked=form == TICKET or self.is_masked)

        return "".join(f"{line}\n" for line in FORMATS[form]([self._veil.attempt(attempt)]))

    async def export(self, form: str, file: IO[str], progress: Callable[[int], None]) -> int:
        """Writes the matching attempts, masked in privacy mode; returns their number. Raises OSError."""

        query, mask = self.query, self._service.history.mask() if self.is_masked else NO_MASK
        return await _apart(
            lambda stop: self._service.history.export(query, form, file, progress, stop, mask=mask)
        )


async def _apart(work: Callable[[Event], Result], stop: Event | None = None) -> Result:
    """Runs `work` in a thread and returns its result. Cancelled, it sets `stop` and waits for `work`."""
    stop = stop or Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(AppError):
            await working
        raise
