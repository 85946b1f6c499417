"""The likely cause of a reply to this request, and what fixes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Protocol

from app.domain.account import Directory, FieldNames
from app.domain.identifiers import bare, said_around
from app.domain.model import (
    CONTACT_KEYS,
    Answer,
    Contact,
    ExternalEvent,
    NoReply,
    Outcome,
    Reply,
    TriggerRequest,
)
from app.domain.outcome import UNKNOWN_REMEDY, outcome_of
from app.domain.reply_codes import remedy_for_reason, remedy_for_status, words_for_other_code
from app.domain.rules import Verdict
from app.domain.sanitize import sanitize
from app.domain.wire import json_object


@dataclass(frozen=True, slots=True)
class FormPatch:
    """What becomes of the form; None leaves a part of it as it is."""

    event_id: str | None = None
    key_id: str | None = None
    external_id: str | None = None

    def applied(self, request: TriggerRequest) -> TriggerRequest:
        """The request that the form would make after this change."""
        return replace(
            request,
            event_id=request.event_id if self.event_id is None else self.event_id,
            key_id=request.key_id if self.key_id is None else self.key_id,
            external_id=request.external_id if self.external_id is None else self.external_id,
        )


class Fetch(Enum):
    """What to ask the account for: everything, or the contacts that the form's key finds."""

    REFRESH = "refresh"
    LOOK_UP = "look up"


@dataclass(frozen=True, slots=True)
class QuickFix:
    """One thing to do: `words` fit on a button, such as `use contact id 12`.

    `contact` is whom the trigger goes to after the change; None if that is nobody, several, or as before.
    """

    words: str
    change: FormPatch | Fetch
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The likely cause and what to do about it, in words, and the remedies that can be had on a key, the best first."""

    words: str
    remedies: tuple[QuickFix, ...] = ()


REFRESH = QuickFix("refresh", Fetch.REFRESH)
LOOK_UP = QuickFix("look the contact up", Fetch.LOOK_UP)


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """The one contact that has a value in the key field `key_id`."""

    key_id: str
    contact_id: str


class Clues(Protocol):
    """What helps to find a cause, beyond what the rules ask: everything as far as it is known here."""

    def holders(self, value: str) -> Sequence[FieldMatch]:
        """The key fields in which exactly one contact has this value, with that contact."""

    def variants(self, key_id: str, value: str) -> Sequence[str]:
        """Values of this key field that differ from `value` only by case or by blanks around them."""

    def fields_called(self, name: str) -> Sequence[str]:
        """The ids of the fields with this name or string id, case ignored."""

    def events_called(self, name: str) -> Sequence[ExternalEvent]:
        """The events of the account with this name, case ignored."""

    def name_elsewhere(self, event_id: str) -> str | None:
        """The name that an event of this id has on another account."""


class NoClues:
    """Clues where there are none."""

    def holders(self, value: str) -> Sequence[FieldMatch]:  # noqa: ARG002
        """None."""
        return ()

    def variants(self, key_id: str, value: str) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()

    def fields_called(self, name: str) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()

    def events_called(self, name: str) -> Sequence[ExternalEvent]:  # noqa: ARG002
        """None."""
        return ()

    def name_elsewhere(self, event_id: str) -> str | None:  # noqa: ARG002
        """None."""
        return None


SHOWN_IDS = 5
LONGEST_VALUE = 60
EMAIL = "3"


def field_label(key_id: str, directory: FieldNames) -> str:
    """A key field by name and id, such as `E-Mail (3)`; `contact id` and `contact uid` for the other two."""
    if key_id in CONTACT_KEYS:
        return f"contact {key_id}"
    name = directory.field_name(key_id)
    return f"{name} ({key_id})" if name else f"field {key_id}"


@dataclass(frozen=True, slots=True)
class _Case:
    """One refused request, and all that can be asked about it."""

    request: TriggerRequest
    directory: Directory
    clues: Clues

    def label(self, key_id: str | None = None) -> str:
        return field_label(self.request.key_id if key_id is None else key_id, self.directory)

    def finds(self, key_id: str, value: str) -> tuple[str, ...]:
        return self.directory.matches(key_id, value).ids

    def elsewhere(self, value: str) -> FieldMatch | None:
        """The contact that has this value in another key field."""
        others = (holder for holder in self.clues.holders(value) if holder.key_id != self.request.key_id)
        return next(others, None)


def advise_code(
    code: int | None, request: TriggerRequest, directory: Directory, clues: Clues
) -> Diagnosis | None:
    """What to do about a refusal with this reply code; None for codes without advice of their own."""
    if code is None:
        return None
    advise = _BY_CODE.get(code)
    if advise:
        return advise(_Case(request, directory, clues))
    words = words_for_other_code(code, request.event_id)
    return Diagnosis(words) if words else None


def _use_key(case: _Case, key_id: str, value: str | None = None) -> QuickFix:
    return QuickFix(f"use {case.label(key_id)}", FormPatch(key_id=key_id, external_id=value))


def _key_unknown(case: _Case) -> Diagnosis:
    key_id, value = case.request.key_id, case.request.external_id
    meant = _key_meant(case)
    if meant is not None:
        words = f"The key field is given by its id, not as {key_id!r}: {case.label(meant)} is probably meant."
        return Diagnosis(words, (_use_key(case, meant),))
    holder = case.elsewhere(value)
    if holder is not None:
        words = f"This account has no field {key_id}. " if key_id else "No key field is chosen. "
        words += f"Contact {holder.contact_id} has this value in {case.label(holder.key_id)}: choose that key field."
        return Diagnosis(words, (_use_key(case, holder.key_id),))
    if not key_id:
        words = (
            "Choose a key field: the field whose value finds the contact, such as 3 for the e-mail address."
        )
    else:
        words = (
            f"This account has no field {key_id}. Field ids differ between accounts: "
            "choose the key field from the list, or use id or uid."
        )
    return Diagnosis(words, _by_email(case))


def _key_meant(case: _Case) -> str | None:
    key_id = case.request.key_id
    for spelling in (bare(key_id), bare(key_id).lower(), bare(key_id).lstrip("0")):
        if (
            spelling
            and spelling != key_id
            and (spelling in CONTACT_KEYS or case.directory.has_field(spelling))
        ):
            return spelling
    called = case.clues.fields_called(key_id)
    return called[0] if len(called) == 1 else None


def _by_email(case: _Case) -> tuple[QuickFix, ...]:
    if "@" in case.request.external_id and case.request.key_id != EMAIL and case.directory.has_field(EMAIL):
        return (_use_key(case, EMAIL),)
    return ()


def _value_missing(case: _Case) -> Diagnosis:
    return Diagnosis(f"Enter the contact's value of {case.label()} as the external id.")


def _nobody(case: _Case) -> Diagnosis:
    causes = (_blanks_around, _value_of_another_field, _other_case, _email_elsewhere)
    for cause in causes:
        advice = cause(case)
        if advice is not None:
            return advice
    return Diagnosis(
        f"No contact has this value in {case.label()}. Check its spelling, or choose the field it belongs to."
    )


def _blanks_around(case: _Case) -> Diagnosis | None:
    value, key_id = case.request.external_id, case.request.key_id
    trimmed = bare(value)
    if trimmed == value:
        return None
    if not trimmed:
        return Diagnosis(f"The value is nothing but blanks: enter the contact's value of {case.label()}.")
    cause = "The value begins or ends with a space, which counts: remove it."
    found = case.finds(key_id, trimmed)
    if found:
        shown = f"contact {found[0]}" if len(found) == 1 else "several contacts"
        return Diagnosis(f"{cause} Without it, {shown} will be found.", (_use_value(trimmed),))
    holder = case.elsewhere(trimmed)
    if holder is not None:
        words = f"{cause} Contact {holder.contact_id} has it in {case.label(holder.key_id)}: choose that key field."
        return Diagnosis(words, (_use_key(case, holder.key_id, trimmed),))
    return Diagnosis(f"{cause} No contact has it in {case.label()}.", (_use_value(trimmed),))


def _use_value(value: str) -> QuickFix:
    return QuickFix(f"use {sanitize(value, LONGEST_VALUE)}", FormPatch(external_id=value))


def advise_unlooked(value: str) -> Diagnosis | None:
    """What is around a value that nobody knows yet, and how it goes; None where nothing is."""
    around = said_around(value)
    if not around:
        return None
    trimmed = bare(value)
    words = f"The external id has {around}: it is sent as it is typed."
    return Diagnosis(words, (_use_value(trimmed),) if trimmed else ())


def _value_of_another_field(case: _Case) -> Diagnosis | None:
    holder = case.elsewhere(case.request.external_id)
    if holder is None:
        return None
    words = (
        f"No contact has this value in {case.label()}, but contact {holder.contact_id} has it in "
        f"{case.label(holder.key_id)}: choose that key field."
    )
    return Diagnosis(words, (_use_key(case, holder.key_id),))


def _other_case(case: _Case) -> Diagnosis | None:
    known = case.clues.variants(case.request.key_id, case.request.external_id)
    if not known:
        return None
    shown = " or ".join(f"{sanitize(value, LONGEST_VALUE)!r}" for value in known[:SHOWN_IDS])
    words = f"{case.label()} is compared as exact text, and what the account knows is written {shown}."
    return Diagnosis(words, tuple(_use_value(value) for value in known[:SHOWN_IDS]))


def _email_elsewhere(case: _Case) -> Diagnosis | None:
    looks_like_email = "@" in case.request.external_id
    if looks_like_email and case.request.key_id != EMAIL:
        words = f"The value looks like an e-mail address, but it is looked up in {case.label()}: choose the key field E-Mail (3)."
        return Diagnosis(words, _by_email(case))
    if not looks_like_email and case.request.key_id == EMAIL:
        return Diagnosis(
            f"The value is no e-mail address, but it is looked up in {case.label()}: choose the field it belongs to."
        )
    return None


def _several(case: _Case) -> Diagnosis:
    ids = case.finds(case.request.key_id, case.request.external_id)
    who = f"Contacts {', '.join(ids[:SHOWN_IDS])}" if ids else "Several contacts"
    more = " and more" if len(ids) > SHOWN_IDS else ""
    words = f"{who}{more} share this value of {case.label()}. Pick one (key field id); nobody gets the event otherwise."
    known = tuple(
        QuickFix(f"use contact id {one}", FormPatch(key_id="id", external_id=one)) for one in ids[:SHOWN_IDS]
    )
    return Diagnosis(words, known if len(ids) > 1 else (LOOK_UP,))


def _event_unknown(case: _Case) -> Diagnosis:
    event_id = case.request.event_id
    name = case.directory.event_name(event_id)
    elsewhere = name or case.clues.name_elsewhere(event_id)
    namesakes = case.clues.events_called(elsewhere or event_id)
    others = [event for event in namesakes if event.id != event_id]
    change = tuple(
        QuickFix(f"use event {event.id}", FormPatch(event_id=event.id)) for event in others[:SHOWN_IDS]
    )
    here = f"here {elsewhere} is event {' or '.join(event.id for event in others[:SHOWN_IDS])}."
    if name and others:
        return Diagnosis(f"The account no longer has event {event_id} ({name}), but {here}", change)
    if name:
        words = f"The account no longer has event {event_id} ({name}): refresh, and choose the event from the list."
        return Diagnosis(words, (REFRESH,))
    if elsewhere and others:
        return Diagnosis(f"Event {event_id} ({elsewhere}) is one of another account; {here}", change)
    if others:
        return Diagnosis(f"{event_id!r} is the name of an event, not its id.", change)
    return Diagnosis(f"The account has no external event {event_id}: choose the event from the list.")


def _contact_unknown(case: _Case) -> Diagnosis:
    for cause in (_blanks_around, _value_of_another_field, _other_case):
        advice = cause(case)
        if advice is not None:
            return advice
    words = (
        f"No contact of this account has the {case.request.key_id} {case.request.external_id}. "
        "Check it, or find the contact by another key field."
    )
    return Diagnosis(words, _by_email(case))


_BY_CODE: dict[int, Callable[[_Case], Diagnosis]] = {
    2004: _key_unknown,
    2005: _value_missing,
    2008: _nobody,
    2010: _several,
    5001: _event_unknown,
    2012: _contact_unknown,
}


__all__ = [
    "advise",
    "advise_beforehand",
    "field_label",
]

_NO_CLUES = NoClues()


def diagnose(
    answer: Answer,
    request: TriggerRequest,
    directory: Directory,
    now: datetime,
    clues: Clues = _NO_CLUES,
) -> Diagnosis | None:
    """What to do about an answer that came at `now`; None where nothing needs doing."""
    outcome = outcome_of(answer)
    match answer:
        case NoReply(detail=detail, reason=reason):
            todo = UNKNOWN_REMEDY if outcome is Outcome.UNKNOWN else remedy_for_reason(reason)
            return Diagnosis(f"{detail} {todo}" if todo else detail)
        case Reply() if outcome is Outcome.ACCEPTED:
            return _unattached(answer, request)
        case Reply(reply_code=code) if outcome is Outcome.UNKNOWN:
            return Diagnosis(f"{_unknown_reply(answer.http_status, code)} {UNKNOWN_REMEDY}")
        case Reply(errors=errors) if outcome is Outcome.PARTIAL:
            who = ", ".join(list(errors)[:SHOWN_IDS])
            return Diagnosis(f"Refused for {who}: send again for these alone, once the cause is mended.")
        case Reply():
            return _refusal(answer, request, directory, now, clues)


def diagnose_before(
    prediction: Verdict | None, request: TriggerRequest, directory: Directory, clues: Clues = _NO_CLUES
) -> Diagnosis | None:
    """What to do before sending; None where the prediction is code 0. No prediction: how to come by one."""
    if prediction is not None:
        return advise_code(prediction.code, request, directory, clues) if prediction.code else None
    how = _how_to_predict(request, directory)
    around = advise_unlooked(request.external_id)
    if around is None:
        return how
    return Diagnosis(f"{around.words} {how.words}", (*around.remedies, *how.remedies))


def _how_to_predict(request: TriggerRequest, directory: Directory) -> Diagnosis:
    if None in (directory.has_event(request.event_id), directory.has_field(request.key_id)):
        return Diagnosis(
            "Nothing is known here of this account's events and fields yet: refresh.", (REFRESH,)
        )
    return Diagnosis(
        "The contacts of this account are known here only in part: look this one up to know what will be replied.",
        (LOOK_UP,),
    )


def _unattached(reply: Reply, request: TriggerRequest) -> Diagnosis | None:
    data = json_object(reply.body).get("data")
    if not isinstance(data, Mapping) or "connectedTo" not in data:
        return None
    connected = data["connectedTo"]
    runs = any(connected.values()) if isinstance(connected, Mapping) else bool(connected)
    if runs:
        return None
    return Diagnosis(
        f"Received, but nothing runs: no active program or campaign is attached to event {request.event_id}. "
        "Activate one in the account, then send again."
    )


def _unknown_reply(status: int, code: int | None) -> str:
    if status >= 500:
        return f"The service failed with HTTP {status}."
    if code == 0:
        return f"The reply contradicts itself: HTTP {status} with reply code 0."
    return f"The reply (HTTP {status}) could not be read."


def _refusal(
    reply: Reply, request: TriggerRequest, directory: Directory, now: datetime, clues: Clues
) -> Diagnosis:
    by_status = remedy_for_status(reply, now)
    if by_status:
        return Diagnosis(by_status)
    return advise_code(reply.reply_code, request, directory, clues) or Diagnosis(
        "Read the reply text; correct the request and send again."
    )
