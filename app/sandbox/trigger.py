"""POST event/<id>/trigger, the single form: judged by the rules of the domain, then by what the rules do not cover."""

from app.domain.rules import judge
from app.domain.wire import parse_trigger
from app.sandbox.answers import Answer, Refused, ok, refused
from app.sandbox.calls import Call, Ground
from app.sandbox.checks import check_extras, connected_to

ACCEPTED = ok({})


def trigger(ground: Ground, call: Call) -> Answer:
    """The reply to a trigger. Raises Refused."""
    request = parse_trigger(call.path["event_id"], call.payload)
    verdict = judge(request, ground.account)
    if verdict.code:
        return refused(verdict.code, verdict.text)
    check_extras(call.payload, call.length)
    event = ground.account.events[request.event_id]
    if not (event.attached or ground.options.interactions):
        raise Refused(5005, "No program or campaign is triggered.")
    repeated = request.trigger_id is not None and ground.memory.repeat(request.trigger_id)
    accepted = ok({"connectedTo": connected_to(event)}) if ground.options.interactions else ACCEPTED
    if repeated and request.trigger_id is not None:
        return Answer(accepted.status, accepted.body, (request.trigger_id,))
    return accepted
