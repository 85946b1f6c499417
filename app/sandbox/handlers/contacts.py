"""The calls about contacts: getdata, query, checkids, the internal id by a field, lists, their mail history."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import unquote

from starlette.responses import Response

from app.domain.mails import account_time
from app.domain.model import CONTACT_KEYS, TriggerRequest
from app.domain.rules import RULES, judge
from app.domain.text import whole_number
from app.domain.wire import key_text, scalar_text
from app.sandbox.context import ApiRequest, Context
from app.sandbox.handlers.trigger import Triggered
from app.sandbox.idempotency import ReachedContact
from app.sandbox.responses import INVALID_PARAMETER, Rejected, not_served, ok

MAX_KEYS = 1000
MAX_PAGE = 10_000
MAX_LIST_PAGE = 1_000_000
MAX_IDS_PAGE = 100_000
ALL_CONTACTS = "1"
PAGE_PARAMETERS = frozenset({"return", "limit", "offset", "excludeempty"})
FIND_RULES = tuple(rule for rule in RULES if rule.code != 5001)


async def getdata(request: ApiRequest) -> Response:
    """POST contact/getdata: the fields of up to 1000 contacts. Raises Rejected (10001, 2004, 2006)."""
    context = request.context
    key_id = _getdata_key(context, request.payload.get("keyId", "id"))
    values = list(dict.fromkeys(scalar_text(value) or "" for value in _thousand(request, "keyValues")))
    fields = _getdata_fields(context, request.payload.get("fields"))
    rows = await asyncio.to_thread(context.account.with_values, key_id, values, fields)
    found = {place for place, _ in rows}
    contacts = {contact["id"]: contact for _, contact in rows}
    errors = [
        {"key": value, "errorCode": 2008, "errorMsg": f"No contact found with the external id: {key_id}"}
        for place, value in enumerate(values)
        if place not in found
    ]
    return ok({"errors": errors, "result": list(contacts.values()) or False})


def _getdata_key(context: Context, value: object) -> str:
    key_id = key_text(value)
    if not _is_key(context, key_id):
        if key_id.isascii() and key_id.isdigit():
            raise Rejected(2004, f"Invalid key field id: {key_id}")
        raise Rejected(10001, "keyId must be an integer")
    return key_id


def _is_key(context: Context, key_id: str) -> bool:
    return key_id in CONTACT_KEYS or context.account.has_field(key_id)


def _thousand(request: ApiRequest, name: str) -> Sequence[object]:
    """A list of the payload, for the two calls that word its faults alike. Raises Rejected (10001)."""
    if name not in request.payload:
        raise Rejected(10001, f"Missing parameter: {name}")
    values = request.payload[name]
    if not isinstance(values, list):
        raise Rejected(10001, f"{name} must be an array")
    if len(values) > MAX_KEYS:
        raise Rejected(10001, "Max. number of contacts: 1000")
    return values


def _getdata_fields(context: Context, wanted: object) -> Sequence[str]:
    if wanted is None:
        return tuple(context.account.fields)
    if not isinstance(wanted, list):
        raise Rejected(10001, "Fields must be an array")
    fields = dict.fromkeys(key_text(field) for field in wanted)
    _check_fields(context, fields)
    return [field for field in fields if field not in CONTACT_KEYS]


def _check_fields(context: Context, fields: Iterable[str]) -> None:
    for field in fields:
        if not _is_key(context, field):
            raise Rejected(2006, f"Invalid field id: {field}")


async def query(request: ApiRequest) -> Response:
    """GET contact/query: one field of the contacts with certain values, paged. Raises Rejected."""
    parameters = request.query_params
    shown = parameters.get("return")
    if not shown:
        raise Rejected(2014, "No field specified to return")
    wanted = {name: value for name, value in parameters.items() if name not in PAGE_PARAMETERS}
    _check_fields(request.context, (shown, *wanted))
    limit, offset = _page(parameters, MAX_PAGE)
    skip_empty = parameters.get("excludeempty") == "true"
    account = request.context.account
    page = await asyncio.to_thread(
        account.query, wanted, shown, skip_empty=skip_empty, limit=limit, offset=offset
    )
    return ok({"errors": [], "result": page})


def _page(parameters: Mapping[str, str], max_page: int) -> tuple[int, int]:
    limit = whole_number(parameters.get("limit", str(max_page)))
    if limit is None or not 1 <= limit <= max_page:
        raise Rejected(2016, "Invalid limit")
    offset = whole_number(parameters.get("offset", "0"))
    if offset is None:
        # GUESS: `One or more parameters are invalid or missing.` for an offset that is not a number
        raise Rejected(*INVALID_PARAMETER)
    return limit, offset


async def checkids(request: ApiRequest) -> Response:
    """POST contact/checkids: the internal ids of up to 1000 external ids. Raises Rejected (2002, 2003, 2004)."""
    account = request.context.account
    key_id = key_text(request.payload.get("key_id"))
    if not _is_key(request.context, key_id):
        raise Rejected(2004, f"Invalid key field id: {key_id}")
    wanted = request.payload.get("external_ids")
    if not isinstance(wanted, list):
        raise Rejected(2003, "Invalid datatype for the list of external ids. Array expected")
    if len(wanted) > MAX_KEYS:
        raise Rejected(2002, "The list of external ids exceeds the maximum size.")
    values = [scalar_text(value) or "" for value in wanted]
    several = request.payload.get("get_multiple_ids") is True
    found = await asyncio.to_thread(Triggered.among, account, key_id, values)
    ids: dict[str, object] = {}
    errors: dict[str, object] = {}
    for value in values:
        verdict = judge(TriggerRequest("", key_id, value), found, FIND_RULES)
        matches = found.matches(key_id, value).ids
        if verdict.code == 0 or (several and verdict.code == 2010):
            ids[value] = matches if several else matches[0]
        else:
            named = f"No contact found with the external id: {key_id}"
            errors[value] = {str(verdict.code): named if verdict.code == 2008 else verdict.text}
    return ok({"ids": ids, "errors": errors or []})


async def internal_id(request: ApiRequest) -> Response:
    """GET contact/<field>=<value> and GET contact/?<field>=<value>: the internal id. Raises Rejected."""
    account = request.context.account
    query_string = request.scope["query_string"].decode("ascii", "replace")
    pair = request.path_params.get("pair") or unquote(query_string.partition("&")[0])
    key_id, equals, value = pair.partition("=")
    if not equals:
        raise not_served(request)
    verdict = judge(TriggerRequest("", key_id, value), account, FIND_RULES)
    if verdict.code:
        raise Rejected(verdict.code, verdict.text)
    return ok({"id": account.matches(key_id, value).ids[0]})


async def list_contact_lists(_: ApiRequest) -> Response:
    """GET contactlist: the only list."""
    return ok([{"id": ALL_CONTACTS, "name": "All contacts", "created": "2020-01-01 00:00:00", "type": 0}])


async def get_contact_list(request: ApiRequest) -> Response:
    """GET contactlist/<id> and contactlist/<id>/contacts: contact ids, paged. Raises Rejected (3006, 2016, 1001)."""
    _check_list(request)
    limit, offset = _page(request.query_params, MAX_LIST_PAGE)
    return ok(await asyncio.to_thread(request.context.account.contact_ids, limit, offset))


async def list_contact_ids(request: ApiRequest) -> Response:
    """GET contactlist/<id>/contactIds: contact ids after the token, and the next page. Raises Rejected."""
    _check_list(request)
    parameters = request.query_params
    top = whole_number(parameters.get("$top", str(MAX_PAGE)))
    token = whole_number(parameters.get("$skiptoken", "0"))
    if token is None or top is None or not 1 <= top <= MAX_IDS_PAGE:
        raise Rejected(*INVALID_PARAMETER)
    # GUESS: The token of contactIds is the number of contacts before the page, and `value` is inside `data`
    ids = await asyncio.to_thread(request.context.account.contact_ids, top + 1, token)
    path = f"/contactlist/{ALL_CONTACTS}/contactIds?$skiptoken={token + top}&$top={top}"
    return ok({"value": ids[:top], "next": path if len(ids) > top else None})


async def count_contacts(request: ApiRequest) -> Response:
    """GET contactlist/<id>/count: the number of contacts, as text. Raises Rejected (3006)."""
    _check_list(request)
    return ok(str(request.context.account.count_contacts()))


def _check_list(request: ApiRequest) -> None:
    if request.path_params["list_id"] != ALL_CONTACTS:
        raise Rejected(3006, "No contact list found with the specified ID.", 404)


async def contact_history(request: ApiRequest) -> Response:
    """POST contact/getcontacthistory: the e-mails launched to up to 1000 contacts. Raises Rejected (10001, 1001)."""
    first = _day(request, "startDate", date.min)
    last = _day(request, "endDate", date.max)
    ids = [scalar_text(contact) for contact in _thousand(request, "contacts")]
    if None in ids:
        raise Rejected(*INVALID_PARAMETER)
    launches = request.context.accepted.launches(ids)
    timed = ((launch, account_time(datetime.fromtimestamp(launch.at, UTC))) for launch in launches)
    within = [(launch, moment) for launch, moment in timed if first <= moment.date() <= last]
    return ok([mail for launch, moment in within for mail in _launched(request, launch, moment)])


def _launched(request: ApiRequest, launch: ReachedContact, moment: datetime) -> list[dict[str, object]]:
    event = request.context.account.events.get(launch.event_id)
    return [
        {
            "emailId": int(mail.id),
            "contactId": launch.contact_id,
            "launch_date": f"{moment:%Y-%m-%d %H:%M:%S}",
            "delivery_status": "launched",
            "bounce_status": "",
        }
        for mail in (event.launched if event else ())
    ]


def _day(request: ApiRequest, name: str, default: date) -> date:
    if name not in request.payload:
        return default
    try:
        return datetime.strptime(str(request.payload[name]), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Rejected(*INVALID_PARAMETER) from None
