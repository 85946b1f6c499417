"""What a trigger starts in the account, and whether an attempt arrived there.

Only reads, and only what a person caused: the use of the event that was picked, and the evidence that was asked for.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.client.errors import ClientError
from app.domain.history_query import Filter, HistoryQuery, QueryField, Value
from app.domain.mails import EventUse, Launch, Mail
from app.domain.model import LABEL, Attempt, Outcome
from app.domain.text import minute, short_id
from app.service.history import AttemptError
from app.service.live import LiveAccount

if TYPE_CHECKING:
    from app.client.api import ApiClient

MAX_MAILS = 5
TOLERANCE = timedelta(hours=2)
"""How far the account's zone may be from the documented one."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks of account and machine may differ; the account accepts no more."""
QUICK_S = 5.0

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


class AccountMails:
    """Asks the live account about the mails of its events. Raises ClientError and SettingsError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._uses: dict[tuple[str | None, str], EventUse | None] = {}
        self._asking = asyncio.Lock()

    def known_use(self, event_id: str) -> EventUse | None:
        return self._uses.get((self._live.source, event_id))

    def is_asked(self, event_id: str) -> bool:
        """Whether the account was asked about the event in this session, whatever it answered."""
        return (self._live.source, event_id) in self._uses

    async def use(self, event_id: str) -> EventUse | None:
        """What the event starts, asked once per session; None if the account does not tell, for lack of a permission."""
        async with self._asking:
            if not self.is_asked(event_id):
                found = None
                with suppress(ClientError):
                    used = await self._live.client.usages(event_id)
                    mails = await _named(self._live.client, used.mails)
                    found = EventUse(mails, (*used.programs, *used.interactions))
                self._uses[self._live.source, event_id] = found
        return self.known_use(event_id)

    async def quick_use(self, event_id: str) -> EventUse | None:
        """The same; None too if the account takes longer than QUICK_S seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUICK_S):
                return await self.use(event_id)
        return None

    async def evidence(self, attempt: Attempt) -> Evidence:
        """What the account's mail history says about an attempt. Raises AttemptError if it can say nothing."""
        _check(attempt, self._live.key)
        contact_id = await self._contact_id(attempt)
        client, event_id, since = self._live.client, attempt.request.event_id, attempt.started_at
        mail_ids = (await client.usages(event_id)).mails
        if not mail_ids:
            raise AttemptError(
                f"No launched mail uses event {event_id}, so the mail history shows nothing of it."
            )
        now = datetime.now(UTC)
        launches = await client.launches(contact_id, (since - TOLERANCE).date(), (now + TOLERANCE).date())
        own = [one for one in launches if one.contact_id == contact_id and one.mail_id in mail_ids]
        found = [
            (launch, self._other(attempt, contact_id, launch))
            for launch in own
            if launch.at >= since - TOLERANCE
        ]
        if not found:
            return Evidence(attempt.attempt_id, contact_id, "none", now)
        # A launch that no other attempt explains comes first.
        launch, other = min(
            found, key=lambda one: (one[0].at < since - CLOCKS, one[1] is not None, one[0].at)
        )
        is_clear = other is None and launch.at >= since - CLOCKS
        (mail,) = await _named(client, [launch.mail_id])
        result: Literal["found", "ambiguous"] = "found" if is_clear else "ambiguous"
        return Evidence(attempt.attempt_id, contact_id, result, now, mail, launch.at, other)

    async def _contact_id(self, attempt: Attempt) -> str:
        request = attempt.request
        if attempt.contact is not None:
            return attempt.contact.id
        if request.key_id == "id":
            return request.external_id
        found = (
            await self._live.client.lookup(request.key_id, request.external_id) if request.external_id else ()
        )
        if len(found) != 1:
            how_many = "Several contacts share" if found else "No contact of the account has"
            raise AttemptError(
                f"{how_many} the external id of this attempt, so there is no mail history to check."
            )
        return found[0].id

    def _other(self, attempt: Attempt, contact_id: str, launch: Launch) -> str | None:
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
        found = self._live.history.search.attempts(query, self._live.key)
        return next(_others(found, attempt, contact_id), None)


def may_show_evidence(attempt: Attempt) -> bool:
    return attempt.outcome not in (*_SENT_NOTHING, Outcome.SENDING)


def _others(found: Iterator[Attempt], attempt: Attempt, contact_id: str) -> Iterator[str]:
    for one in found:
        is_resolved = one.settlement is not None and not one.settlement.arrived
        same_contact = one.contact is None or one.contact.id == contact_id
        if one.attempt_id != attempt.attempt_id and same_contact and not is_resolved:
            yield one.attempt_id


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


async def _named(client: "ApiClient", mail_ids: Sequence[str]) -> tuple[Mail, ...]:
    """The mails by id; without a name if the account does not tell it, and beyond the first few."""
    mails = {mail_id: Mail(mail_id) for mail_id in mail_ids}
    with suppress(ClientError):
        for mail_id in mail_ids[:MAX_MAILS]:
            mails[mail_id] = await client.mail(mail_id)
    return tuple(mails.values())
