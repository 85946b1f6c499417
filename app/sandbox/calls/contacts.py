"""The calls that find contacts: getdata, query, checkids, and the internal id by a field."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote

from app.domain.model import CONTACT_KEYS, TriggerRequest
from app.domain.rules import RULES, Verdict, judge
from app.domain.wire import key_text, scalar_text
from app.sandbox.answers import Answer, Refused, ok
from app.sandbox.calls.call import Call, Ground

MAX_KEYS = 1000
MAX_PAGE = 10_000
PAGE_PARAMETERS = frozenset({"return", "limit", "offset", "excludeempty"})
CONTACT_RULES = tuple(rule for rule in RULES if rule.code != 5001)


def getdata(ground: Ground, call: Call) -> Answer:
    """POST contact/getdata: the fields of up to 1000 contacts. Raises Refused (10001, 2004, 2006)."""
    key_id = _getdata_key(ground, call.payload.get("keyId", "id"))
    values = _key_values(call.payload)
    shown = _getdata_fields(ground, call.payload.get("fields"))
    result: dict[str, dict[str, str | None]] = {}
    found = set()
    for place, contact in ground.account.rows.of_values(key_id, values, shown):
        found.add(place)
        result.setdefault(str(contact["id"]), contact)
    errors = [
        {"key": value, "errorCode": "2008", "errorMsg": f"No contact found with the external id: {key_id}"}
        for place, value in enumerate(values)
        if place not in found
    ]
    return ok({"errors": errors, "result": list(result.values()) or False})


def _getdata_key(ground: Ground, value: object) -> str:
    key_id = key_text(value)
    if key_id in CONTACT_KEYS or ground.account.has_field(key_id):
        return key_id
    if key_id.isascii() and key_id.isdigit():
        raise Refused(2004, f"Invalid key field id: {key_id}")
    raise Refused(10001, "keyId must be an integer")


def _key_values(payload: Mapping[str, object]) -> list[str]:
    if "keyValues" not in payload:
        raise Refused(10001, "Missing parameter: keyValues")
    values = payload["keyValues"]
    if not isinstance(values, list):
        raise Refused(10001, "keyValues must be an array")
    if len(values) > MAX_KEYS:
        raise Refused(10001, "Max. number of contacts: 1000")
    return list(dict.fromkeys(scalar_text(value) or "" for value in values))


def _getdata_fields(ground: Ground, wanted: object) -> Sequence[str]:
    if wanted is None:
        return tuple(ground.account.fields)
    if not isinstance(wanted, list):
        raise Refused(10001, "Fields must be an array")
    fields = dict.fromkeys(key_text(field) for field in wanted)
    for field in fields:
        _check_field(ground, field)
    return [field for field in fields if field not in CONTACT_KEYS]


def _check_field(ground: Ground, field: str) -> None:
    if field not in CONTACT_KEYS and not ground.account.has_field(field):
        raise Refused(2006, f"Invalid field id: {field}")


def query(ground: Ground, call: Call) -> Answer:
    """GET contact/query: one field of the contacts with certain values, paged. Raises Refused."""
    parameters = _parameters(call)
    shown = parameters.get("return")
    if not shown:
        raise Refused(2014, "No field specified to return")
    wanted = {name: value for name, value in parameters.items() if name not in PAGE_PARAMETERS}
    for field in (shown, *wanted):
        _check_field(ground, field)
    limit = _number(parameters.get("limit", str(MAX_PAGE)))
    if limit is None or not 1 <= limit <= MAX_PAGE:
        raise Refused(2016, "Invalid limit")
    offset = _number(parameters.get("offset", "0"))
    if offset is None:
        raise Refused(1001, "One or more parameters are invalid or missing.")
    skip_empty = parameters.get("excludeempty", "").lower() in ("true", "1")
    return ok({"errors": [], "result": ground.account.rows.page(wanted, shown, skip_empty, limit, offset)})


def _parameters(call: Call) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(call.query.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
        )
    except ValueError:
        raise Refused(1001, "One or more parameters are invalid or missing.") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def checkids(ground: Ground, call: Call) -> Answer:
    """POST contact/checkids: the internal ids of up to 1000 external ids. Raises Refused (2002, 2003, 2004)."""
    key_id = key_text(call.payload.get("key_id"))
    if key_id not in CONTACT_KEYS and not ground.account.has_field(key_id):
        raise Refused(2004, f"Invalid key field id: {key_id}")
    values = call.payload.get("external_ids")
    if not isinstance(values, list):
        raise Refused(2003, "Invalid datatype for the list of external ids. Array expected")
    if len(values) > MAX_KEYS:
        raise Refused(2002, "The list of external ids exceeds the maximum size.")
    several = call.payload.get("get_multiple_ids") is True
    ids: dict[str, object] = {}
    errors: dict[str, object] = {}
    for value in (scalar_text(value) or "" for value in values):
        verdict, found = _find(ground, key_id, value)
        if verdict.code == 0 or (several and verdict.code == 2010):
            ids[value] = found if several else found[0]
        else:
            errors[value] = {str(verdict.code): verdict.text}
    return ok({"ids": ids, "errors": errors or []})


def internal_id(ground: Ground, call: Call) -> Answer:
    """GET contact/<field>=<value> and GET contact/?<field>=<value>: the internal id. Raises Refused."""
    pair = call.path.get("pair") or unquote(call.query.decode("ascii", "replace").partition("&")[0])
    key_id, _, value = pair.partition("=")
    verdict, found = _find(ground, key_id, value)
    if verdict.code:
        raise Refused(verdict.code, verdict.text)
    return ok({"id": found[0]})


def _find(ground: Ground, key_id: str, value: str) -> tuple[Verdict, Sequence[str]]:
    """The rules of a trigger, but for the event, and the contacts that the value finds."""
    request = TriggerRequest("", key_id, value)
    return judge(request, ground.account, CONTACT_RULES), ground.account.matches(key_id, value).ids
