"""The calls about external events: list, one, and what uses it."""

from app.sandbox.accounts.folder import EventEntry
from app.sandbox.answers import Answer, Refused, ok
from app.sandbox.calls.call import Call, Ground


def list_events(ground: Ground, _: Call) -> Answer:
    """GET event: every external event, unpaged."""
    return ok([_shown(event) for event in ground.account.events.values()])


def get_event(ground: Ground, call: Call) -> Answer:
    """GET event/<id>: one external event as an object (the 2016 page; a newer one answers an array)."""
    return ok(_shown(_known(ground, call)))


def event_usages(ground: Ground, call: Call) -> Answer:
    """GET event/<id>/usages: an attached event is used by one e-mail, whose id is invented from the event's."""
    event = _known(ground, call)
    used = [event.id] if event.attached else []
    return ok({"program_ids": [], "email_ids": used, "interactions_program_ids": []})


def _known(ground: Ground, call: Call) -> EventEntry:
    event = ground.account.events.get(call.path["event_id"])
    if event is None:
        raise Refused(5001, "No event found with the specified ID.")
    return event


def _shown(event: EventEntry) -> dict[str, str]:
    shown = {"id": event.id, "name": event.name}
    return shown | {"created": event.created} if event.created else shown
