"""What a reply means and what to do about it in this request: the likely cause named, in one or two sentences.

`remedy_for` speaks of a trigger that was answered (or not); `remedy_for_code` of a refusal
known beforehand, so that the pre-flight and the reply say the same.
"""

from collections.abc import Callable
from datetime import datetime

from app.domain.account import Directory, FieldNames
from app.domain.http_advice import remedy_for_status
from app.domain.model import Answer, NoReply, Outcome, Reply, TriggerRequest
from app.domain.outcome import outcome_of
from app.domain.unsent_advice import remedy_for_reason

MEANING = {
    Outcome.SENDING: "Under way.",
    Outcome.ACCEPTED: "Received by the account. Whether a mail follows depends on the program attached to the event.",
    Outcome.PARTIAL: "Received, but not for everybody: see who was refused.",
    Outcome.REJECTED: "Refused. Nothing was triggered.",
    Outcome.NOT_SENT: "Nothing left this machine. It is safe to send again.",
    Outcome.UNKNOWN: "It may have been triggered. Do not send again without checking.",
}

UNKNOWN_REMEDY = (
    "Check in the account whether the event arrived; only if it did not, send again with the same trigger id."
)
SHOWN_IDS = 5


def field_label(key_id: str, directory: FieldNames) -> str:
    """A key field by name and id, such as `E-Mail (3)`; `contact id` and `contact uid` for the other two."""
    if key_id in ("id", "uid"):
        return f"contact {key_id}"
    name = directory.field_name(key_id)
    return f"{name} ({key_id})" if name else f"field {key_id}"


def remedy_for(answer: Answer, request: TriggerRequest, directory: Directory, now: datetime) -> str | None:
    """What to do about an answer that came at `now`; None where nothing needs doing."""
    outcome = outcome_of(answer)
    match answer:
        case NoReply(detail=detail, reason=reason):
            todo = UNKNOWN_REMEDY if outcome is Outcome.UNKNOWN else remedy_for_reason(reason)
            return f"{detail} {todo}" if todo else detail
        case Reply() if outcome is Outcome.ACCEPTED:
            return None
        case Reply(reply_code=code) if outcome is Outcome.UNKNOWN:
            return f"{_unknown_reply(answer.http_status, code)} {UNKNOWN_REMEDY}"
        case Reply(errors=errors) if outcome is Outcome.PARTIAL:
            return f"Refused for {', '.join(list(errors)[:SHOWN_IDS])}: send again for these alone, once the cause is mended."
        case Reply():
            return _refusal(answer, request, directory, now)


def _unknown_reply(status: int, code: int | None) -> str:
    if status >= 500:
        return f"The service failed with HTTP {status}."
    if code == 0:
        return f"The reply contradicts itself: HTTP {status} with reply code 0."
    return f"The reply (HTTP {status}) could not be read."


def _refusal(reply: Reply, request: TriggerRequest, directory: Directory, now: datetime) -> str:
    return (
        remedy_for_status(reply, now)
        or remedy_for_code(reply.reply_code, request, directory)
        or "Read the reply text; correct the request and send again."
    )


def remedy_for_code(code: int | None, request: TriggerRequest, directory: Directory) -> str | None:
    """What to do about a refusal with this reply code; None for codes without advice of their own."""
    advise = _BY_CODE.get(code) if code is not None else None
    return advise(request, directory) if advise else None


def _key_field(request: TriggerRequest, _: Directory) -> str:
    if not request.key_id:
        return (
            "Choose a key field: the field whose value finds the contact, such as 3 for the e-mail address."
        )
    return (
        f"This account has no field {request.key_id}. Field ids differ between accounts: "
        "choose the key field from the list, or use id or uid."
    )


def _value_missing(request: TriggerRequest, directory: Directory) -> str:
    return f"Enter the contact's value of {field_label(request.key_id, directory)} as the external id."


def _nobody(request: TriggerRequest, directory: Directory) -> str:
    label = field_label(request.key_id, directory)
    value = request.external_id
    if value != value.strip():
        return (
            f"The value begins or ends with a space, which counts: remove it. No contact has it in {label}."
        )
    if "@" in value and request.key_id != "3":
        return f"The value looks like an e-mail address, but it is looked up in {label}: choose the key field E-Mail (3)."
    if "@" not in value and request.key_id == "3":
        return (
            f"The value is no e-mail address, but it is looked up in {label}: choose the field it belongs to."
        )
    return f"No contact has this value in {label}. Check its spelling, or choose the field it belongs to."


def _several(request: TriggerRequest, directory: Directory) -> str:
    ids = directory.matches(request.key_id, request.external_id).ids
    who = f"Contacts {', '.join(ids[:SHOWN_IDS])}" if ids else "Several contacts"
    more = " and more" if len(ids) > SHOWN_IDS else ""
    return (
        f"{who}{more} share this value of {field_label(request.key_id, directory)}. "
        "Nobody was triggered: choose the key field id and one of these contact ids."
    )


def _event_unknown(request: TriggerRequest, directory: Directory) -> str:
    name = directory.event_name(request.event_id)
    if name:
        return f"The account no longer has event {request.event_id} ({name}): refresh, and choose the event from the list."
    return f"The account has no external event {request.event_id}: choose the event from the list."


def _contact_unknown(request: TriggerRequest, _: Directory) -> str:
    return (
        f"No contact of this account has the {request.key_id} {request.external_id}. "
        "Check it, or find the contact by another key field."
    )


def _unattached(request: TriggerRequest, _: Directory) -> str:
    return f"No active program or campaign uses event {request.event_id}: activate one in the account, then send again."


def _data(_: TriggerRequest, __: Directory) -> str:
    return "Correct the event data: it must be a JSON object of at most 1,000,000 bytes."


_BY_CODE: dict[int, Callable[[TriggerRequest, Directory], str]] = {
    2004: _key_field,
    2005: _value_missing,
    2008: _nobody,
    2010: _several,
    5001: _event_unknown,
    2012: _contact_unknown,
    5005: _unattached,
    5008: _data,
    5009: _data,
    5011: _data,
}
