"""JSON <-> model in both directions: the shapes of the trigger endpoint and of the calls that fill a cache.

Real services answer ids as numbers and as text, `errors` in three shapes, and JSON under
any content type; everything is read tolerantly and written strictly.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from app.domain.model import Contact, ExternalEvent, Field, Reply, TriggerRequest
from app.domain.sanitize import replace_surrogates

ContactErrors = Mapping[str, Mapping[str, str]]

_COMPACT = json.JSONEncoder(
    separators=(",", ":"), allow_nan=False
)  # made once: making it costs half as much as using it
_SQLITE_INTEGER = range(-(2**63), 2**63)


class WireError(ValueError):
    """A reply that cannot be read as what was asked for; the message is one sentence."""


def trigger_path(event_id: str) -> str:
    """The path of the trigger call below the base URL."""
    return f"event/{quote(event_id, safe='')}/trigger"


def trigger_body(request: TriggerRequest) -> bytes:
    """The single form of the trigger call, in ASCII."""
    payload: dict[str, object] = {
        "key_id": request.key_id,
        "external_id": request.external_id,
    }
    if request.data is not None:
        payload["data"] = request.data
    if request.trigger_id is not None:
        payload["trigger_id"] = request.trigger_id
    return dumps(payload)


def dumps(value: object) -> bytes:
    """Compact ASCII JSON."""
    return _COMPACT.encode(value).encode("ascii")


def parse_trigger(event_id: str, payload: Mapping[str, object]) -> TriggerRequest:
    """The single form as the endpoint reads it.

    A key id of the wrong type becomes its JSON text and then is no field; an external id
    that is neither text nor integer becomes '' and then is no value.
    """
    trigger_id = payload.get("trigger_id")
    return TriggerRequest(
        event_id=event_id,
        key_id=key_text(payload.get("key_id")),
        external_id=scalar_text(payload.get("external_id")) or "",
        trigger_id=trigger_id if isinstance(trigger_id, str) else None,
    )


def scalar_text(value: object) -> str | None:
    """Text as it is, an integer as its decimal text, anything else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def key_text(value: object) -> str:
    """A key id as text: what is neither text nor integer is given back as its JSON, null as ''."""
    if value is None:
        return ""
    text = scalar_text(value)
    return json.dumps(value) if text is None else text


def reply_body(code: int, text: str, data: object = "") -> bytes:
    """The envelope of every reply; refusals carry `data: ""`."""
    return dumps({"replyCode": code, "replyText": text, "data": data})


def parse_reply(
    http_status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    body_length: int | None = None,
) -> Reply:
    """Any HTTP reply; what cannot be read leaves code and text None. `headers` in lower case. Never raises."""
    payload = json_object(body)
    data = payload.get("data")
    text = payload.get("replyText")
    header = headers or {}
    return Reply(
        http_status=http_status,
        reply_code=reply_code(payload.get("replyCode")),
        reply_text=replace_surrogates(text) if isinstance(text, str) else None,
        errors=parse_errors(data.get("errors")) if isinstance(data, dict) else {},
        body=body,
        body_length=len(body) if body_length is None else body_length,
        location=header.get("location"),
        date=header.get("date"),
        retry_after=header.get("retry-after"),
        limit_reset=header.get("x-ratelimit-reset"),
    )


def json_object(body: bytes) -> Mapping[str, object]:
    """A body as a JSON object, whatever its content type says; empty where it is none. Never raises."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def reply_code(value: object) -> int | None:
    """A reply code: an integer or a string of digits; true, 0.0 and null are none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _SQLITE_INTEGER:
        return value
    return None


def parse_errors(errors: object) -> ContactErrors:
    """`data.errors` in any of its three published shapes as {external id: {code: text}}; {} for none."""
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
    """`data` of GET /event. Raises WireError where it is no list of {id, name}."""
    return tuple(
        ExternalEvent(_id(row, "event"), _as_text(row.get("name") or "")) for row in _rows(data, "events")
    )


def parse_fields(data: object) -> tuple[Field, ...]:
    """`data` of GET /field. Raises WireError where it is no list of {id, name, ...}."""
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
    """`data.result` of contact/query and contact/getdata; absent, false and [] are no contacts.

    Raises WireError where it is anything else than a list of {id, uid, FIELD_ID: value}.
    """
    return tuple(_contact(row) for row in _rows(result or [], "contacts"))


def parse_ids(data: object) -> tuple[str, ...]:
    """`data` of a contact list: contact ids. Raises WireError where it is no list of ids."""
    ids = [scalar_text(entry) for entry in data] if isinstance(data, list) else [None]
    if not all(ids):
        raise WireError("The account did not answer with a list of contact ids.")
    return tuple(entry for entry in ids if entry)


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
        raise WireError(f"The account's list of {what} holds an entry that cannot be read.")
    return data


def _id(row: Mapping[str, object], what: str) -> str:
    text = _as_text(scalar_text(row.get("id")) or "")
    if not text:
        raise WireError(f"The account listed one {what} without an id.")
    return text
