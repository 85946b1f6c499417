"""What a trigger may carry beside its key: event data and event time, checked in the order 5009, 5011, 5008, 5010.

The four codes are of the public registry; that event data may come as JSON text, that
5008 also stands for the limit of one megabyte, and the order are assumptions.
"""

import json
import re
from collections.abc import Mapping

from app.domain.event_data import MAX_BYTES
from app.sandbox.accounts.folder import EventEntry
from app.sandbox.answers import Refused
from app.sandbox.options import SandboxOptions

_EVENT_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.000)?Z", re.ASCII
)


def check_extras(carrier: Mapping[str, object], length: int) -> None:
    """Checks `data` and `event_time` of a trigger, or of one contact of a batch. Raises Refused.

    `length` is that of the whole body: where it is within the limit, so is every part of it.
    """
    if carrier.get("data") is not None:
        _check_data(carrier["data"], length > MAX_BYTES)
    event_time = carrier.get("event_time")
    if event_time is not None and not (isinstance(event_time, str) and _EVENT_TIME.fullmatch(event_time)):
        raise Refused(5010, "Invalid event time format.")


def _check_data(data: object, measured: bool) -> None:
    value = _decoded(data) if isinstance(data, str) else data
    # PHP clients write an empty object as an empty list.
    if not isinstance(value, dict) and value != []:
        raise Refused(5011, "Event data is not an object.")
    if measured and _size(data) > MAX_BYTES:
        raise Refused(5008, "Event data size above limit for interactions program triggering.")


def _size(data: object) -> int:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(5009, "Event data is not valid JSON.") from None


def check_attached(event: EventEntry, options: SandboxOptions) -> None:
    """Checks that something uses the event, where the account has no Interactions. Raises Refused (5005)."""
    if not (event.attached or options.interactions):
        raise Refused(5005, "No program or campaign is triggered.")


def connected_to(event: EventEntry) -> object:
    """What an account with Interactions says of an event: false where nothing uses it."""
    return {"email": True, "acProgram": False, "interactionsProgram": False} if event.attached else False
