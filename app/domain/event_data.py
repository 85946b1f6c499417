"""Event data as a person types it: JSON text -> the object that is sent, or the fault by line and column."""

import json
import math
from collections.abc import Iterable
from typing import NoReturn

from app.domain.model import JsonObject

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
"""Objects and lists within one another: more than any program reads, and far from what ends a stack."""


class EventDataError(ValueError):
    """Event data that cannot be sent: the sentence, and where (both from 1; 0: nowhere in particular)."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        self.line = line
        self.column = column
        where = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{where}{sentence}")


def parse_event_data(text: str) -> JsonObject | None:
    """The JSON object in `text`; None for blank text and `null`, which send no data at all.

    Raises EventDataError for anything else, and for more than 1,000,000 bytes.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise EventDataError(f"The event data is over {MAX_BYTES:,} bytes; shorten it.")
    if not text.strip():
        return None
    value = _loads(text)
    if value is None:
        return None
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
        raise EventDataError("The event data holds a number with too many digits.", 1, 1) from None


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
    raise EventDataError(f"{name} is no JSON value; write a number, a text or null.", 1, 1)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise EventDataError(f"The number {digits[:20]} is too large to send.", 1, 1)
    return number


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
