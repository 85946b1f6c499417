"""JSON to model and back, for the trigger endpoint and the calls that fill a cache.

Real services return ids as numbers and as text, `errors` in three shapes, and JSON under any content type. This module
reads tolerantly and writes strictly; what it cannot read raises WireError.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from app.domain.json_text import TypedObject, ascii_json, parsed
from app.domain.mails import Launch, Mail, Usages, from_account_time
from app.domain.model import Contact, ExternalEvent, Field, Reply, TriggerRequest, extras_json
from app.domain.text import replace_surrogates

ContactErrors = Mapping[str, Mapping[str, str]]

# Made once: making it takes half as long as using it.
_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_SQLITE_INTEGER = range(-(2**63), 2**63)


class Purpose(NamedTuple):
    """What a reading call is for, and the permission that it needs."""

    what: str
    permission: str


EVENTS = Purpose("events", "externalevent.list")
FIELDS = Purpose("fields", "field.list")
CONTACTS = Purpose("contacts", "contact.list")
CONTACT_DATA = Purpose("contacts", "contact.getdata")
CONTACT_LIST = Purpose("contact list", "contactlist.list")
USAGES = Purpose("usages of the event", "externalevent.usages")
MAIL = Purpose("mail", "campaign.get")
MAIL_HISTORY = Purpose("mail history", "for the e-mail history of contacts")


class WireError(ValueError):
    """A reply with another content than the call expects; the message is one sentence."""


def trigger_path(event_id: str) -> str:
    return f"event/{quote(event_id, safe='')}/trigger"


def trigger_body(request: TriggerRequest) -> bytes:
    return f'{{"key_id":{sent_json(request.key_id)},{_contact_members(request)}}}'.encode("ascii")


def contact_entry(request: TriggerRequest) -> str:
    return f"{{{_contact_members(request)}}}"


def trigger_many_body(key_id: str, entries: Iterable[str]) -> bytes:
    return f'{{"key_id":{sent_json(key_id)},"contacts":[{",".join(entries)}]}}'.encode("ascii")


def _contact_members(request: TriggerRequest) -> str:
    members = {"external_id": sent_json(request.external_id)}
    if request.data is not None:
        members["data"] = sent_json(request.data)
    if request.trigger_id is not None:
        members["trigger_id"] = sent_json(request.trigger_id)
    members |= {name: sent_json(value) for name, value in extras_json(request.extras).items()}
    return ",".join(f'"{name}":{value}' for name, value in members.items())


def sent_json(value: object) -> str:
    """Compact JSON, with the numbers of typed event data as they were typed."""
    return ascii_json(value.text) if isinstance(value, TypedObject) else _COMPACT.encode(value)


def dumps(value: object) -> bytes:
    return _COMPACT.encode(value).encode("ascii")


def parse_trigger(event_id: str, payload: Mapping[str, object]) -> TriggerRequest:
    """The request in the payload of a trigger for one contact, as the endpoint reads it.

    A key id of the wrong type becomes its JSON text, which names no field; an external id that is neither text nor
    integer becomes '', which is no value.
    """
    trigger_id = payload.get("trigger_id")
    return TriggerRequest(
        event_id=event_id,
        key_id=key_text(payload.get("key_id")),
        external_id=scalar_text(payload.get("external_id")) or "",
        trigger_id=trigger_id if isinstance(trigger_id, str) else None,
    )


def scalar_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def key_text(value: object) -> str:
    """A key id as text; '' for null, and JSON for anything that is neither text nor integer."""
    if value is None:
        return ""
    text = scalar_text(value)
    return json.dumps(value) if text is None else text


def reply_body(code: int, text: str, data: object = "") -> bytes:
    """The envelope of every reply; rejections have `data: ""`."""
    return dumps({"replyCode": code, "replyText": text, "data": data})


def parse_reply(http_status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    """The HTTP reply; code and text are None if the body is unreadable. `headers` are in lower case. Never raises."""
    payload = json_object(body)
    data = payload.get("data")
    text = _reply_text(payload)
    header = headers or {}
    return Reply(
        http_status=http_status,
        reply_code=reply_code(payload.get("replyCode")),
        reply_text=replace_surrogates(text) if isinstance(text, str) else None,
        errors=parse_errors(data.get("errors")) if isinstance(data, dict) else {},
        body=body,
        body_length=len(body),
        location=header.get("location"),
        date=header.get("date"),
        retry_after=header.get("retry-after"),
        limit_reset=header.get("x-ratelimit-reset"),
    )


def _reply_text(payload: Mapping[str, object]) -> object:
    """The text of the service, else that of a gateway, which answers in a form of its own."""
    error = payload.get("error")
    texts = (
        payload.get("replyText"),
        payload.get("message"),
        error.get("message") if isinstance(error, dict) else None,
    )
    return next((text for text in texts if isinstance(text, str)), None)


def json_object(body: bytes) -> Mapping[str, object]:
    """The JSON object in a body of any content type; empty if there is none. Never raises."""
    payload = parsed(body)
    return payload if isinstance(payload, dict) else {}


def reply_code(value: object) -> int | None:
    """The reply code from an integer or a string of digits; None for anything else, such as true, 0.0 and null."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _SQLITE_INTEGER:
        return value
    return None


def parse_errors(errors: object) -> ContactErrors:
    """`data.errors` in any of its three published shapes, as {external id: {code: text}}; {} if there are none."""
    if not errors:
        return {}
    if isinstance(errors, Mapping):
        return {_as_text(who): _codes(what) for who, what in errors.items()}
    if isinstance(errors, list) and all(isinstance(entry, Mapping) for entry in errors):
        return {
            _as_text(entry.get("key", "")): {
                _as_text(entry.get("errorCode", "")): _as_text(entry.get("errorMsg", ""))
            }
            for entry in errors
        }
    return {"": {"": _as_text(errors)}}


def _codes(what: object) -> Mapping[str, str]:
    if isinstance(what, Mapping):
        return {_as_text(code): _as_text(text) for code, text in what.items()}
    return {"": _as_text(what)}


def _as_text(value: object) -> str:
    try:
        return replace_surrogates(value) if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        return "(nested too deeply to be shown)"


def parse_events(data: object) -> tuple[ExternalEvent, ...]:
    return tuple(
        ExternalEvent(_id(row, "event"), _as_text(row.get("name") or "")) for row in _rows(data, "events")
    )


def parse_fields(data: object) -> tuple[Field, ...]:
    return tuple(
        Field(
            _id(row, "field"),
            _as_text(row.get("name") or ""),
            _as_text(row.get("string_id") or ""),
            _as_text(row.get("application_type") or ""),
        )
        for row in _rows(data, "fields")
    )


def parse_contacts(result: object) -> tuple[Contact, ...]:
    """The contacts in `data.result` of contact/query and contact/getdata; none if it is missing, false or []."""
    return tuple(_contact(row) for row in _rows(result or [], "contacts"))


def parse_ids(data: object) -> tuple[str, ...]:
    ids = [scalar_text(entry) for entry in data] if isinstance(data, list) else [None]
    if not all(ids):
        raise WireError("The account did not answer with a list of contact ids.")
    return tuple(entry for entry in ids if entry)


def parse_page(data: object) -> tuple[tuple[str, ...], str | None]:
    """The contact ids in `data` of contactlist/<id>/contactIds, and the path of the next page. Raises WireError."""
    members = data if isinstance(data, Mapping) else {}
    path = members.get("next")
    return parse_ids(members.get("value")), path if isinstance(path, str) and path else None


def parse_usages(data: object) -> Usages:
    if not isinstance(data, Mapping):
        raise WireError("The account did not answer with what uses the event.")
    names = ("email_ids", "program_ids", "interactions_program_ids")
    return Usages(*(parse_ids(data.get(name) or []) for name in names))


def parse_mail(data: object) -> Mail:
    row = data if isinstance(data, Mapping) else {}
    return Mail(_id(row, "mail"), _value_text(row.get("name")), _value_text(row.get("subject")))


def parse_launches(data: object) -> tuple[Launch, ...]:
    """The launched mails in `data` of contact/getcontacthistory. Raises WireError if it is not a list of launches."""
    rows = [row for row in _rows(data or [], "mails") if row.get("delivery_status") == "launched"]
    return tuple(
        Launch(_value_text(row.get("emailId")), _value_text(row.get("contactId")), _moment(row))
        for row in rows
    )


def _moment(row: Mapping[str, object]) -> datetime:
    try:
        return from_account_time(datetime.strptime(_value_text(row.get("launch_date")), "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        raise WireError("The account listed a mail without the time of its launch.") from None


def _contact(row: Mapping[str, object]) -> Contact:
    values = {
        key: text for key, value in row.items() if key not in ("id", "uid") and (text := _value_text(value))
    }
    return Contact(_id(row, "contact"), _value_text(row.get("uid")), values)


def _value_text(value: object) -> str:
    return "" if value is None else _as_text(scalar_text(value) or value)


def _rows(data: object, what: str) -> Iterable[Mapping[str, object]]:
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise WireError(f"The account did not answer with a list of {what}.")
    if not all(isinstance(row, Mapping) for row in data):
        raise WireError(f"The account's list of {what} contains an unreadable entry.")
    return data


def _id(row: Mapping[str, object], what: str) -> str:
    text = _as_text(scalar_text(row.get("id")) or "")
    if not text:
        raise WireError(f"The account listed one {what} without an id.")
    return text
