"""What a trigger can carry beside its event data: an event time and attachments."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence

from app.domain.model import Attachment, Extras

MAX_REQUEST = 10_000_000
"""The size in bytes of the largest body that the service accepts."""

EVENT_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.000)?Z", re.ASCII
)
"""The two forms of an event time that Emarsys accepts."""


class ExtrasError(ValueError):
    """An event time or attachment that cannot be sent; `key` is its key in the request."""

    def __init__(self, key: str, sentence: str) -> None:
        self.key = key
        super().__init__(sentence)


def attach(filename: str, content: bytes) -> Attachment:
    return Attachment(filename, base64.b64encode(content).decode("ascii"), len(content))


def parse_event_time(value: object) -> str | None:
    """The event time; None for null. Raises ExtrasError for anything but the two forms."""
    if value is not None and not (isinstance(value, str) and EVENT_TIME.fullmatch(value)):
        raise ExtrasError(
            "event_time",
            f"{str(value)[:60]!r} is not an event time. "
            "Write it in UTC as 2026-03-01T13:00:00Z or 2026-03-01T13:00:00.000Z.",
        )
    return value


def parse_extras(request: Mapping[str, object]) -> Extras:
    """The extras among the keys of a request. Raises ExtrasError."""
    given = request.get("attachment") or ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ExtrasError("attachment", "must be a list of {filename, data}.")
    return Extras(parse_event_time(request.get("event_time")), tuple(map(_attachment, given)))


def extras_json(extras: Extras) -> dict[str, object]:
    """The extras as keys of a request; those that are absent have none."""
    found: dict[str, object] = {}
    if extras.event_time is not None:
        found["event_time"] = extras.event_time
    if extras.attachments:
        found["attachment"] = [{"filename": one.filename, "data": one.data} for one in extras.attachments]
    return found


def extras_words(extras: Extras) -> Iterator[tuple[str, str]]:
    """The label and the value of each, for people."""
    if extras.event_time is not None:
        yield "event time", extras.event_time
    for one in extras.attachments:
        yield "attachment", f"{one.filename}, {one.size:,} bytes"


def _attachment(entry: object) -> Attachment:
    name, data = (entry.get("filename"), entry.get("data")) if isinstance(entry, Mapping) else (None, None)
    if not isinstance(name, str) or not isinstance(data, str):
        raise ExtrasError("attachment", "must be a list of {filename, data}, both text.")
    try:
        size = len(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise ExtrasError("attachment", f"The data of {name[:60]!r} is not base64.") from None
    return Attachment(name, data, size)
