"""The history for its users: search, statistics, comparison, resends, resolutions, notes, tickets, export, retention.

A query covers the live account, unless it names a profile or `all_accounts` is set.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from threading import Event
from typing import IO, TypeVar

from app.domain.attempt_export import FORMATS, ticket
from app.domain.errors import AppError
from app.domain.history_query import AttemptStatistics, Filter, HistoryQuery, Order, QueryField, Value
from app.domain.masking import NO_MASK, Mask
from app.domain.model import LABEL, Attempt, Outcome, Settlement, TriggerRequest
from app.domain.text import has_surrogates, id_prefixes
from app.service.live import LiveAccount
from app.service.masking import open_mask
from app.store.attempts import AttemptRow, History
from app.store.database import StoppedError
from app.store.erasure import Doomed, Retention, doomed, let_go
from app.store.row_ids import RowIds, Rows

__all__ = ["AttemptHistory", "AttemptRow", "RowIds", "Rows", "StoppedError", "in_thread", "neighbours"]

Result = TypeVar("Result")

MIN_REFERENCE = 4
MAX_NOTE = 10_000
_LISTED = 3

EVERYTHING = HistoryQuery()
MOST_BUCKETS = 60
_FIRST = 50
MOST_FOLLOWED = 1000

TICKET, OPEN_TICKET = "ticket", "open ticket"
"""The formats of one attempt beside FORMATS: personal data hidden, or not."""

SAME_CONTACT = "With the last accepted attempt of this event for this contact."
ANYBODY = "With the last accepted attempt of this event for anybody; none for this contact was accepted."
NONE_ACCEPTED = "No other attempt of this event was accepted. Mark the attempt to compare with."


class AttemptError(AppError):
    """There is no such attempt, or it does not allow this; the message says why."""


def find_attempt(history: History, reference: str) -> Attempt:
    """The attempt with this id, beginning of an id, or reference. Raises AttemptError and StoreError."""
    wanted = reference.strip().lower()
    if exact := history.get(wanted) or history.get(reference):
        return exact
    if len(wanted) < MIN_REFERENCE or not wanted.isascii():
        raise AttemptError(
            f"There is no attempt {reference!r}. Give its id, its reference or at least the first "
            f"{MIN_REFERENCE} characters of the id."
        )
    found = {
        attempt.attempt_id: attempt
        for beginning in (wanted, *id_prefixes(wanted))
        for attempt in history.beginning_with(beginning, _LISTED)
    }
    if not found:
        raise AttemptError(
            f"There is no attempt with the reference {reference!r}, or with an id that begins so."
        )
    if len(found) > 1:
        raise AttemptError(
            f"{reference!r} matches several attempts: {', '.join(found)}. Give more of the id."
        )
    return next(iter(found.values()))


def settle(history: History, attempt_id: str, *, arrived: bool, note: str) -> Attempt:
    """Resolves an unknown outcome, which stays unknown; returns the attempt. Raises AttemptError."""
    attempt = ended_attempt(history, attempt_id)
    if attempt.outcome is not Outcome.UNKNOWN:
        _, word = LABEL[attempt.outcome]
        raise AttemptError(
            f"The attempt {attempt.attempt_id} is {word}. Only unknown outcomes can be resolved."
        )
    check_note(note)
    settlement = Settlement(arrived, note, datetime.now(UTC))
    history.resolve(attempt.attempt_id, settlement)
    return replace(attempt, settlement=settlement)


def check_note(text: str) -> None:
    if has_surrogates(text):
        raise AttemptError("The note holds half a character. Type the whole character.")
    if len(text) > MAX_NOTE:
        raise AttemptError(f"The note is longer than {MAX_NOTE} characters. Shorten it.")


def ended_attempt(history: History, attempt_id: str) -> Attempt:
    """A finished attempt. Raises AttemptError while it is being sent, and StoreError."""
    attempt = find_attempt(history, attempt_id)
    if attempt.outcome is Outcome.SENDING and history.recover():
        attempt = find_attempt(history, attempt.attempt_id)
    if attempt.outcome is Outcome.SENDING:
        raise AttemptError(f"The attempt {attempt.attempt_id} is still being sent. Wait for its outcome.")
    return attempt


def offers_same_trigger(attempt: Attempt) -> bool:
    known_to_have_arrived = attempt.settlement is not None and attempt.settlement.arrived
    return (
        attempt.outcome is Outcome.UNKNOWN
        and attempt.request.trigger_id is not None
        and not known_to_have_arrived
    )


def request_again(
    attempt: Attempt, account: str, *, same_trigger: bool, new_attempt_id: str
) -> TriggerRequest:
    """The request of a resend, with its trigger id or with the new attempt's id. Raises AttemptError."""
    if attempt.account != account:
        raise AttemptError(
            f"The attempt {attempt.attempt_id} was sent on another account. "
            f"Switch to the profile {attempt.profile!r} to resend it."
        )
    request = attempt.request
    if same_trigger:
        if request.trigger_id is None:
            raise AttemptError(
                f"The attempt {attempt.attempt_id} has no trigger id to repeat. Send it as new."
            )
        return request
    return replace(request, trigger_id=request.trigger_id and new_attempt_id)


class AttemptRetention:
    """The attempts of the live account past `retention_days` and `retention_rows` of its profile. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._path = account.history.path
        profile = account.profile
        self._retention = Retention(account.key, profile.retention_days, profile.retention_rows)

    def preview(self) -> Doomed | None:
        return doomed(self._path, self._retention, datetime.now(UTC))

    def apply(self) -> int:
        return let_go(self._path, self._retention, datetime.now(UTC))


async def in_thread(work: Callable[[Event], Result], stop: Event | None = None) -> Result:
    """Runs `work` in a thread and returns its result. Cancelled, it sets `stop` and waits for `work`."""
    stop = stop or Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        while not working.done():
            with contextlib.suppress(AppError, asyncio.CancelledError):
                await asyncio.shield(working)
        raise


def neighbours(rows: RowIds[AttemptRow], row: AttemptRow) -> tuple[AttemptRow | None, AttemptRow | None]:
    position = rows.position(row)
    if position is None:
        return None, None
    if rows.is_unread(position + 1):
        rows.read_all()
    before = rows.rows(position - 1, 1) if position else ()
    return next(iter(before), None), next(iter(rows.rows(position + 1, 1)), None)


class AttemptHistory:
    """Reads and annotates the history. Raises StoreError, and StoppedError once a given `stop` is set.

    Methods that take a `stop` may run in any thread.
    """

    def __init__(self, account: LiveAccount, history: History | None = None) -> None:
        """Reads the account's history, or another one in its place."""
        self._live = account
        self._history = history or account.history
        self._search = self._history.search

    # Finding

    def attempts(self, query: HistoryQuery = EVERYTHING, *, stop: Event | None = None) -> RowIds[AttemptRow]:
        """The attempts that match a query now; a worker reads them until `stop` is set."""
        return self._search.rows(self._meant(query), self._account(query), stop)

    def counts(self, query: HistoryQuery = EVERYTHING, *, stop: Event | None = None) -> Mapping[Outcome, int]:
        """The number of matching attempts by outcome, without outcomes that do not occur."""
        return self._search.counts(self._meant(query), self._account(query), stop)

    def statistics(
        self, query: HistoryQuery = EVERYTHING, *, all_accounts: bool = False, stop: Event | None = None
    ) -> AttemptStatistics:
        account = self._account(query, all_accounts)
        return self._search.statistics(self._meant(query), account, MOST_BUCKETS, stop)

    def chain(self, attempt_id: str) -> Sequence[AttemptRow]:
        return self._search.chain(attempt_id)

    async def comparable(self, attempt: Attempt) -> tuple[Attempt, str]:
        """The last other accepted attempt of its event, for its contact if there is one, and which it is."""
        request = attempt.request
        event = (
            Filter(QueryField.OUTCOME, (Value(Outcome.ACCEPTED),)),
            Filter(QueryField.EVENT, (Value(request.event_id),)),
        )
        contact = Filter(QueryField.CONTACT, (Value(request.external_id),))
        for filters, words in (((*event, contact), SAME_CONTACT), (event, ANYBODY)):
            rows = self.attempts(HistoryQuery(filters))
            await in_thread(lambda _, rows=rows: rows.read_first())  # type: ignore[misc]  # mypy cannot type its default
            for row in rows.rows(0, _FIRST):
                if row.event_id == request.event_id and row.attempt_id != attempt.attempt_id:
                    return self.find_attempt(row.attempt_id), words
        raise AttemptError(NONE_ACCEPTED)

    def list_attempts(
        self,
        limit: int,
        *,
        all_accounts: bool = False,
        query: HistoryQuery = EVERYTHING,
        stop: Event | None = None,
    ) -> Iterator[Attempt]:
        account = self._account(query, all_accounts)
        found = self._search.attempts(self._meant(query), account, stop)
        return islice(found, limit) if limit else found

    def follow(
        self,
        limit: int,
        pause: Callable[[], None],
        *,
        all_accounts: bool = False,
        query: HistoryQuery = EVERYTHING,
    ) -> Iterator[Attempt]:
        """The last `limit` finished attempts, then each one that finishes later, until `pause` raises."""
        newest = replace(query, order=Order())
        seen: set[str] = set()
        first = True
        while True:
            found = list(self.list_attempts(MOST_FOLLOWED, all_accounts=all_accounts, query=newest))
            new = [one for one in found if one.outcome is not Outcome.SENDING and one.attempt_id not in seen]
            seen |= {one.attempt_id for one in new}
            yield from reversed(new[: limit or None] if first else new)
            first = False
            while not self.changed():
                pause()

    def unsettled(self) -> int:
        return self._history.unsettled(self._live.key)

    def changed(self) -> bool:
        return self._history.changed()

    def recover(self) -> int:
        """Records `unknown` for attempts whose process ended while sending; returns their number."""
        return self._history.recover()

    # One attempt

    def attempt(self, attempt_id: str) -> Attempt | None:
        return self._history.get(attempt_id)

    def request_body(self, attempt_id: str) -> bytes:
        return self._history.request_body(attempt_id)

    def find_attempt(self, reference: str) -> Attempt:
        """The attempt of any account with this id, beginning of an id, or reference. Raises AttemptError."""
        return find_attempt(self._history, reference)

    def note(self, attempt_id: str, text: str) -> Attempt:
        attempt = find_attempt(self._history, attempt_id)
        check_note(text)
        return self._history.note(attempt.attempt_id, text or None)

    def ticket(self, attempt: Attempt, *, masked: bool = True) -> str:
        mask = self.mask() if masked else NO_MASK
        return ticket(mask.attempt(attempt), self._live.cache, self._described(attempt, mask))

    def written(self, attempt_id: str, format_name: str, *, masked: bool) -> str:
        """One attempt as `ticket`, always masked, as `open ticket`, or in a format of `export`."""
        attempt = find_attempt(self._history, attempt_id)
        if format_name in (TICKET, OPEN_TICKET):
            return self.ticket(attempt, masked=masked or format_name == TICKET)
        shown = self.mask().attempt(attempt) if masked else attempt
        return "".join(f"{line}\n" for line in FORMATS[format_name]([shown]))

    def mask(self) -> Mask:
        return open_mask(self._history.path.parent)

    def export(
        self,
        query: HistoryQuery,
        format_name: str,
        file: IO[str],
        progress: Callable[[int], None],
        stop: Event,
        *,
        mask: Mask | None,
    ) -> int:
        """Writes the matching attempts as `csv`, `json`, `jsonl` or `markdown`; returns their number.

        Calls `progress` with the number written so far. Open the file with `newline=""`; if this is stopped,
        the file keeps what was written. Raises OSError if the file cannot be written.
        """
        done = 0

        def counted() -> Iterator[Attempt]:
            nonlocal done
            for attempt in self.list_attempts(0, query=query, stop=stop):
                if stop.is_set():
                    raise StoppedError
                done += 1
                progress(done)
                yield attempt if mask is None else mask.attempt(attempt)

        for line in FORMATS[format_name](counted()):
            file.write(f"{line}\n")
        return done

    def _meant(self, query: HistoryQuery) -> HistoryQuery:
        return query

    def _account(self, query: HistoryQuery, all_accounts: bool = False) -> str | None:
        return None if all_accounts or query.names_profile else self._live.key

    def _described(self, attempt: Attempt, mask: Mask) -> Mapping[str, object] | str:
        if attempt.account != self._live.key:
            return f"The profile {attempt.profile} is not the live one. Open it to see the request."
        try:
            return self._live.client.describe(mask.request(attempt.request))
        except AppError as error:
            return str(error)
