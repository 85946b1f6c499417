"""The history of one account as the screens read it: what the filter leaves of it, in its order, behind the veil.

One object that screens hand to each other, so that none of them needs the service, and every one shows the same rows.
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
"""As many attempts as are compared."""

TICKET, OPEN_TICKET = TICKETS = ("ticket", "open ticket")


class GoneError(AppError):
    """An attempt that is not there, or no longer."""


class Opened(NamedTuple):
    """One attempt to be shown whole, masked where persons are: the bytes that were sent, and its chain of re-sends."""

    row: AttemptRow
    attempt: Attempt
    body: bytes
    chain: Sequence[AttemptRow]


class Past:
    """Reads; the only thing it writes is a note. Raises AppError where the history cannot be read."""

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
        """The name of a contact field by its id."""
        return self._service.contacts.field_name

    @property
    def keep_copy(self) -> Callable[[str], Path]:
        """Keeps a text that is copied in a file. Raises AppError."""
        return self._service.keep_copy

    @property
    def is_masked(self) -> bool:
        """Whether persons are masked."""
        return self._veil.is_on

    # What the filter leaves

    def ask(self, line: str) -> None:
        """The filter from now on. Raises QueryFaultError, and then it stays what it was."""

        self.query = parse_query(line, Clock(datetime.now(UTC)))
        self.line = line

    def window(self) -> RowIds[AttemptRow]:
        """The attempts that the filter leaves, in its order, as they are now."""
        if self.line:
            self.ask(self.line)  # a span such as 1h begins later every minute
        self._outdated.set()
        self._outdated = Event()
        self._window = self._service.history.attempts(self.query, stop=self._outdated)
        return self._window

    async def find(self, row: AttemptRow | None) -> RowIds[AttemptRow] | None:
        """The same, its first rows found and as far as `row`, however long that takes; no two at a time.

        None where another window was asked for meanwhile.
        """
        window = self.window()
        async with self._finding:
            with contextlib.suppress(StoppedError):
                if window is self._window:
                    await asyncio.to_thread(window.read_first, row)
        return window if window is self._window else None

    @property
    def total(self) -> int | None:
        """How many attempts the window has that was asked for last; None while that is not known."""
        return None if self._window is None else self._window.total

    async def settle(self) -> None:
        """Finds out how many attempts the window has that was asked for last, where that is not known yet."""
        if self._window is not None and self.total is None:
            with contextlib.suppress(StoppedError):  # by a window that was asked for meanwhile
                await asyncio.to_thread(self._window.count)

    async def counts(self) -> Mapping[Outcome, int]:
        """How many of them have each outcome. Raises StoppedError once another window is asked for."""
        query, outdated = self.query, self._outdated
        found = await _apart(lambda stop: self._service.history.counts(query, stop=stop), outdated)
        if outdated.is_set():
            raise StoppedError
        return found

    async def statistics(self, most_buckets: int) -> AttemptStatistics:
        """The picture of them."""
        query = self.query
        return await _apart(
            lambda stop: self._service.history.statistics(query, most_buckets=most_buckets, stop=stop)
        )

    # One attempt

    def attempt(self, attempt_id: str) -> Attempt | None:
        """One attempt, masked where persons are; None where it is gone."""
        found = self._service.history.attempt(attempt_id)
        return None if found is None else self._veil.attempt(found)

    def opened(self, row: AttemptRow) -> Opened | None:
        """The attempt of a row, whole; None where it is gone."""
        attempt = self._service.history.attempt(row.attempt_id)
        if attempt is None:
            return None
        body = self._veil.body(attempt, self._service.history.request_body(row.attempt_id))
        return Opened(row, self._veil.attempt(attempt), body, self._chain(attempt))

    def beside(self, row: AttemptRow, step: int) -> Opened | None:
        """The attempt above (-1) or below (1) within the filter; None past an end."""
        before, after = neighbours(self._window or self.window(), row)
        found = after if step > 0 else before
        return None if found is None else self.opened(found)

    def compared(self, marked: Sequence[str], row: AttemptRow | None) -> tuple[Attempt, Attempt]:
        """Which two are meant: those marked; the marked one and a row's; or a row's and the one before it.

        Raises GoneError, with what to do, where there are no two.
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
        """The id of the attempt before it on the same external id by the same key field. Raises GoneError."""
        attempt = self._service.history.attempt(row.attempt_id)
        before = None if attempt is None else self._service.history.before(attempt)
        if before is None:
            raise GoneError("Nothing was sent to this contact before. Mark the attempt to compare with.")
        return before.attempt_id

    def note(self, row: AttemptRow, text: str) -> Opened | None:
        """The attempt with this note beside it, '' for none."""
        self._service.history.note(row.attempt_id, text)
        return self.opened(row)

    def _chain(self, attempt: Attempt) -> Sequence[AttemptRow]:
        return self._service.history.chain(attempt.attempt_id)

    # Taken out

    def written(self, row: AttemptRow, form: str) -> str:
        """One attempt as a text: a ticket, or in a format of attempts; masked where persons are, a ticket also else.

        `form` is `ticket`, `open ticket`, which masks no more than the screen does, or a format.
        """
        attempt = self._service.history.attempt(row.attempt_id)
        if attempt is None:
            raise GoneError("This attempt is no longer in the history.")
        if form in TICKETS:
            return self._service.history.ticket(attempt, masked=form == TICKET or self.is_masked)

        return "".join(f"{line}\n" for line in FORMATS[form]([self._veil.attempt(attempt)]))

    async def export(self, form: str, file: IO[str], progress: Callable[[int], None]) -> int:
        """Writes what the filter leaves to a file, masked where persons are; how many. Raises OSError."""

        query, mask = self.query, self._service.history.mask() if self.is_masked else NO_MASK
        return await _apart(
            lambda stop: self._service.history.export(query, form, file, progress, stop, mask=mask)
        )


async def _apart(work: Callable[[Event], Result], stop: Event | None = None) -> Result:
    """What `work` answers in a thread; cancelled, the event that it is given is set, and it is waited for."""
    stop = stop or Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(AppError):
            await working
        raise
