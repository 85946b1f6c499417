"""POST event/<id>/trigger: the domain's rules decide first, then the checks that they do not cover."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from app.domain.event_data import MAX_BYTES
from app.domain.model import Account, ExtrasError, Matches, TriggerRequest, parse_event_time
from app.domain.rules import RULES, Rule, judge
from app.domain.wire import key_text, parse_trigger
from app.sandbox.accounts.account import NO_MATCH, SandboxAccount
from app.sandbox.context import ApiRequest, Context
from app.sandbox.idempotency import Accepted
from app.sandbox.responses import Rejected, ok

MAX_CONTACTS = 1000
AT_ONCE = 20
"""How many contacts of a batch are handled between two turns of the loop: a key of the dashboard takes many turns."""

# GUESS: The order of judging
# GUESS: Only the first broken rule is reported
# GUESS: With key id `id` or `uid` no field is looked up
# GUESS: A key id is a field id, `id` or `uid`
REQUEST_RULES = tuple(rule for rule in RULES if rule.scope == "request")
CONTACT_RULES = tuple(rule for rule in RULES if rule.scope == "contact")


async def trigger(request: ApiRequest) -> Response:
    """The reply to a trigger of one contact, or of many if there are `contacts`. Raises Rejected."""
    context = request.context
    key_id = _key_id(request)
    if request.payload.get("contacts") is not None:
        return await _trigger_many(request, key_id)
    sent = parse_trigger(request.path_params["event_id"], {**request.payload, "key_id": key_id})
    found = Triggered.among(context.account, sent.key_id, [sent.external_id])
    _check(sent, found)
    _check_extras(request.payload, request.length)
    return await _reply(context, sent.event_id, [found.accepted(sent, request.payload)], {})


def _key_id(request: ApiRequest) -> str:
    """The key id as text; with `field_names`, a field's id for its string id, such as 3 for `email`."""
    context = request.context
    key_id = key_text(request.payload.get("key_id"))
    if context.options.field_names:
        ids = {field.string_id: field.id for field in context.account.fields.values() if field.string_id}
        return ids.get(key_id, key_id)
    return key_id


def _check(sent: TriggerRequest, account: Account, rules: tuple[Rule, ...] = RULES) -> None:
    verdict = judge(sent, account, rules)
    if verdict.code:
        raise Rejected(verdict.code, verdict.text)


async def _trigger_many(request: ApiRequest, key_id: str) -> Response:
    """A rule about the request rejects it whole; the others reject single contacts, within HTTP 200."""
    context = request.context
    entries = _entries(request.payload)
    event_id = request.path_params["event_id"]
    _check(TriggerRequest(event_id, key_id, ""), context.account, REQUEST_RULES)
    accepted: list[Accepted] = []
    # GUESS: Of an external id given twice in a batch, both are processed, and `errors` keeps one
    errors: dict[str, dict[str, str]] = {}
    for start in range(0, len(entries), AT_ONCE):
        await asyncio.sleep(0)  # a dashboard may run in the same loop
        some = entries[start : start + AT_ONCE]
        sent = [parse_trigger(event_id, {**entry, "key_id": key_id}) for entry in some]
        found = Triggered.among(context.account, key_id, (one.external_id for one in sent))
        for one, entry in zip(sent, some, strict=True):
            try:
                _check(one, found, CONTACT_RULES)
                _check_extras(entry, request.length)
            except Rejected as rejected:
                errors[one.external_id] = {str(rejected.code): rejected.text}
            else:
                accepted.append(found.accepted(one, entry))
    ids = [one.contact_id for one in accepted]
    # GUESS: A batch that is rejected for everybody is still 200
    return await _reply(context, event_id, accepted, {"ids": ids, "errors": errors or []})


@dataclass(frozen=True, slots=True)
class Triggered:
    """An account whose contacts for one key are looked up already; implements app.domain.model.Account."""

    account: SandboxAccount
    found: Mapping[str, Matches]

    @classmethod
    def among(cls, account: SandboxAccount, key_id: str, external_ids: Iterable[str]) -> "Triggered":
        return cls(account, account.matches_of_many(key_id, external_ids))

    def has_event(self, event_id: str) -> bool:
        return self.account.has_event(event_id)

    def has_field(self, field_id: str) -> bool:
        return self.account.has_field(field_id)

    def matches(self, _: str, external_id: str) -> Matches:
        return self.found.get(external_id, NO_MATCH)

    def accepted(self, sent: TriggerRequest, carrier: Mapping[str, object]) -> Accepted:
        """What is recorded of a trigger that broke no rule; `carrier` is its part of the payload."""
        contact_id = self.found[sent.external_id].ids[0]
        data = carrier.get("data")
        return Accepted(sent.event_id, sent.key_id, sent.external_id, contact_id, sent.trigger_id, data)


def _entries(payload: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    contacts = payload["contacts"]
    if not isinstance(contacts, list):
        # GUESS: `contacts must be an array`
        raise Rejected(10001, "contacts must be an array")
    if not contacts:
        # GUESS: `Missing parameter: contacts` for an empty list
        raise Rejected(10001, "Missing parameter: contacts")
    if len(contacts) > MAX_CONTACTS:
        raise Rejected(1000, "The request exceeded the maximum batch size of 1,000")
    return [contact if isinstance(contact, dict) else {} for contact in contacts]


def _check_extras(carrier: Mapping[str, object], length: int) -> None:
    """Checks `data` and `event_time` of a trigger, or of one contact of a batch. Raises Rejected.

    `length` is that of the whole body: if it is within the limit, so is every part of it.
    """
    if carrier.get("data") is not None:
        _check_data(carrier["data"], may_be_too_large=length > MAX_BYTES)
    try:
        parse_event_time(carrier.get("event_time"))
    except ExtrasError:
        raise Rejected(5010, "Invalid event time format.") from None


def _check_data(data: object, *, may_be_too_large: bool) -> None:
    value = data
    if isinstance(data, str):
        # GUESS: `data` may be JSON text, which is decoded
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise Rejected(5009, "Event data is not valid JSON.") from None
    # PHP clients write an empty object as an empty list.
    if not isinstance(value, dict) and value != []:
        raise Rejected(5011, "Event data is not an object.")
    if not may_be_too_large:
        return
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        # GUESS: 5008, `Event data size above limit for interactions program triggering.`
        raise Rejected(5008, "Event data size above limit for interactions program triggering.")


async def _reply(
    context: Context, event_id: str, accepted: Sequence[Accepted], data: Mapping[str, object]
) -> Response:
    attached, interactions = context.account.events[event_id].attached, context.options.interactions
    if accepted and not (attached or interactions):
        raise Rejected(5005, "No program or campaign is triggered.")
    deduplicated: list[str] = []
    for number in range(0, len(accepted), AT_ONCE):
        if number:
            await asyncio.sleep(0)
        deduplicated += context.accepted.add(accepted[number : number + AT_ONCE], context.clock())
    if interactions:
        connected = {"email": True, "acProgram": False, "interactionsProgram": False}
        data = {**data, "connectedTo": connected if attached else False}
    return ok(data, tuple(deduplicated))
