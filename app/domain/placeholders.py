"""Placeholders in event data: `{{field:1}}`, `{{contact.id}}`, `{{contact.uid}}`, `{{event.name}}`.

They are filled inside the texts of the parsed object, so that no contact value can change its structure, and only
once, so that a value that looks like a placeholder stays unchanged.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.domain.account import FieldNames
from app.domain.json_text import TOKEN, TypedObject
from app.domain.model import Contact, JsonObject

PLACEHOLDER = re.compile(r"\{\{\s*(field:[^{}]*?|contact\.[^{}]*?|event\.[^{}]*?)\s*\}\}")
_COLON = re.compile(r"\s*:")
_FIELD = "field:"


@dataclass(frozen=True, slots=True)
class Filled:
    """Event data with its placeholders filled.

    `used` maps the filled placeholders to their values, and `missing` the others to the reason why they have none.
    """

    data: JsonObject | None
    used: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def fault(self) -> str | None:
        """The reason why this cannot be sent; None if it can."""
        if not self.missing:
            return None
        return f"The event data cannot be filled: {'; '.join(f'{name}: {why}' for name, why in self.missing.items())}."


def placeholders_in(value: object) -> tuple[str, ...]:
    """The placeholders in event data, each once, in order and without braces."""
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
    label = f"{fields.field_name(key_id)} ({key_id})" if fields.field_name(key_id) else key_id
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
