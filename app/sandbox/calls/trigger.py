"""POST event/<id>/trigger: judged by the rules of the domain, then by what the rules do not cover."""

from app.domain.rules import judge
from app.domain.wire import parse_trigger
from app.sandbox.answers import Answer, ok, refused
from app.sandbox.calls.batch import trigger_batch
from app.sandbox.calls.call import Call, Ground
from app.sandbox.calls.checks import check_attached, check_extras, connected_to

ACCEPTED = ok({})


def trigger(ground: Ground, call: Call) -> Answer:
    """The reply to a trigger, of one contact or, where `contacts` are given, of many. Raises Refused."""
    if call.payload.get("contacts") is not None:
        return trigger_batch(ground, call)
    request = parse_trigger(call.path["event_id"], call.payload)
    verdict = judge(request, ground.account)
    if verdict.code:
        return refused(verdict.code, verdict.text)
    check_extras(call.payload, call.length)
    event = ground.account.events[request.event_id]
    check_attached(event, ground.options)
    repeated: tuple[str, ...] = ()
    if request.trigger_id is not None and ground.memory.repeat(request.trigger_id):
        repeated = (request.trigger_id,)
    if ground.options.interactions:
        return ok({"connectedTo": connected_to(event)}, repeated)
    return ok({}, repeated) if repeated else ACCEPTED
