"""The history for its users: search, statistics, comparison, evidence, notes, tickets, export.

A query covers the live account, unless it names a profile or `all_accounts` is set.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event
from typing import IO, Literal

from app.domain.attempt_export import FORMATS, ticket
from app.domain.errors import AppError
from app.domain.history_query import (
    EVERYTHING,
    AttemptStatistics,
    Filter,
    HistoryQuery,
    Order,
    QueryField,
    Value,
)
from app.domain.mails import Launch, Mail
from app.domain.masking import NO_MASK, Mask
from app.domain.model import LABEL, Attempt, Outcome
from app.domain.text import minute, short_id
from app.service.attempts import AttemptError, check_note, ended_attempt, find_attempt
from app.service.catalog import named_mails
from app.service.live import LiveAccount, in_thread
from app.service.masking import open_mask
from app.store.attempts import AttemptRow, History
from app.store.database import StoppedError
from app.store.row_ids import RowIds, Rows

__all__ = [
    "EVERYTHING",
    "AttemptHistory",
    "AttemptRow",
    "RowIds",
    "Rows",
    "StoppedError",
    "in_thread",
    "neighbours",
]

MOST_BUCKETS = 60
_FIRST = 50
MOST_FOLLOWED = 1000

TICKET, OPEN_TICKET = "ticket", "open ticket"
"""The formats of one attempt beside FORMATS: personal data hidden, or not."""

SAME_CONTACT = "With the last accepted attempt of this event for this contact."
ANYBODY = "With the last accepted attempt of this event for anybody; none for this contact was accepted."
NONE_ACCEPTED = "No other attempt of this event was accepted. Mark the attempt to compare with."


def neighbours(rows: RowIds[AttemptRow], row: AttemptRow) -> tuple[AttemptRow | None, AttemptRow | None]:
    position = rows.position(row)
    if position is None:
        return None, None
    if rows.is_unread(position + 1):
        rows.read_all()
    before = rows.rows(position - 1, 1) if position else ()
    return next(iter(before), None), next(iter(rows.rows(position + 1, 1)), None)


# Evidence: whether an attempt arrived, by the mail history of its contact. Only reads, and only when asked


TOLERANCE = timedelta(hours=2)
"""How far the account's zone may be from the documented one."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks of account and machine may differ; the account accepts no more."""

_SENT_NOTHING = (Outcome.REJECTED, Outcome.NOT_SENT)
_NO_TRACE = "No trace yet (checked {}). A mail may still follow."


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the mail history of a contact says about an attempt.

    `ambiguous`: the mail may have been sent by the attempt `other_id`, or before this one if that is None.
    """

    attempt_id: str
    contact_id: str
    result: Literal["found", "none", "ambiguous"]
    checked_at: datetime
    mail: Mail | None = None
    launched_at: datetime | None = None
    other_id: str | None = None

    @property
    def words(self) -> str:
        if self.mail is None or self.launched_at is None:
            return _NO_TRACE.format(minute(self.checked_at, self.checked_at))
        launched = f"The mail {self.mail.label} was launched at {minute(self.launched_at, self.checked_at)}"
        if self.result == "found":
            return f"{launched}: it arrived."
        if self.other_id is not None:
            other = short_id(self.other_id)
            return f"{launched}, but the attempt {other} on the same event and contact may have sent it."
        return f"{launched} by the account's clock, which may be two hours off: it may be from before this attempt."


async def find_evidence(live: LiveAccount, attempt: Attempt) -> Evidence:
    """What the account's mail history says about an attempt. Raises AttemptError if it can say nothing."""
    _check(attempt, live.key)
    contact_id = await _contact_id(live, attempt)
    client, event_id, since = live.client, attempt.request.event_id, attempt.started_at
    mail_ids = (await client.usages(event_id)).mails
    if not mail_ids:
        raise AttemptError(
            f"No launched mail uses event {event_id}, so the mail history shows nothing of it."
        )
    now = datetime.now(UTC)
    launches = await client.launches(contact_id, (since - TOLERANCE).date(), (now + TOLERANCE).date())
    own = [one for one in launches if one.contact_id == contact_id and one.mail_id in mail_ids]
    found = [
        (launch, _other(live, attempt, contact_id, launch))
        for launch in own
        if launch.at >= since - TOLERANCE
    ]
    if not found:
        return Evidence(attempt.attempt_id, contact_id, "none", now)
    # A launch that no other attempt explains comes first.
    launch, other = min(found, key=lambda one: (one[0].at < since - CLOCKS, one[1] is not None, one[0].at))
    is_clear = other is None and launch.at >= since - CLOCKS
    (mail,) = await named_mails(client, [launch.mail_id])
    result: Literal["found", "ambiguous"] = "found" if is_clear else "ambiguous"
    return Evidence(attempt.attempt_id, contact_id, result, now, mail, launch.at, other)


async def _contact_id(live: LiveAccount, attempt: Attempt) -> str:
    request = attempt.request
    if attempt.contact is not None:
        return attempt.contact.id
    if request.key_id == "id":
        return request.external_id
    found = await live.client.lookup(request.key_id, request.external_id) if request.external_id else ()
    if len(found) != 1:
        how_many = "Several contacts share" if found else "No contact of the account has"
        raise AttemptError(
            f"{how_many} the external id of this attempt, so there is no mail history to check."
        )
    return found[0].id


def _other(live: LiveAccount, attempt: Attempt, contact_id: str, launch: Launch) -> str | None:
    """The id of another attempt on the same event and contact that may have launched the mail."""
    request, kept = attempt.request, attempt.contact
    values = dict.fromkeys((contact_id, request.external_id, *(kept.keys if kept else ())))
    query = HistoryQuery(
        (
            Filter(QueryField.EVENT, (Value(request.event_id),)),
            Filter(QueryField.PERSON, tuple(map(Value, filter(None, values)))),
            Filter(QueryField.OUTCOME, tuple(Value(one) for one in _SENT_NOTHING), negated=True),
        ),
        since=min(attempt.started_at, launch.at) - TOLERANCE,
        until=launch.at + TOLERANCE,
    )
    for one in live.history.search.attempts(query, live.key):
        is_resolved = one.settlement is not None and not one.settlement.arrived
        same_contact = one.contact is None or one.contact.id == contact_id
        if one.attempt_id != attempt.attempt_id and same_contact and not is_resolved:
            return one.attempt_id
    return None


def may_show_evidence(attempt: Attempt) -> bool:
    return attempt.outcome not in (*_SENT_NOTHING, Outcome.SENDING)


def _check(attempt: Attempt, account: str) -> None:
    if attempt.account != account:
        raise AttemptError(
            f"The attempt {attempt.attempt_id} was sent on another account. "
            f"Switch to the profile {attempt.profile!r} to check it."
        )
    if attempt.outcome in _SENT_NOTHING:
        word = LABEL[attempt.outcome][1]
        raise AttemptError(
            f"The attempt {attempt.attempt_id} triggered nothing ({word}), so there is no mail to look for."
        )


# The history


class AttemptHistory:
    """Reads and annotates the history. Raises StoreError, and StoppedError once a given `stop` is set.

    Methods that take a `stop` may run in any thread.
    """

    def __init__(self, account: LiveAccount, history: History | None = None) -> None:
        """Reads the account's history, or another one in its place."""
        self._live = account
        self._history = history or account.history
        self._search = self._history.search
        self.chain = self._search.chain
        self.attempt = self._history.get
        self.request_body = self._history.request_body
        self.changed = self._history.changed
        self.recover = self._history.recover

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

    # One attempt

    def find_attempt(self, reference: str) -> Attempt:
        """The attempt of any account with this id, beginning of an id, or reference. Raises AttemptError."""
        return find_attempt(self._history, reference)

    def note(self, attempt_id: str, text: str) -> Attempt:
        attempt = find_attempt(self._history, attempt_id)
        check_note(text)
        return self._history.note(attempt.attempt_id, text or None)

    async def evidence(self, reference: str) -> Evidence:
        """Whether the account shows a mail of this attempt. Raises AttemptError, ClientError and StoreError."""
        return await find_evidence(self._live, ended_attempt(self._live.history, reference))

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
