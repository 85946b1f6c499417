"""The likely cause of the reply to a request, and its fix.

`diagnose` explains an answer and `diagnose_before` a prediction; both say the same about the same reply code. A fix
changes the form or fetches data from the account; it never sends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

from app.domain.identifiers import bare, readings
from app.domain.model import (
    CONTACT_KEYS,
    UNKNOWN_REMEDY,
    Answer,
    Contact,
    Directory,
    ExternalEvent,
    FieldNames,
    NoReply,
    Outcome,
    Reply,
    TriggerRequest,
    outcome_of,
)
from app.domain.recipient import EMAIL
from app.domain.reply_codes import advise_code, advise_status, advise_unsent, is_web_page, web_page
from app.domain.rules import Verdict
from app.domain.text import sanitize
from app.domain.wire import json_object

MAX_SHOWN = 5
MAX_VALUE = 60


class FormPatch(NamedTuple):
    event_id: str | None = None
    key_id: str | None = None
    external_id: str | None = None
    data_text: str | None = None

    def applied(self, request: TriggerRequest) -> TriggerRequest:
        names = ("event_id", "key_id", "external_id")
        changed = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(request, **changed)


class Fetch(Enum):
    """A step that changes no field: fetch everything, or the contacts that the key finds, or go to the faulty place."""

    REFRESH = "refresh"
    LOOK_UP = "look up"
    FAULT = "fault"


class QuickFix(NamedTuple):
    """One step to take: `words` fit on a button, such as `use contact id 12`.

    `contact` gets the trigger after the change; None if no contact, several, or the same one as before would get it.
    """

    words: str
    change: FormPatch | Fetch
    contact: Contact | None = None


class Diagnosis(NamedTuple):
    """The problem and its fix in words, and the fixes that one key press applies, the best first."""

    words: str
    remedies: tuple[QuickFix, ...] = ()


REFRESH = QuickFix("refresh", Fetch.REFRESH)
LOOK_UP = QuickFix("look the contact up", Fetch.LOOK_UP)


class FieldMatch(NamedTuple):
    key_id: str
    contact_id: str


class Clues(Protocol):
    """Local knowledge that helps to find a cause. `user` is the profile's word for its user: a client id under OAuth."""

    user: str

    # The key fields in which exactly one contact has this value, and the values of a field that differ from this one only
    # in case or surrounding spaces.
    def holders(self, value: str) -> Sequence[FieldMatch]: ...
    def variants(self, key_id: str, value: str) -> Sequence[str]: ...

    # Fields and events by name in any case, and the name of an event on another account.
    def fields_called(self, name: str) -> Sequence[str]: ...
    def events_called(self, name: str) -> Sequence[ExternalEvent]: ...
    def name_elsewhere(self, event_id: str) -> str | None: ...


def field_label(key_id: str, directory: FieldNames) -> str:
    """The name and id of a key field, such as `E-Mail (3)`, or `contact id` or `contact uid`."""
    if key_id in CONTACT_KEYS:
        return f"contact {key_id}"
    name = directory.field_name(key_id)
    return f"{name} ({key_id})" if name else f"field {key_id or '–'}"


def diagnose(
    answer: Answer, request: TriggerRequest, directory: Directory, now: datetime, clues: Clues
) -> Diagnosis | None:
    outcome = outcome_of(answer)
    match answer:
        case NoReply(detail=detail, reason=reason):
            todo = UNKNOWN_REMEDY if outcome is Outcome.UNKNOWN else advise_unsent(reason)
            return Diagnosis(f"{detail} {todo}" if todo else detail)
        case Reply() if outcome is Outcome.ACCEPTED:
            return _unattached(answer, request)
        case Reply() if outcome is Outcome.UNKNOWN:
            return Diagnosis(f"{_unknown_reply(answer)} {UNKNOWN_REMEDY}")
        case Reply(errors=errors) if outcome is Outcome.PARTIAL:
            who = ", ".join([one for one in errors if one][:MAX_SHOWN])
            if not who:
                return Diagnosis(
                    "The reply does not name the rejected contacts. Check in the account who got the event."
                )
            return Diagnosis(f"Rejected for {who}. Fix the cause, then send to these contacts alone.")
        case Reply():
            return _rejection(answer, request, directory, now, clues)


def diagnose_before(
    prediction: Verdict | None, request: TriggerRequest, directory: Directory, clues: Clues
) -> Diagnosis | None:
    """The diagnosis before sending; None if the prediction is code 0. Without a prediction it says how to get one."""
    if prediction is not None:
        cause = _CAUSES.get(prediction.code)
        return cause(_Case(request, directory, clues)) if cause else None
    fetch = _how_to_predict(request, directory)
    odd = readings(request.external_id, is_email=request.key_id == EMAIL)
    if not odd:
        return fetch
    values = [one.value for one in odd if one.value and one.fault == odd[0].fault][:MAX_SHOWN]
    return Diagnosis(
        f"The external id {odd[0].fault} and is sent like that. {fetch.words}",
        (*map(_use_value, values), *fetch.remedies),
    )


def _how_to_predict(request: TriggerRequest, directory: Directory) -> Diagnosis:
    if None in (directory.has_event(request.event_id), directory.has_field(request.key_id)):
        return Diagnosis("The events and fields of this account are not loaded yet. Refresh.", (REFRESH,))
    is_known = bool(directory.matches(request.key_id, request.external_id).ids)
    why = (
        "The local list may lack another contact with this value."
        if is_known
        else "This contact is not in the local list."
    )
    return Diagnosis(f"{why} Look it up to see what will happen.", (LOOK_UP,))


def _unattached(reply: Reply, request: TriggerRequest) -> Diagnosis | None:
    data = json_object(reply.body).get("data")
    if not isinstance(data, Mapping) or "connectedTo" not in data:
        return None
    connected = data["connectedTo"]
    runs = any(connected.values()) if isinstance(connected, Mapping) else bool(connected)
    if runs:
        return None
    return Diagnosis(
        f"Accepted, but nothing runs: no active program or campaign uses event {request.event_id}. "
        "Activate one in the account, then send again."
    )


def _unknown_reply(reply: Reply) -> str:
    status = reply.http_status
    if is_web_page(reply):
        return web_page(status)
    if status >= 500:
        return f"The service failed with HTTP {status}."
    if reply.reply_code == 0:
        return f"The reply contradicts itself: HTTP {status} with reply code 0."
    return f"The reply (HTTP {status}) could not be read."


def _rejection(
    reply: Reply, request: TriggerRequest, directory: Directory, now: datetime, clues: Clues
) -> Diagnosis:
    if by_status := advise_status(reply, now, user=clues.user):
        return Diagnosis(by_status)
    cause = None if reply.reply_code is None else _CAUSES.get(reply.reply_code)
    if cause:
        return cause(_Case(request, directory, clues))
    by_code = advise_code(reply.reply_code, reply.http_status, request.event_id)
    if by_code is None and not reply.reply_text:
        return Diagnosis("The reply gives no reason. Check the base URL of the profile, then the request.")
    return Diagnosis(by_code or "Read the reply text. Correct the request, then send again.")


# The six documented rejections


class _Case(NamedTuple):
    request: TriggerRequest
    directory: Directory
    clues: Clues

    def label(self, key_id: str | None = None) -> str:
        return field_label(self.request.key_id if key_id is None else key_id, self.directory)

    def finds(self, key_id: str, value: str) -> tuple[str, ...]:
        return self.directory.matches(key_id, value).ids

    def elsewhere(self, value: str) -> FieldMatch | None:
        others = (holder for holder in self.clues.holders(value) if holder.key_id != self.request.key_id)
        return next(others, None)


def _use_key(case: _Case, key_id: str, value: str | None = None) -> QuickFix:
    return QuickFix(f"use {case.label(key_id)}", FormPatch(key_id=key_id, external_id=value))


def _use_value(value: str) -> QuickFix:
    return QuickFix(f"use {sanitize(value, MAX_VALUE)}", FormPatch(external_id=value))


def _by_email(case: _Case) -> tuple[QuickFix, ...]:
    if "@" in case.request.external_id and case.request.key_id != EMAIL and case.directory.has_field(EMAIL):
        return (_use_key(case, EMAIL),)
    return ()


def _key_unknown(case: _Case) -> Diagnosis:
    key_id = case.request.key_id
    meant = _key_meant(case)
    if meant is not None:
        words = f"{key_id!r} is not the id of a key field. Use {case.label(meant)}."
        return Diagnosis(words, (_use_key(case, meant),))
    problem = f"This account has no field {key_id}." if key_id else "No key field is chosen."
    holder = case.elsewhere(case.request.external_id)
    if holder is not None:
        words = (
            f"{problem} Contact {holder.contact_id} has this value in {case.label(holder.key_id)}: use that."
        )
        return Diagnosis(words, (_use_key(case, holder.key_id),))
    fix = (
        "Field ids differ between accounts: pick the key field from the list, or use id or uid."
        if key_id
        else "Pick the field whose value finds the contact, such as 3 for the e-mail address."
    )
    return Diagnosis(f"{problem} {fix}", _by_email(case))


def _key_meant(case: _Case) -> str | None:
    key_id = case.request.key_id
    for spelling in (bare(key_id), bare(key_id).lower(), bare(key_id).lstrip("0")):
        is_key = spelling in CONTACT_KEYS or case.directory.has_field(spelling)
        if spelling and spelling != key_id and is_key:
            return spelling
    called = case.clues.fields_called(key_id)
    return called[0] if len(called) == 1 else None


def _nobody(case: _Case) -> Diagnosis:
    return _first(case, _read_otherwise, _value_of_another_field, _other_case, _email_elsewhere) or Diagnosis(
        f"No contact has this value in {case.label()}. Check the spelling, or pick the field it belongs to."
    )


def _first(case: _Case, *causes: Callable[[_Case], Diagnosis | None]) -> Diagnosis | None:
    return next(filter(None, (cause(case) for cause in causes)), None)


def _read_otherwise(case: _Case) -> Diagnosis | None:
    odd = readings(case.request.external_id, is_email=case.request.key_id == EMAIL)
    for reading in odd:
        if not reading.value:
            return Diagnosis(f"The external id is only spaces. Enter the contact's value of {case.label()}.")
        step, use = f"The external id {reading.fault}. {reading.step}", (_use_value(reading.value),)
        if found := case.finds(case.request.key_id, reading.value):
            shown = f"contact {found[0]}" if len(found) == 1 else "several contacts"
            return Diagnosis(f"{step} to find {shown}.", use)
        if (holder := case.elsewhere(reading.value)) is not None:
            words = f"{step} and use {case.label(holder.key_id)} to find contact {holder.contact_id}."
            return Diagnosis(words, (_use_key(case, holder.key_id, reading.value),))
    for reading in odd[:1]:
        words = (
            f"The external id {reading.fault}. {reading.step}; even then no contact has it in {case.label()}."
        )
        return Diagnosis(words, (_use_value(reading.value),))
    return None


def _value_of_another_field(case: _Case) -> Diagnosis | None:
    holder = case.elsewhere(case.request.external_id)
    if holder is None:
        return None
    words = (
        f"No contact has this value in {case.label()}, but contact {holder.contact_id} has it in "
        f"{case.label(holder.key_id)}. Use that key field."
    )
    return Diagnosis(words, (_use_key(case, holder.key_id),))


def _other_case(case: _Case) -> Diagnosis | None:
    known = case.clues.variants(case.request.key_id, case.request.external_id)[:MAX_SHOWN]
    if not known:
        return None
    shown = " or ".join(f"{sanitize(value, MAX_VALUE)!r}" for value in known)
    words = f"{case.label()} is compared as exact text. In the account it is written {shown}."
    return Diagnosis(words, tuple(_use_value(value) for value in known))


def _email_elsewhere(case: _Case) -> Diagnosis | None:
    looks_like_email = "@" in case.request.external_id
    if looks_like_email and case.request.key_id != EMAIL:
        words = (
            f"The value looks like an e-mail address, but the key field is {case.label()}. Use E-Mail (3)."
        )
        return Diagnosis(words, _by_email(case))
    if not looks_like_email and case.request.key_id == EMAIL:
        return Diagnosis(
            f"The value is no e-mail address, but the key field is {case.label()}. Pick the field it belongs to."
        )
    return None


def nearly_right(request: TriggerRequest, contact: Contact, directory: FieldNames) -> Diagnosis:
    label = field_label(request.key_id, directory)
    fix = _use_value(contact.value(request.key_id))._replace(contact=contact)
    return Diagnosis(
        f"No contact has this value in {label}, but contact {contact.id} has nearly the same.", (fix,)
    )


def _several(case: _Case) -> Diagnosis:
    ids = case.finds(case.request.key_id, case.request.external_id)
    shown = ids[:MAX_SHOWN]
    who = f"Contacts {', '.join(shown)}" if ids else "Several contacts"
    more = " and more" if len(ids) > MAX_SHOWN else ""
    words = f"{who}{more} share this value of {case.label()}. Pick one (key field id); nobody gets the event otherwise."
    known = tuple(QuickFix(f"use contact id {one}", FormPatch(key_id="id", external_id=one)) for one in shown)
    return Diagnosis(words, known if len(ids) > 1 else (LOOK_UP,))


def _event_unknown(case: _Case) -> Diagnosis:
    event_id = case.request.event_id
    name = case.directory.event_name(event_id)
    elsewhere = name or case.clues.name_elsewhere(event_id)
    namesakes = case.clues.events_called(elsewhere or event_id)
    others = [event.id for event in namesakes if event.id != event_id][:MAX_SHOWN]
    fixes = tuple(QuickFix(f"use event {one}", FormPatch(event_id=one)) for one in others)
    here = f"Here {elsewhere} is event {' or '.join(others)}."
    if name:
        gone = f"The account no longer has event {event_id} ({name})."
        if others:
            return Diagnosis(f"{gone} {here}", fixes)
        return Diagnosis(f"{gone} Refresh, then pick the event from the list.", (REFRESH,))
    if elsewhere and others:
        return Diagnosis(f"Event {event_id} ({elsewhere}) belongs to another account. {here}", fixes)
    if others:
        return Diagnosis(f"{event_id!r} is the name of an event, not its id.", fixes)
    return Diagnosis(f"The account has no external event {event_id}. Pick the event from the list.")


def _contact_unknown(case: _Case) -> Diagnosis:
    return _first(case, _read_otherwise, _value_of_another_field, _other_case) or Diagnosis(
        f"No contact of this account has the {case.request.key_id} {case.request.external_id}. "
        "Check it, or find the contact by another key field.",
        _by_email(case),
    )


_CAUSES: dict[int, Callable[[_Case], Diagnosis]] = {
    2004: _key_unknown,
    2005: lambda case: Diagnosis(f"The external id is empty. Enter the contact's value of {case.label()}."),
    2008: _nobody,
    2010: _several,
    5001: _event_unknown,
    2012: _contact_unknown,
}
