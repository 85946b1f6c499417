"""Event data: parsing the JSON that the user types, hints about its structure, and its placeholders."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain, islice
from types import MappingProxyType
from typing import NamedTuple, NoReturn

from app.domain.json_text import TOKEN, TypedObject, compact, repaired, repeated_keys
from app.domain.model import Contact, FieldNames, JsonObject
from app.domain.text import has_surrogates

MAX_BYTES = 1_000_000
"""Bytes of the event data as it is sent, which is compact JSON in UTF-8."""

MAX_TEXT = 8_000_000
"""Characters of a text that is read at all: indented JSON is longer than what is sent."""

MAX_DEPTH = 100
"""Levels of objects and lists: more than any Emarsys program reads, and far below the recursion limit."""

MAX_DIGITS = 4000


class EventDataError(ValueError):
    """Event data that cannot be sent; `line` and `column` count from 1, and are 0 if the fault has no position."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        self.line = line
        self.column = column
        where = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{where}{sentence}")


def parse_event_data(text: str) -> TypedObject | None:
    """The JSON object in `text`; None for blank text and `null`. Raises EventDataError for anything else."""
    if len(text) > MAX_TEXT:
        raise EventDataError(f"The event data is over {MAX_BYTES:,} bytes. Shorten it.")
    if not text.strip():
        return None
    value = _loads(text)
    if value is None:
        return None
    if has_surrogates(text) or has_surrogates(json.dumps(value, ensure_ascii=False)):
        raise EventDataError(
            "The event data contains half a character, such as \\ud800. Write the whole character."
        )
    if _is_deep(value):
        raise EventDataError(f"The event data is nested too deeply, over {MAX_DEPTH} levels.", 1, 1)
    if not isinstance(value, dict):
        raise _at(text, len(text) - len(text.lstrip()), _no_object(value))
    if len(compact(text).encode()) > MAX_BYTES:
        raise EventDataError(f"The event data is over {MAX_BYTES:,} bytes. Shorten it.")
    return TypedObject(value, text)


def _no_object(value: object) -> str:
    found = "The"
    if isinstance(value, list | str):
        found = f"{'A list' if isinstance(value, list) else 'A text in quotes'}, where the"
    return f'{found} event data must be a JSON object, such as {{"global": {{"itemName": "hammer"}}}}.'


def _loads(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_short)
    except json.JSONDecodeError as error:
        raise _at(text, *_in_words(text, error)) from None
    except RecursionError:
        raise EventDataError("The event data is nested too deeply.", 1, 1) from None
    except _NumberError as error:
        place = next(one.start() for one in TOKEN.finditer(text) if one[0] == error.digits)
        raise _at(text, place, str(error)) from None


class _NumberError(Exception):
    def __init__(self, digits: str, sentence: str) -> None:
        self.digits = digits
        super().__init__(sentence)


def _refuse_constant(name: str) -> NoReturn:
    raise _NumberError(name, f"{name} is not JSON. Write a number, a text or null.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NumberError(digits, f"The number {digits[:20]} is too large to send.")
    return number


def _short(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _NumberError(digits, "A number with too many digits. Shorten it.")
    return int(digits)


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _at(text: str, offset: int, sentence: str) -> EventDataError:
    before = text[:offset]
    return EventDataError(sentence, before.count("\n") + 1, offset - before.rfind("\n"))


# Faults by the character that is there

_STRANGE = (
    ("[“”„«»‘’‚]", 'Curly quote {} instead of ".'),
    ("'", "Single quote ' instead of \"."),
    ("```", "A code fence (```). Leave its lines out."),
    (r"//|/\*|#", "A comment, which JSON does not have. Leave it out."),
    (r"True\b", "True instead of true."),
    (r"False\b", "False instead of false."),
    (r"None\b", "None instead of null."),
    (r"undefined\b", "undefined is not JSON. Write null, or leave the name out."),
)

_MESSAGES = {
    "Unterminated string": 'A text that begins here is never closed. Add " at its end.',
    "Invalid control character": "A line break or control character inside a text. Write \\n or its escape.",
    "Invalid \\escape": "A backslash that escapes nothing. Write two for one.",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits after it.",
    "Extra data": "Text after the closing brace.",
    "Expecting ',' delimiter": "A comma is missing before this.",
    "Expecting ':' delimiter": "A colon is missing before this.",
    "Expecting property name": "A name in double quotes is missing here.",
    "Expecting value": "A value is missing here, or there is a comma too many.",
}


def _in_words(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    place, before = error.pos, text[: error.pos].rstrip()
    is_text = error.msg.startswith(("Unterminated", "Invalid"))
    if place >= len(text.rstrip()) and not is_text:
        return _unclosed(text)
    if text[place] == "," and error.msg.startswith("Illegal trailing comma"):
        return place, "A comma too many before the closing bracket."
    if before.endswith(",") and text[place] in "}]":
        return len(before) - 1, "A comma too many before the closing bracket."
    if not is_text and (named := _strange(text, place)):
        return place, named
    if not before and text[place] not in '{["':
        return place, "Text before the object, which must begin with {."
    return place, next(
        (words for start, words in _MESSAGES.items() if error.msg.startswith(start)), error.msg
    )


def _strange(text: str, place: int) -> str | None:
    if PLACEHOLDER.match(text, place - 1):
        return "A placeholder outside a text. Put it in double quotes."
    for pattern, sentence in _STRANGE:
        if found := re.compile(pattern).match(text, place):
            return sentence.format(found[0])
    character = text[place]
    if character.isascii() or unicodedata.category(character) not in ("Cf", "Cc", "Zs", "Zl", "Zp"):
        return None
    name = unicodedata.name(character, "an invisible character").lower()
    return f"An invisible character (U+{ord(character):04X}, {name}). Leave it out."


def _unclosed(text: str) -> tuple[int, str]:
    opened: list[re.Match[str]] = []
    for token in TOKEN.finditer(text):
        if token[0] in ("{", "["):
            opened.append(token)
        elif token[0] in ("}", "]") and opened:
            opened.pop()
    if not opened:
        return len(text.rstrip()), "The JSON ends too early."
    last = opened[-1]
    return last.start(), f"This {last[0]} is never closed. Add {'}' if last[0] == '{' else ']'} at the end."


def repair(text: str) -> str | None:
    """The event data that a faulty text certainly means, to be offered as a fix; None if it is not certain."""
    found = repaired(text)
    try:
        return found if found and parse_event_data(found) is not None else None
    except EventDataError:
        return None


# Hints


INTERACTIONS_BYTES = 100_000
NEAR_BYTES = 900_000
_GLOBAL = "global"
_BESIDE = ("trigger_id", "event_time", "key_id", "external_id", "contacts", "attachment")
_RESERVED = "ems_event_time"
_SHOWN = 3
_BRACES = re.compile(r"\{\{\s*(\w+)\s*[:.][^{}]*\}\}")
_PREFIXES = ("field", "contact", "event", "column")


def data_hints(data: JsonObject | None) -> tuple[str, ...]:
    return tuple(hint for check in _CHECKS for hint in check(data)) if data else ()


def sent_bytes(data: JsonObject | None) -> int:
    """The size of event data in bytes of compact JSON in UTF-8, as Emarsys measures it."""
    if data is None:
        return 0
    text = (
        data.text
        if isinstance(data, TypedObject)
        else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    )
    return len(text.encode("utf-8", "replace"))


def _request(data: JsonObject) -> Iterator[str]:
    if "key_id" in data and "external_id" in data and isinstance(data.get("data"), Mapping):
        yield "This is a whole request. The event data is what stands under data."


def _misplaced(data: JsonObject) -> Iterator[str]:
    if any(_request(data)):
        return
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


def _odd_names(data: JsonObject) -> Iterator[str]:
    if isinstance(data.get("data"), Mapping) and not any(_request(data)):
        yield "The event data contains an object called data. Remove that level, unless a variable has that name."
    if _RESERVED in data:
        yield f"{_RESERVED} is reserved: Emarsys ignores it silently."
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


def _repeated(data: JsonObject) -> Iterator[str]:
    """Emarsys keeps one of two equal keys, and nothing says which."""
    if isinstance(data, TypedObject):
        for key, place in islice(repeated_keys(data.text), _SHOWN):
            yield str(_at(data.text, place, f"Duplicate key {key[:40]!r}: only one of its values counts."))


def _misspelled(data: JsonObject) -> Iterator[str]:
    """A placeholder with a typing mistake reaches the customer as it was typed."""
    for found in chain.from_iterable(map(_BRACES.finditer, _texts(data))):
        if not PLACEHOLDER.fullmatch(found[0]) and get_close_matches(found[1].lower(), _PREFIXES, cutoff=0.8):
            yield f"{found[0]} is sent as typed: it is no placeholder. Did you mean one such as {{{{field:1}}}}?"


def _size(data: JsonObject) -> Iterator[str]:
    size = sent_bytes(data)
    if size > MAX_BYTES:
        yield f"The event data is {size:,} bytes long when sent; Emarsys rejects more than {MAX_BYTES:,}."
    elif size > NEAR_BYTES:
        yield f"The event data is {size:,} bytes long, near the limit of {MAX_BYTES:,}."
    elif size > INTERACTIONS_BYTES:
        yield f"The event data is {size:,} bytes long; over {INTERACTIONS_BYTES:,} bytes it does not reach Interactions programs."


_CHECKS: tuple[Callable[[JsonObject], Iterator[str]], ...] = (
    _request,
    _repeated,
    _misplaced,
    _odd_names,
    _mixed,
    _misspelled,
    _size,
)


# Placeholders: `{{field:1}}`, `{{contact.id}}`, `{{contact.uid}}`, `{{event.name}}`. They are filled inside the texts of
# the parsed object, so that no contact value can change its structure, and only once.


PLACEHOLDER = re.compile(r"\{\{\s*(field:[^{}]*?|contact\.[^{}]*?|event\.[^{}]*?)\s*\}\}")
_COLON = re.compile(r"\s*:")
_FIELD = "field:"


class Filled(NamedTuple):
    """Event data with its placeholders filled: `used` maps them to their values, `missing` to why they have none."""

    data: JsonObject | None
    used: Mapping[str, str] = MappingProxyType({})
    missing: Mapping[str, str] = MappingProxyType({})

    @property
    def fault(self) -> str | None:
        if not self.missing:
            return None
        return f"The event data cannot be filled: {'; '.join(f'{name}: {why}' for name, why in self.missing.items())}."


def placeholders_in(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for text in _texts(value) for name in PLACEHOLDER.findall(text)))


def fill_placeholders(
    data: JsonObject | None,
    contact: Contact | None,
    event_name: str | None,
    fields: FieldNames,
    why_no_contact: str = "no contact is chosen",
) -> Filled:
    """Replaces every placeholder in event data by its value; `why_no_contact` says why `contact` is None."""
    used: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name in placeholders_in(data):
        value, why = placeholder_value(name, contact, event_name, fields, why_no_contact)
        if value:
            used[name] = value
        else:
            missing[f"{{{{{name}}}}}"] = why
    if not used:
        return Filled(data, used, missing)
    filled = {key: _replaced(member, used) for key, member in (data or {}).items()}
    if isinstance(data, TypedObject):
        filled = TypedObject(filled, _filled_text(data.text, used))
    return Filled(filled, used, missing)


def _filled_text(text: str, used: Mapping[str, str]) -> str:
    """JSON as it was typed, with the placeholders filled in its texts, not in its keys."""

    def filled(found: re.Match[str]) -> str:
        token = found[0]
        if "{{" not in token or _COLON.match(text, found.end()):
            return token
        return json.dumps(_replaced(json.loads(token), used))

    return TOKEN.sub(filled, text)


def placeholder_value(
    name: str, contact: Contact | None, event_name: str | None, fields: FieldNames, why_no_contact: str
) -> tuple[str | None, str]:
    """The value of a placeholder, None or '' if it has none, and the reason why it would have none."""
    if name == "event.name":
        return event_name, "the event is not in the cache"
    key_id = name.removeprefix(_FIELD).strip() if name.startswith(_FIELD) else name.removeprefix("contact.")
    known = key_id.isascii() and key_id.isdecimal() if name.startswith(_FIELD) else key_id in ("id", "uid")
    if name.startswith("event.") or not known:
        return None, "there is no such placeholder"
    if contact is None:
        return None, why_no_contact
    label = (
        f"{fields.field_name(key_id)} ({key_id})" if fields.field_name(key_id) else f"value in field {key_id}"
    )
    return contact.value(key_id), f"contact {contact.id} has no {label}"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(member)


def _replaced(value: object, used: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: used.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: _replaced(member, used) for key, member in value.items()}
    if isinstance(value, list):
        return [_replaced(member, used) for member in value]
    return value
