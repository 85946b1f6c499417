"""What is unusual about event data, as hints: the documented structure is advised, never enforced.

Separate from `event_data`, which refuses what cannot be sent.
"""

import json
from collections.abc import Callable, Iterator, Mapping

from app.domain.event_data import MAX_BYTES
from app.domain.model import JsonObject

INTERACTIONS_BYTES = 100_000
NEAR_BYTES = 900_000
_GLOBAL = "global"
_BESIDE = ("trigger_id", "event_time", "key_id", "external_id", "contacts", "attachment")
_RESERVED = "ems_event_time"
_SHOWN = 3


def data_hints(data: JsonObject | None) -> tuple[str, ...]:
    """A sentence for each thing about the event data that will probably not do what is expected; () for none."""
    return tuple(hint for check in _CHECKS for hint in check(data)) if data else ()


def sent_bytes(data: JsonObject | None) -> int:
    """The length of event data as the service measures it: compact JSON in UTF-8, in bytes."""
    if data is None:
        return 0
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _misplaced(data: JsonObject) -> Iterator[str]:
    inner = data.get(_GLOBAL)
    for where, level in (("", data), (" in global", inner if isinstance(inner, Mapping) else {})):
        for key in _BESIDE:
            if key in level:
                yield (
                    f"{key} in the event data{where} is a variable like any other: "
                    f"{_BELONGS.get(key, 'it belongs beside the data, not into it.')}"
                )


_BELONGS = {
    "trigger_id": "the desk sends a trigger id beside the data.",
    "key_id": "the key field is chosen in the form.",
    "external_id": "the external id is entered in the form.",
}


def _wrapped(data: JsonObject) -> Iterator[str]:
    if isinstance(data.get("data"), Mapping):
        yield "The event data holds an object called data: leave that level out, unless a variable has that name."


def _reserved(data: JsonObject) -> Iterator[str]:
    if _RESERVED in data:
        yield f"{_RESERVED} is reserved: the service ignores it without a word."


def _global(data: JsonObject) -> Iterator[str]:
    if _GLOBAL in data and not isinstance(data[_GLOBAL], Mapping):
        yield "global must be an object of variables, or they render empty."


def _mixed(data: JsonObject) -> Iterator[str]:
    sections = [key for key, value in data.items() if key != _GLOBAL and _is_section(value)]
    free = [
        key
        for key, value in data.items()
        if key not in (_GLOBAL, _RESERVED, *_BESIDE) and value != [] and not _is_section(value)
    ]
    if sections and free:
        yield (
            f"Section groups ({_some(sections)}) and free variables ({_some(free)}) exclude each other: "
            "move the variables into global, or do without the groups."
        )


def _is_section(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")


def _size(data: JsonObject) -> Iterator[str]:
    size = sent_bytes(data)
    if size > MAX_BYTES:
        yield f"The event data is {size:,} bytes long as it is sent; over {MAX_BYTES:,} it is refused."
    elif size > NEAR_BYTES:
        yield f"The event data is {size:,} bytes long, near the limit of {MAX_BYTES:,}."
    elif size > INTERACTIONS_BYTES:
        yield f"The event data is {size:,} bytes long; over {INTERACTIONS_BYTES:,} it does not reach Interactions programs."


_CHECKS: tuple[Callable[[JsonObject], Iterator[str]], ...] = (
    _misplaced,
    _wrapped,
    _reserved,
    _global,
    _mixed,
    _size,
)
