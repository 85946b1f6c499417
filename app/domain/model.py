"""The values of the domain.

Ids are always text, since the API returns them both as numbers and as strings.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

JsonObject = Mapping[str, object]

CONTACT_KEYS = ("id", "uid")
"""The two key ids that are not fields: the internal contact id and the random uid."""


class ExternalEvent(NamedTuple):
    id: str
    name: str


class Field(NamedTuple):
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


class Extras(NamedTuple):
    event_time: str | None = None
    attachments: tuple[Attachment, ...] = ()


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    event_id: str
    key_id: str
    external_id: str
    data: JsonObject | None = None
    trigger_id: str | None = None
    extras: Extras = NO_EXTRAS


class Outcome(StrEnum):
    """What is known about the result of an attempt; `outcome_of` decides which one applies."""

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


class NoReply(NamedTuple):
    reason: str
    sent: Literal["no", "maybe"]
    detail: str


Answer = Reply | NoReply


class Settlement(NamedTuple):
    """The user's resolution of an attempt: whether it arrived. Its outcome stays unknown."""

    arrived: bool
    note: str
    settled_at: datetime


class KeptContact(NamedTuple):
    """The contact that the key found when the attempt was sent; `keys` are the values that find this contact alone."""

    id: str
    name: str
    keys: tuple[str, ...] = ()


class TeamMarks(NamedTuple):
    """How a team knows a request: by marks of the contact's keys and of the data; not `claimed` if offline."""

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


def new_attempt_ids(count: int) -> list[str]:
    """Random UUIDs that follow each other at a distance, so that a large history has them on a few pages of its index."""
    first = uuid.uuid4().int
    return [str(uuid.UUID(int=(first + place * _APART) % 2**128)) for place in range(count)]


_APART = 997 << 93
"""The distance of the ids of a batch: 997 short ids, so that no two of them look alike."""


# Event time and attachments


MAX_REQUEST = 10_000_000

_EVENT_TIME = r"(?a)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.000)?Z"


class ExtrasError(ValueError):
    """An event time or attachment that cannot be sent; `key` is its key in the request."""

    def __init__(self, key: str, sentence: str) -> None:
        self.key = key
        super().__init__(sentence)


def attach(filename: str, content: bytes) -> Attachment:
    return Attachment(filename, base64.b64encode(content).decode("ascii"), len(content))


def parse_event_time(value: object) -> str | None:
    """The event time; None for null. Raises ExtrasError for anything but the two forms."""
    if value is not None and not (isinstance(value, str) and re.fullmatch(_EVENT_TIME, value)):
        raise ExtrasError(
            "event_time",
            f"{str(value)[:60]!r} is not an event time. "
            "Write it in UTC as 2026-03-01T13:00:00Z or 2026-03-01T13:00:00.000Z.",
        )
    return value


def parse_extras(request: Mapping[str, object]) -> Extras:
    given = request.get("attachment") or ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ExtrasError("attachment", "must be a list of {filename, data}.")
    return Extras(parse_event_time(request.get("event_time")), tuple(map(_attachment, given)))


def extras_json(extras: Extras) -> dict[str, object]:
    """The extras as keys of a request; those that are absent have none."""
    found: dict[str, object] = {}
    if extras.event_time is not None:
        found["event_time"] = extras.event_time
    if extras.attachments:
        found["attachment"] = [{"filename": one.filename, "data": one.data} for one in extras.attachments]
    return found


def extras_words(extras: Extras) -> Iterator[tuple[str, str]]:
    if extras.event_time is not None:
        yield "event time", extras.event_time
    for one in extras.attachments:
        yield "attachment", f"{one.filename}, {one.size:,} bytes"


def _attachment(entry: object) -> Attachment:
    name, data = (entry.get("filename"), entry.get("data")) if isinstance(entry, Mapping) else (None, None)
    if not isinstance(name, str) or not isinstance(data, str):
        raise ExtrasError("attachment", "must be a list of {filename, data}, both text.")
    try:
        size = len(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise ExtrasError("attachment", f"The data of {name[:60]!r} is not base64.") from None
    return Attachment(name, data, size)


# Drafts and templates


class Draft(NamedTuple):
    """The texts of the form as typed. `contact_id` is the chosen contact, '' for none."""

    event_id: str = ""
    key_id: str = ""
    external_id: str = ""
    data_text: str = ""
    contact_id: str = ""
    extras: Extras = NO_EXTRAS


class SavedDraft(NamedTuple):
    draft: Draft
    saved_at: datetime


class Template(NamedTuple):
    """Event data as typed, with its placeholders, under a name; `event_id` is the event it was typed for."""

    name: str
    event_id: str
    data_text: str
    extras: Extras = NO_EXTRAS


class DataChoice(NamedTuple):
    """What to insert into the form; `name` describes it, such as `last used`.

    Event data, with the extras of a template; or one of the extras, whose present value is `data_text`.
    """

    kind: Literal["example", "last", "template", "event time", "attachment", "no extras"]
    name: str
    data_text: str
    extras: Extras = NO_EXTRAS


# The look-ups that rules and diagnoses make; the sandbox and the cache both implement them


class Matches(NamedTuple):
    """The first few contacts that a key finds; `complete` says that no other contact can match."""

    ids: tuple[str, ...]
    complete: bool


class Account(Protocol):
    """Events, fields and contacts by id; None means not known."""

    def has_event(self, event_id: str) -> bool | None: ...
    def has_field(self, field_id: str) -> bool | None: ...
    def matches(self, key_id: str, external_id: str) -> Matches: ...


class FieldNames(Protocol):
    """The names of the contact fields; None means not known."""

    def field_name(self, field_id: str) -> str | None: ...


class Directory(Account, FieldNames, Protocol):
    """An account that names its events; None means not known."""

    def event_name(self, event_id: str) -> str | None: ...


class ListOrder(NamedTuple):
    """A column and a direction; rows without a value in the column come last either way.

    Ids sort numerically, texts without regard to ASCII case, and equal values by id in the same direction.
    """

    column: str
    descending: bool = False


# Outcomes


LABEL = {
    Outcome.SENDING: ("…", "sending"),
    Outcome.ACCEPTED: ("✓", "accepted"),
    Outcome.PARTIAL: ("◐", "partial"),
    Outcome.REJECTED: ("✗", "rejected"),
    Outcome.NOT_SENT: ("○", "not sent"),
    Outcome.UNKNOWN: ("?", "unknown"),
}

RESOLVED = {True: "resolved: arrived", False: "resolved: did not arrive"}

MEANING = {
    Outcome.SENDING: "Still being sent.",
    Outcome.ACCEPTED: "Emarsys accepted the event. Whether an e-mail goes out depends on the program that uses it.",
    Outcome.PARTIAL: "Accepted, but not for everyone.",
    Outcome.REJECTED: "Rejected. Nothing was triggered.",
    Outcome.NOT_SENT: "Nothing left this machine. It is safe to send again.",
    Outcome.UNKNOWN: "It may have been triggered. Check before you send again.",
}

UNKNOWN_REMEDY = (
    "Check in the account whether the event arrived. If it did not, resend it with the same trigger id."
)


def outcome_of(answer: Answer) -> Outcome:
    """The outcome of an answer; the first matching case decides."""
    if isinstance(answer, NoReply):
        return Outcome.NOT_SENT if answer.sent == "no" else Outcome.UNKNOWN
    match answer.http_status // 100, answer.reply_code:
        case 3 | 4, code:
            return Outcome.UNKNOWN if code == 0 else Outcome.REJECTED
        case 2, 0:
            return Outcome.PARTIAL if answer.errors else Outcome.ACCEPTED
        case 2, int():
            return Outcome.REJECTED
        case _:
            return Outcome.UNKNOWN
