"""The values of the domain.

Ids are always text, since the API returns them both as numbers and as strings.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

JsonObject = Mapping[str, object]

CONTACT_KEYS = ("id", "uid")
"""The two key ids that are not fields: the internal contact id and the random uid."""


@dataclass(frozen=True, slots=True)
class ExternalEvent:
    """One external event of an account."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One contact field of an account; `string_id` and `application_type` may be empty."""

    id: str
    name: str
    string_id: str = ""
    application_type: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact; `fields` maps the id of every field that has a value to its text."""

    id: str
    uid: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def value(self, key_id: str) -> str:
        """The value of `key_id` (a field id, `id` or `uid`), by which a trigger finds this contact; '' for none."""
        match key_id:
            case "id":
                return self.id
            case "uid":
                return self.uid
            case _:
                return self.fields.get(key_id, "")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a trigger carries: its name, its content in base64, and its size in bytes."""

    filename: str
    data: str = field(repr=False)
    size: int


@dataclass(frozen=True, slots=True)
class Extras:
    """What a trigger carries beside its event data."""

    event_time: str | None = None
    attachments: tuple[Attachment, ...] = ()


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """A request to trigger one event for the one contact that the key finds."""

    event_id: str
    key_id: str
    external_id: str
    data: JsonObject | None = None
    trigger_id: str | None = None
    extras: Extras = NO_EXTRAS


class Outcome(StrEnum):
    """What is known about the result of an attempt; `app.domain.outcome` decides which one applies."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply; `reply_code` and `reply_text` are None if the body has none.

    `errors` maps external ids to {code: text}, as in `data.errors`; `body` is the kept part of the `body_length` bytes
    received; `location` is the target of a 3xx; `date`, `retry_after` and `limit_reset` are the headers as text, None if
    the reply has none.
    """

    http_status: int
    reply_code: int | None
    reply_text: str | None
    errors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    body: bytes = b""
    body_length: int = 0
    location: str | None = None
    date: str | None = None
    retry_after: str | None = None
    limit_reset: str | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """No reply: the reason as a word, the detail as a sentence, and whether anything left this machine."""

    reason: str
    sent: Literal["no", "maybe"]
    detail: str


Answer = Reply | NoReply


@dataclass(frozen=True, slots=True)
class Settlement:
    """The user's resolution of an attempt: whether it arrived. Its outcome stays unknown."""

    arrived: bool
    note: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class KeptContact:
    """The contact that the key found when the attempt was sent; `keys` are the values that find this contact alone."""

    id: str
    name: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamMarks:
    """How a team knows a request: its account there, the marks of the contact's keys and of the event data.

    `claimed` is False if the request was sent without a claim, because the team was not reachable.
    """

    account: str
    contacts: tuple[str, ...]
    data: str
    claimed: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """One trigger with its request and outcome: a row of the history.

    `account` names the cache folder of the account; `elapsed_ms` is the time from the first call to the last byte;
    `parent_id` is the attempt that this one sent again; `note` is the user's note; `run_id` is the bulk run that it belongs
    to. `team` is how a team knows the request; `member` is who sent it, in a team's history.
    """

    attempt_id: str
    profile: str
    account: str
    request: TriggerRequest
    event_name: str | None
    started_at: datetime
    predicted_code: int | None
    outcome: Outcome = Outcome.SENDING
    answer: Answer | None = None
    elapsed_ms: float | None = None
    remedy: str | None = None
    parent_id: str | None = None
    settlement: Settlement | None = None
    note: str | None = None
    contact: KeptContact | None = None
    run_id: str | None = None
    team: TeamMarks | None = None
    member: str = ""


def new_attempt_id() -> str:
    """A random UUID as text; by default it is also the trigger id of the request."""
    return str(uuid.uuid4())
