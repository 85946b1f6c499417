"""The OpenAPI 3.1 description that the sandbox serves, with ids of its own account as examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox import openapi_schemas as shapes
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.calls.routes import ROUTES, ApiRoute
from app.sandbox.openapi_schemas import Schema, envelope, listed, record
from app.sandbox.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Operation:
    """What the description says of one call; `query` holds its query parameters."""

    name: str
    summary: str
    data: Schema
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 10_000}
_OFFSET: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999}
_RESULT = record("errors result", errors=shapes.NO_ERRORS, result=listed(shapes.CONTACT))
_FOUND = record(
    "errors result",
    errors=listed(shapes.GETDATA_ERROR),
    result={"oneOf": [listed(shapes.CONTACT), {"type": "boolean", "const": False}]},
)
_ID = record("id", id=shapes.TEXT_ID)
_CHOICES = listed(record("id choice", id=shapes.TEXT_ID, choice={"type": "string"}))
_LIST = record("id name created", id=shapes.TEXT_ID, name={"type": "string"}, created={"type": "string"})
_PAGE = {"limit": _LIMIT | {"maximum": 1_000_000}, "offset": _OFFSET}

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "/event/{event_id}/trigger"): Operation(
        "triggerEvent",
        "Trigger an external event for one contact, or for up to 1000",
        {"anyOf": [shapes.BATCH_TRIGGERED, shapes.TRIGGERED]},
        {"anyOf": [shapes.TRIGGER_ONE, shapes.TRIGGER_MANY]},
    ),
    ("GET", "/event"): Operation("listEvents", "List the external events", listed(shapes.EVENT)),
    ("GET", "/event/{event_id}"): Operation("getEvent", "One external event", shapes.EVENT),
    ("GET", "/event/{event_id}/usages"): Operation("getEventUsages", "What uses an event", shapes.USAGES),
    ("GET", "/field"): Operation("listFields", "List the contact fields", listed(shapes.FIELD)),
    ("GET", "/field/translate/{language}"): Operation(
        "listFieldsIn", "List the contact fields in a language", listed(shapes.FIELD)
    ),
    ("GET", "/field/{field_id}/choice"): Operation("listChoices", "The choices of a field", _CHOICES),
    ("GET", "/field/{field_id}/choice/translate/{language}"): Operation(
        "listChoicesIn", "The choices of a field in a language", _CHOICES
    ),
    ("POST", "/contact/getdata"): Operation(
        "getContactData", "The fields of up to 1000 contacts", _FOUND, shapes.GETDATA
    ),
    ("GET", "/contact/query"): Operation(
        "queryContacts",
        "One field of the contacts that have a value; also `<field id>=<value>` in the query",
        _RESULT,
        query={
            "return": {"type": "string"},
            "limit": _LIMIT,
            "offset": _OFFSET,
            "excludeempty": {"type": "string"},
        },
        needs=frozenset({"return"}),
    ),
    ("POST", "/contact/checkids"): Operation(
        "checkContactIds", "The internal ids of up to 1000 contacts", shapes.CHECKED, shapes.CHECKIDS
    ),
    ("GET", "/contact"): Operation(
        "findContact", "The internal id of the contact with a value: `?<field id>=<value>`", _ID
    ),
    ("GET", "/contact/{pair:path}"): Operation(
        "findContactByPath", "The internal id of the contact with a value: `<field id>=<value>`", _ID
    ),
    ("GET", "/contactlist"): Operation("listContactLists", "List the contact lists", listed(_LIST)),
    ("GET", "/contactlist/{list_id}"): Operation(
        "getContactList", "The contact ids of a list", listed(shapes.TEXT_ID), query=_PAGE
    ),
    ("GET", "/contactlist/{list_id}/contacts"): Operation(
        "getContactListContacts", "The contact ids of a list", listed(shapes.TEXT_ID), query=_PAGE
    ),
    ("GET", "/settings"): Operation("getSettings", "The settings of the account", {"type": "object"}),
}

_REFUSALS = {
    "400": "Refused: the reply code and the reply text say why",
    "401": "Not signed in",
    "404": "No such thing",
    "408": "The body did not arrive in time",
    "413": "The body is over 10 MB",
    "429": "Past the rate limit",
}
_SECURITY: Mapping[str, list[Schema]] = {
    "none": [],
    "wsse": [{"wsse": []}],
    "oauth": [{"oauth": []}],
}


def describe_api(account: SandboxAccount, options: SandboxOptions) -> Schema:
    """The description of the API as it is served with these options, as JSON."""
    examples = _examples(account)
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        operation = OPERATIONS[route.method, route.path]
        path = route.path.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, operation, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "triggerdesk sandbox",
            "version": "2",
            "description": "External events of an SAP Emarsys account, re-enacted. Every reply is made here.",
        },
        "servers": _servers(options),
        "security": _SECURITY[options.auth],
        "paths": paths,
        "components": {
            "securitySchemes": _SCHEMES,
            "schemas": {"Refusal": shapes.REFUSAL},
            "headers": _HEADERS,
        },
    }


def _servers(options: SandboxOptions) -> list[Schema]:
    versions = {"none": ("v2", "v3"), "wsse": ("v2",), "oauth": ("v3",)}[options.auth]
    return [{"url": f"/api/{version}"} for version in versions]


def _examples(account: SandboxAccount) -> Mapping[str, str]:
    """Ids that exist, so that whoever tries the description meets more than refusals."""
    field_id = "3" if account.has_field("3") else next(iter(account.fields), "id")
    found = account.rows.page({}, field_id, True, 1, 0)
    value = (found[0][field_id] if found else "") or ""
    return {
        "event_id": next(iter(account.events), "1"),
        "field_id": field_id,
        "language": "en",
        "list_id": "1",
        "pair:path": f"{field_id}={value}",
        "return": field_id,
        "external_id": value,
    }


def _operation(route: ApiRoute, operation: Operation, examples: Mapping[str, str]) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(route, examples), *_query_parameters(operation, examples)],
        "responses": _responses(operation.data),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": _json(operation.body, _body_example(operation, examples)),
        }
    return described


def _path_parameters(route: ApiRoute, examples: Mapping[str, str]) -> list[Schema]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name.partition(":")[0],
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": examples[name],
        }
        for name in names
    ]


def _query_parameters(operation: Operation, examples: Mapping[str, str]) -> list[Schema]:
    return [
        {"name": name, "in": "query", "required": name in operation.needs, "schema": schema}
        | ({"example": examples[name]} if name in examples else {})
        for name, schema in operation.query.items()
    ]


def _body_example(operation: Operation, examples: Mapping[str, str]) -> object:
    key, value = examples["field_id"], examples["external_id"]
    return {
        "triggerEvent": {"key_id": key, "external_id": value, "data": {"global": {"itemName": "hammer"}}},
        "getContactData": {"keyId": key, "keyValues": [value]},
        "checkContactIds": {"key_id": key, "external_ids": [value]},
    }[operation.name]


def _responses(data: Schema) -> Schema:
    responses: Schema = {
        "200": {"description": "Received", "headers": _HEADER_REFERENCES, "content": _json(envelope(data))}
    }
    for status, description in _REFUSALS.items():
        content = _json({"$ref": "#/components/schemas/Refusal"})
        responses[status] = {"description": description, "headers": _HEADER_REFERENCES, "content": content}
    overloaded = {"text/plain": {"schema": {"type": "string"}}}
    return responses | {"503": {"description": "Too much is being received at once", "content": overloaded}}


def _json(schema: Schema, example: object = None) -> Schema:
    media: dict[str, Any] = {"schema": schema}
    return {"application/json": media if example is None else media | {"example": example}}


_HEADER_NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_HEADERS: Schema = {name: {"schema": {"type": "integer"}} for name in _HEADER_NAMES}
_HEADER_REFERENCES = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADER_NAMES}
_SCHEMES: Schema = {
    "wsse": {"type": "apiKey", "in": "header", "name": "X-WSSE"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}},
    },
}
