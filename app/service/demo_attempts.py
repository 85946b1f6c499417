"""A made-up history: attempts over half a year with the usual outcomes, determined by the seed."""

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.model import (
    UNKNOWN_REMEDY,
    Answer,
    Attempt,
    Contact,
    ExternalEvent,
    JsonObject,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    TriggerRequest,
    outcome_of,
)
from app.domain.wire import reply_body

DAYS = 180
_WEEKEND_SHARE = 0.3
_NO_EVENT = ExternalEvent("999", "")


@dataclass(frozen=True, slots=True)
class Scene:
    """The account's key, its events with their examples, and some of its contacts."""

    account: str
    events: Sequence[ExternalEvent]
    examples: Mapping[str, JsonObject]
    contacts: Sequence[Contact]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way for an attempt to end: in `weight` of 1,000 attempts, after about `took_ms`."""

    weight: int
    status: int
    code: int | None
    text: str = ""
    remedy: str | None = None
    reason: str = ""
    took_ms: float = 90


_KINDS = (
    _Kind(858, 200, 0, "OK"),
    _Kind(49, 400, 2008, "No contact found with the external id: {key} - {value}", "Check the spelling."),
    _Kind(15, 400, 2010, "More contacts found with the external id: {key} - {value}.", "Use the contact id."),
    _Kind(9, 400, 2012, "Invalid contact id for customer.", "Check the contact id."),
    _Kind(9, 400, 5001, "Invalid event id for customer.", "Choose the event from the list."),
    _Kind(6, 400, 2004, "Invalid key field id: {key}", "Choose the key field from the list."),
    _Kind(7, 400, 2005, "No value provided for key field: {key}", "Enter the external id."),
    _Kind(7, 400, 5005, "No program or campaign is triggered.", "Attach the event to a program."),
    _Kind(6, 429, 7003, "Too many requests.", "Wait a minute."),
    _Kind(4, 401, 1, "Invalid credentials.", "Check the secret."),
    _Kind(7, 502, None, "", f"The service failed with HTTP 502. {UNKNOWN_REMEDY}"),
    _Kind(9, 0, None, "", f"No reply came in time. {UNKNOWN_REMEDY}", "deadline", 30_000),
    _Kind(4, 0, None, "", f"You stopped waiting for the reply. {UNKNOWN_REMEDY}", "stopped", 4_000),
    _Kind(10, 0, None, "", "The connection was refused. Safe to send again.", "refused", 3),
)
_WEIGHTS = tuple(kind.weight for kind in _KINDS)
_OUTAGE = (timedelta(hours=33), timedelta(hours=28))
"""When, before the end, the gateway began to fail and stopped: yesterday, if `end` is by day."""

_OUTAGE_WEIGHTS = tuple(
    kind.weight * (60 if kind.status == 502 or kind.reason == "deadline" else 1) for kind in _KINDS
)
"""During this time, about every second attempt is unknown."""

_LOOKED_INTO = timedelta(days=2)
"""After this time, three in four unknown outcomes are resolved."""

_GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def made_up(scene: Scene, count: int, seed: int, end: datetime) -> Iterator[Attempt]:
    """`count` finished attempts, oldest first, none after `end`."""
    chance = random.Random(seed)  # noqa: S311 - repeatable data, no secret
    for moment in _moments(chance, count, end):
        fails = end - _OUTAGE[0] <= moment < end - _OUTAGE[1]
        (kind,) = chance.choices(_KINDS, _OUTAGE_WEIGHTS if fails else _WEIGHTS)
        attempt = _attempt(chance, scene, kind, moment)
        is_old = moment < end - _LOOKED_INTO
        yield _looked_into(attempt) if is_old and attempt.outcome is Outcome.UNKNOWN else attempt


def _moments(chance: random.Random, count: int, end: datetime) -> Iterator[datetime]:
    """Moments in ascending order: more by day than by night, fewer at the weekend."""
    begins = [end - timedelta(days=DAYS - day) for day in range(DAYS)]
    weights = [_WEEKEND_SHARE if begin.weekday() >= 5 else 1.0 for begin in begins]
    whole = sum(weights)
    done, due = 0, 0.0
    for begin, weight in zip(begins, weights, strict=True):
        due += count * weight / whole
        number = count - done if begin is begins[-1] else round(due) - done
        done += number
        for share in sorted(chance.triangular(0, 1, 0.55) for _ in range(number)):
            yield begin + timedelta(days=share)


def _attempt(chance: random.Random, scene: Scene, kind: _Kind, moment: datetime) -> Attempt:
    attempt_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    event = _NO_EVENT if kind.code == 5001 else scene.events[int(len(scene.events) * chance.random() ** 2)]
    key_id, value = _key(chance, scene, kind)
    request = TriggerRequest(event.id, key_id, value, scene.examples.get(event.id), attempt_id)
    answer = _answer(kind, request)
    return Attempt(
        attempt_id=attempt_id,
        profile=scene.account,
        account=scene.account,
        request=request,
        event_name=event.name or None,
        started_at=moment,
        predicted_code=kind.code if kind.status in (200, 400) else 0,
        outcome=outcome_of(answer),
        answer=answer,
        elapsed_ms=round(kind.took_ms * chance.lognormvariate(0, 0.5), 3),
        remedy=kind.remedy,
    )


def _looked_into(attempt: Attempt) -> Attempt:
    """The attempt, resolved an hour later if its id says so."""
    place = uuid.UUID(attempt.attempt_id).int % 4
    if not place:
        return attempt
    arrived = place > 1
    note = "Found it in the account." if arrived else "There is no trace of it in the account."
    return replace(attempt, settlement=Settlement(arrived, note, attempt.started_at + timedelta(hours=1)))


def _key(chance: random.Random, scene: Scene, kind: _Kind) -> tuple[str, str]:
    contact = chance.choice(scene.contacts)
    match kind.code:
        case 2004:
            return "4711", contact.value("3")
        case 2005:
            return "3", ""
        case 2008:
            return "3", f"x{contact.value('3')}"
        case 2010:
            return "3", "twin@example.com"
        case 2012:
            return "id", "999999"
        case _:
            return _found_by(chance, contact)


def _found_by(chance: random.Random, contact: Contact) -> tuple[str, str]:
    key_id = chance.choices(("3", "10142", "id"), (80, 14, 6))[0]
    return (key_id, contact.value(key_id)) if contact.value(key_id) else ("id", contact.id)


def _answer(kind: _Kind, request: TriggerRequest) -> Answer:
    if kind.reason == "refused":
        return NoReply("refused", "no", "The connection was refused.")
    if kind.reason:
        return NoReply(kind.reason, "maybe", "No reply was read before the end.")
    text = kind.text.format(key=request.key_id, value=request.external_id)
    body = _GATEWAY if kind.code is None else reply_body(kind.code, text)
    return Reply(kind.status, kind.code, text or None, body=body, body_length=len(body))
