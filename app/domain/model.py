"""The words of the product as values: frozen, slotted, compared by content.

Ids are text throughout: the API serves them as numbers and as strings.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

JsonObject = Mapping[str, object]

CONTACT_KEYS = ("id", "uid")
"""The two key ids that are no field: the internal contact id and the random one."""


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
    """One contact: `fields` maps field ids to the text of every field that has a value."""

    id: str
    uid: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def value(self, key_id: str) -> str:
        """The value that `key_id` (a field id, `id` or `uid`) finds this contact by; '' for none."""
        match key_id:
            case "id":
                return self.id
            case "uid":
                return self.uid
            case _:
                return self.fields.get(key_id, "")


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """What is asked of the endpoint: one event, for the one contact that the key finds."""

    event_id: str
    key_id: str
    external_id: str
    data: JsonObject | None = None
    trigger_id: str | None = None


class Outcome(StrEnum):
    """What may be said of an attempt; the manual says under "form" when each applies."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply: `reply_code` and `reply_text` are None where the body held none.

    `errors` maps external ids to {code: text} as `data.errors` has them; `body` is what
    was kept of `body_length` bytes received; `location` is where a 3xx pointed; `date`,
    `retry_after` and `limit_reset` are those headers as text, where they were sent.
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
    """No reply: why, as one word and one sentence, and whether anything left this machine."""

    reason: str
    sent: Literal["no", "maybe"]
    detail: str


Answer = Reply | NoReply


@dataclass(frozen=True, slots=True)
class Settlement:
    """What somebody found out about an attempt whose outcome is unknown, and stays so: whether it arrived."""

    arrived: bool
    note: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One trigger, its request, its outcome: a row of the history.

    `account` names the account on this machine (one cache folder each); `elapsed_ms` is
    milliseconds from the first call to the last byte; `parent_id` is the attempt that this one
    sent again; `note` is what somebody wrote to it.
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


def new_attempt_id() -> str:
    """A new attempt id: a random UUID as text, by default also the trigger id of its request."""
    return str(uuid.uuid4())
