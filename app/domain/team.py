"""What the desks of a team know of each other's sends: keyed marks, claims, and the rule that asks.

A mark is an HMAC with the team's key, in hex: it finds the same contact or event data, and tells neither.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, NamedTuple

from app.domain.errors import AppError
from app.domain.masking import ADDRESS
from app.domain.model import KeptContact, Outcome, TeamMarks, TriggerRequest
from app.domain.recipient import canonical_json, framed, normalize
from app.domain.wire import trigger_body

OPEN_S = 600
OTHER_DATA_S = 3600

HIDDEN = "(hidden)"
HIDDEN_LENGTH = 12

FactKind = Literal["outcome", "settled", "noted", "handed_over", "evidence", "double"]

_KEY_BYTES = 32
_REACHED = (Outcome.ACCEPTED, Outcome.PARTIAL)


class TeamError(AppError):
    """The team's database refused something; the message says what."""


class UnreachableError(TeamError):
    """The team's database does not answer."""


@dataclass(frozen=True, slots=True)
class TeamKey:
    text: str

    def __repr__(self) -> str:
        return "TeamKey(***)"

    @property
    def is_valid(self) -> bool:
        try:
            return len(base64.urlsafe_b64decode(self.text)) == _KEY_BYTES
        except (binascii.Error, ValueError):
            return False

    def check(self) -> bytes:
        return bytes.fromhex(self.mark("check"))

    def mark(self, *parts: str) -> str:
        return hmac.new(self.text.encode(), framed(parts), sha256).hexdigest()

    def contact(self, account: str, key_id: str, value: str) -> str:
        return self.mark("contact", account, key_id, normalize(key_id, value))

    def marks(self, account: str, request: TriggerRequest, contact: KeptContact | None) -> TeamMarks:
        """The marks of a request: of its key always, of the contact id if it is known."""
        keys = [(request.key_id, request.external_id), *([("id", contact.id)] if contact else [])]
        contacts = dict.fromkeys(self.contact(account, *key) for key in keys)
        return TeamMarks(account, tuple(contacts), self.mark("data", account, canonical_json(request.data)))

    def request(self, account: str, request: TriggerRequest) -> str:
        """The mark of exactly this request, whatever its trigger id."""
        body = trigger_body(replace(request, trigger_id=None))
        return self.mark("request", account, request.event_id, body.decode())


class Claim(NamedTuple):
    """A claim on a contact for an event, later ones with a higher `number`; `age_s` is by the server's clock."""

    number: int
    contact: str
    generation: int
    attempt_id: str
    member: str
    desk: str
    data: str
    outcome: Outcome | None
    age_s: float
    arrived: bool | None = None

    @property
    def state(self) -> Outcome:
        """The outcome if it is known; an old open claim is unknown, never free."""
        return self.outcome or (Outcome.SENDING if self.age_s < OPEN_S else Outcome.UNKNOWN)


class Claims(NamedTuple):
    """The newest claims of an event by the mark of a contact, the newest of each mark first."""

    by_contact: Mapping[str, Sequence[Claim]]

    @property
    def generations(self) -> Mapping[str, int]:
        return {contact: claims[0].generation for contact, claims in self.by_contact.items()}

    def question(
        self, marks: TeamMarks, desk: str, second_send_s: int, seen: str | None = None
    ) -> Claim | None:
        """The newest claim of another desk to ask about; those up to the attempt `seen` were asked about."""
        known = self._on(marks)
        after = max((one.number for one in known if one.attempt_id == seen), default=-1)
        return _newest(
            one
            for one in known
            if one.desk != desk and one.number > after and _asks(one, marks.data, second_send_s)
        )

    def with_other_data(self, marks: TeamMarks, desk: str) -> Claim | None:
        """The newest send of another desk with other event data within the hour."""
        return _newest(
            one
            for one in self._on(marks)
            if one.desk != desk and one.data != marks.data and one.age_s < OTHER_DATA_S
            and one.state in (*_REACHED, Outcome.UNKNOWN)
        )  # fmt: skip

    def _on(self, marks: TeamMarks) -> Sequence[Claim]:
        return [one for contact in marks.contacts for one in self.by_contact.get(contact, ())]


def _newest(claims: Iterable[Claim]) -> Claim | None:
    return max(claims, key=lambda one: one.number, default=None)


def _asks(one: Claim, data: str, second_send_s: int) -> bool:
    state = one.state
    if state is Outcome.SENDING:
        return True
    if one.data != data:
        return False
    if state is Outcome.UNKNOWN:
        return one.arrived is not False
    return state in _REACHED and one.age_s < second_send_s


def without_addresses(text: str, also: Collection[str] = ()) -> str:
    """The text without e-mail addresses, and without the texts in `also`."""
    for hidden in sorted(filter(None, also), key=len, reverse=True):
        text = text.replace(hidden, HIDDEN)
    return re.sub(ADDRESS, HIDDEN, text)


def hidden_contact(contacts: Sequence[str]) -> str:
    """What a list shows for a contact that only its marks are known of, such as `#3fa9c2e10b77`."""
    return f"#{contacts[0][:HIDDEN_LENGTH]}"


PULLED = (
    "seq", "attempt_id", "parent_id", "event_id", "event_name", "key_id", "external_id", "trigger_id", "started_at",
    "predicted_code", "member", "contact_mark", "team", "outcome", "http_status", "reply_code", "reply_text",
    "elapsed_ms", "reason", "sent", "detail", "body", "data",
)  # fmt: skip
"""The columns of an attempt in the team's log, in the form in which a history keeps them, after its number there."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a member added to an attempt: an outcome, a resolution, a note, a new owner."""

    fact_id: str
    attempt_id: str
    kind: FactKind
    body: Mapping[str, object]
    member: str = ""
    seq: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    approval_id: str
    event_id: str
    event_name: str | None
    contact: str
    asked_by: str
    age_s: float = 0

    @property
    def label(self) -> str:
        """Such as `101 password_reset to #3fa9c2e10b77`."""
        return " ".join(filter(None, (self.event_id, self.event_name, "to", self.contact)))
