"""The trigger with `contacts`: up to a thousand of them, looked up at once and judged one by one.

The rules are those of the single form. The ones that concern the request refuse it whole;
the others refuse one contact each, within HTTP 200. That a batch refused for everybody is
still 200 is an assumption, and so is what happens to an external id given twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.account import Matches
from app.domain.model import TriggerRequest
from app.domain.rules import RULES, judge
from app.domain.wire import key_text, parse_trigger
from app.sandbox.accounts.account import NOBODY, SandboxAccount
from app.sandbox.answers import Answer, Refused, ok, refused
from app.sandbox.calls.call import Call, Ground
from app.sandbox.calls.checks import check_attached, check_extras, connected_to

MAX_CONTACTS = 1000
REQUEST_RULES = tuple(rule for rule in RULES if rule.scope == "request")
CONTACT_RULES = tuple(rule for rule in RULES if rule.scope == "contact")


@dataclass(frozen=True, slots=True)
class Prefetched:
    """An account that already knows the contacts of one batch; implements app.domain.account.Account."""

    account: SandboxAccount
    found: Mapping[str, Matches]

    def has_event(self, event_id: str) -> bool:
        """Whether the account has this external event."""
        return self.account.has_event(event_id)

    def has_field(self, field_id: str) -> bool:
        """Whether the account has this contact field."""
        return self.account.has_field(field_id)

    def matches(self, _: str, external_id: str) -> Matches:
        """The contacts that the key of the batch finds."""
        return self.found.get(external_id, NOBODY)


def trigger_batch(ground: Ground, call: Call) -> Answer:
    """The reply to a batch: ids of the contacts triggered, and the others with their errors. Raises Refused."""
    entries = _entries(call.payload)
    event_id, key_id = call.path["event_id"], key_text(call.payload.get("key_id"))
    verdict = judge(TriggerRequest(event_id, key_id, ""), ground.account, REQUEST_RULES)
    if verdict.code:
        return refused(verdict.code, verdict.text)
    requests = [parse_trigger(event_id, {**entry, "key_id": key_id}) for entry in entries]
    found = ground.account.matches_of_many(key_id, (request.external_id for request in requests))
    known = Prefetched(ground.account, found)
    accepted: list[TriggerRequest] = []
    errors: dict[str, dict[str, str]] = {}
    for request, entry in zip(requests, entries, strict=True):
        try:
            _judge_contact(request, known, entry, call.length)
        except Refused as refusal:
            errors[request.external_id] = {str(refusal.code): refusal.text}
        else:
            accepted.append(request)
    return _answer(ground, event_id, [(r, known.matches("", r.external_id).ids[0]) for r in accepted], errors)


def _entries(payload: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    contacts = payload["contacts"]
    if not isinstance(contacts, list):
        raise Refused(10001, "contacts must be an array")
    if not contacts:
        raise Refused(10001, "Missing parameter: contacts")
    if len(contacts) > MAX_CONTACTS:
        raise Refused(1000, "The request exceeded the maximum batch size of 1,000")
    return [contact if isinstance(contact, dict) else {} for contact in contacts]


def _judge_contact(
    request: TriggerRequest, known: Prefetched, entry: Mapping[str, object], length: int
) -> None:
    verdict = judge(request, known, CONTACT_RULES)
    if verdict.code:
        raise Refused(verdict.code, verdict.text)
    check_extras(entry, length)


def _answer(
    ground: Ground,
    event_id: str,
    accepted: Sequence[tuple[TriggerRequest, str]],
    errors: Mapping[str, Mapping[str, str]],
) -> Answer:
    event = ground.account.events[event_id]
    if accepted:
        check_attached(event, ground.options)
    repeated = ground.memory.repeats(
        request.trigger_id for request, _ in accepted if request.trigger_id is not None
    )
    data: dict[str, object] = {"ids": [contact_id for _, contact_id in accepted], "errors": errors or []}
    if ground.options.interactions:
        data["connectedTo"] = connected_to(event)
    return ok(data, repeated)
