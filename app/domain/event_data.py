"""Event data: parsing the JSON that the user types, and hints about its structure."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NoReturn

from app.domain.model import JsonObject
from app.domain.sanitize import has_surrogates

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
"""Levels of objects and lists: more than any Emarsys program reads, and far below the recursion limit."""


class EventDataError(ValueError):
    """Event data that cannot be sent; `line` and `column` count from 1, and are 0 if the fault has no position."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        self.line = line
        self.column = column
        where = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{where}{sentence}")


def parse_event_data(text: str) -> JsonObject | None:
    """The JSON object in `text`; None for blank text and `null`, which send no data.

    Raises EventDataError for anything else, and for more than 1,000,000 bytes.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise EventDataError(f"The event data is over {MAX_BYTES:,} bytes. Shorten it.")
    if not text.strip():
        return None
    value = _loads(text)
    if value is None:
        return None
    if has_surrogates(json.dumps(value, ensure_ascii=False)):
        raise EventDataError(
            "The event data contains half a character, such as \\ud800. Write the whole character."
        )
    if _is_deep(value):
        raise EventDataError(f"The event data is nested too deeply, over {MAX_DEPTH} levels.", 1, 1)
    if not isinstance(value, dict):
        line, column = _position(text, len(text) - len(text.lstrip()))
        raise EventDataError(
            'The event data must be a JSON object, such as {"global": {"itemName": "hammer"}}.',
            line,
            column,
        )
    return value


def _loads(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise EventDataError(f"{_in_words(error)}.", error.lineno, error.colno) from None
    except RecursionError:
        raise EventDataError("The event data is nested too deeply.", 1, 1) from None
    except EventDataError:
        raise
    except ValueError:
        raise EventDataError(
            "The event data contains a number with too many digits. Shorten it.", 1, 1
        ) from None


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _in_words(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc.rstrip()):
        return f"The JSON ends too early: {error.msg[0].lower()}{error.msg[1:]}"
    return error.msg


def _refuse_constant(name: str) -> NoReturn:
    raise EventDataError(f"{name} is not JSON. Write a number, a text or null.", 1, 1)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise EventDataError(f"The number {digits[:20]} is too large to send.", 1, 1)
    return number


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


INTERACTIONS_BYTES = 100_000
NEAR_BYTES = 900_000
_GLOBAL = "global"
_BESIDE = ("trigger_id", "event_time", "key_id", "external_id", "contacts", "attachment")
_RESERVED = "ems_event_time"
_SHOWN = 3


def data_hints(data: JsonObject | None) -> tuple[str, ...]:
    """A sentence for each part of the event data that probably does not do what its author expects."""
    return tuple(hint for check in _CHECKS for hint in check(data)) if data else ()


def sent_bytes(data: JsonObject | None) -> int:
    """The size of event data in bytes of compact JSON in UTF-8, as Emarsys measures it."""
    if data is None:
        return 0
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "replace"))


def _misplaced(data: JsonObject) -> Iterator[str]:
    inner = data.get(_GLOBAL)
    for where, level in (("", data), (" in global", inner if isinstance(inner, Mapping) else {})):
        for key in _BESIDE:
            if key in level:
                yield (
                    f"{key} in the event data{where} is an ordinary variable: "
                    f"{_BELONGS.get(key, 'it belongs next to the data, not inside it.')}"
                )


_BELONGS = {
    "trigger_id": "the trigger id is sent next to the data.",
    "key_id": "choose the key field in the form.",
    "external_id": "enter the external id in the form.",
}


def _wrapped(data: JsonObject) -> Iterator[str]:
    if isinstance(data.get("data"), Mapping):
        yield "The event data contains an object called data. Remove that level, unless a variable has that name."


def _reserved(data: JsonObject) -> Iterator[str]:
    if _RESERVED in data:
        yield f"{_RESERVED} is reserved: Emarsys ignores it silently."


def _global(data: JsonObject) -> Iterator[str]:
    if _GLOBAL in data and not isinstance(data[_GLOBAL], Mapping):
        yield "global must be an object of variables; otherwise they render empty."


def _mixed(data: JsonObject) -> Iterator[str]:
    sections = [key for key, value in data.items() if key != _GLOBAL and _is_section(value)]
    free = [
        key
        for key, value in data.items()
        if key not in (_GLOBAL, _RESERVED, *_BESIDE) and value != [] and not _is_section(value)
    ]
    if sections and free:
        yield (
            f"Section groups ({_some(sections)}) and free variables ({_some(free)}) cannot be combined. "
            "Move the variables into global, or remove the groups."
        )


def _is_section(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")


def _size(data: JsonObject) -> Iterator[str]:
    size = sent_bytes(data)
    if size > MAX_BYTES:
        yield f"The event data is {size:,} bytes long when sent; Emarsys rejects more than {MAX_BYTES:,}."
    elif size > NEAR_BYTES:
        yield f"The event data is {size:,} bytes long, near the limit of {MAX_BYTES:,}."
    elif size > INTERACTIONS_BYTES:
        yield f"The event data is {size:,} bytes long; over {INTERACTIONS_BYTES:,} bytes it does not reach Interactions programs."


_CHECKS: tuple[Callable[[JsonObject], Iterator[str]], ...] = (
    _misplaced,
    _wrapped,
    _reserved,
    _global,
    _mixed,
    _size,
)
