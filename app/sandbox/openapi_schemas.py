"""The shapes of the description: what goes in, and what comes out, as JSON Schema 2020-12."""

from typing import Any

Schema = dict[str, Any]

TEXT_ID: Schema = {"type": "string"}
ANY_ID: Schema = {
    "type": ["string", "integer"],
    "description": "Text, or an integer taken as its decimal text.",
}
ERROR_MAP: Schema = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
}
NO_ERRORS: Schema = {"type": "array", "maxItems": 0, "description": "Nothing went wrong."}


def listed(item: Schema) -> Schema:
    """An array of `item`."""
    return {"type": "array", "items": item}


def record(required: str, **properties: Schema) -> Schema:
    """An object; `required` names the members that are always there, separated by spaces."""
    return {"type": "object", "required": required.split(), "properties": properties}


def envelope(data: Schema) -> Schema:
    """The reply that every call gives where it succeeds."""
    return record(
        "replyCode replyText data",
        replyCode={"type": "integer", "const": 0},
        replyText={"type": "string", "const": "OK"},
        data=data,
    )


REFUSAL = record(
    "replyCode replyText data",
    replyCode={
        "type": "integer",
        "description": "Read it together with the HTTP status: codes are used again.",
    },
    replyText={"type": "string"},
    data={"type": "string", "const": ""},
)

CONNECTED: Schema = {
    "description": "Only for an account with Interactions; false: nothing uses the event.",
    "oneOf": [
        {"type": "boolean", "const": False},
        record(
            "email acProgram",
            email={"type": "boolean"},
            acProgram={"type": "boolean"},
            interactionsProgram={"type": "boolean"},
        ),
    ],
}

EVENT = record("id name", id=TEXT_ID, name={"type": "string"}, created={"type": "string"})
FIELD = record(
    "id name application_type string_id",
    id=TEXT_ID,
    name={"type": "string"},
    application_type={"type": "string"},
    string_id={"type": "string"},
)
USAGES = record(
    "program_ids email_ids interactions_program_ids",
    program_ids=listed(TEXT_ID),
    email_ids=listed(TEXT_ID),
    interactions_program_ids=listed(TEXT_ID),
)
CONTACT: Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": TEXT_ID, "uid": {"type": "string"}},
    "additionalProperties": {"type": ["string", "null"], "description": "The value of a field, by field id."},
}
GETDATA_ERROR = record(
    "key errorCode errorMsg",
    key={"type": "string"},
    errorCode={"type": "string"},
    errorMsg={"type": "string"},
)

TRIGGERED: Schema = {"type": "object", "properties": {"connectedTo": CONNECTED}}
BATCH_TRIGGERED = record(
    "ids errors",
    ids=listed(TEXT_ID),
    errors={"oneOf": [NO_ERRORS, ERROR_MAP]},
    connectedTo=CONNECTED,
)

_EXTRAS: Schema = {
    "data": {
        "description": "Event data: an object of at most 1,000,000 bytes; also as JSON text, or an empty list.",
        "anyOf": [
            {"type": "object"},
            {"type": "array", "maxItems": 0},
            {"type": "null"},
            {"type": "string", "contentMediaType": "application/json"},
        ],
    },
    "event_time": {
        "type": ["string", "null"],
        "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.000)?Z$",
        "description": "UTC, to the second.",
    },
    "trigger_id": {
        "description": "Text: an accepted one is not processed a second time. Anything else is ignored.",
    },
    "attachment": {"description": "Files as [{filename, data}], data in base64. Accepted and not looked at."},
}

TRIGGER_ONE: Schema = {
    "type": "object",
    "title": "One contact",
    "required": ["key_id", "external_id"],
    "properties": {
        "key_id": ANY_ID | {"description": "A field id of the account, or `id`, or `uid`."},
        "external_id": ANY_ID | {"description": "The contact's value of the key field."},
        "contacts": {"type": "null"},
        **_EXTRAS,
    },
}
TRIGGER_MANY: Schema = {
    "type": "object",
    "title": "Many contacts",
    "required": ["key_id", "contacts"],
    "properties": {
        "key_id": ANY_ID,
        "contacts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["external_id"],
                "properties": {"external_id": ANY_ID, **_EXTRAS},
            },
        },
    },
}
GETDATA: Schema = {
    "type": "object",
    "required": ["keyValues"],
    "properties": {
        "keyId": ANY_ID | {"default": "id"},
        "keyValues": {"type": "array", "maxItems": 1000},
        "fields": {"oneOf": [listed(ANY_ID), {"type": "null"}], "description": "Field ids; left out: all."},
    },
}
CHECKIDS: Schema = {
    "type": "object",
    "required": ["key_id", "external_ids"],
    "properties": {
        "key_id": ANY_ID,
        "external_ids": {"type": "array", "maxItems": 1000},
        "get_multiple_ids": {"description": "true: all ids of a value, in a list.", "default": False},
    },
}
CHECKED = record(
    "ids errors",
    ids={"type": "object", "additionalProperties": {"oneOf": [TEXT_ID, listed(TEXT_ID)]}},
    errors={"oneOf": [NO_ERRORS, ERROR_MAP]},
)
