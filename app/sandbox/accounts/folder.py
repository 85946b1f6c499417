"""An account folder as a person writes it: read whole, and refused with file, line and reason where it is faulty.

Separate from the account so that a folder can be checked, and its examples read, without a database.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.model import JsonObject
from app.domain.wire import scalar_text
from app.sandbox.accounts.files import EVENTS, FIELDS, AccountFolderError, unreadable


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One external event of the folder; `attached` false: nothing in the account uses it."""

    id: str
    name: str
    created: str = ""
    attached: bool = True
    example: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One contact field of the folder; `string_id` and `application_type` may be empty."""

    id: str
    name: str
    string_id: str = ""
    application_type: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One object of a JSON array, with the place that a fault of it is reported at."""

    file: Path
    line: int
    members: Mapping[str, object] = field(default_factory=dict)

    def fault(self, reason: str) -> AccountFolderError:
        return AccountFolderError(self.file, self.line, reason)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.members.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.fault(f'"{key}" must be text.' if key in self.members else f'"{key}" is missing.')
        if not _storable(value):
            raise self.fault(f'"{key}" holds half a surrogate pair, which is no text.')
        return value

    def id(self) -> str:
        text = scalar_text(self.members.get("id"))
        if text is None or not _digits(text):
            raise self.fault('"id" must be a number, written as digits.')
        return text


def read_events(folder: Path) -> tuple[EventEntry, ...]:
    """The events of `events.json`, in its order. Raises AccountFolderError."""
    return tuple(_event(entry) for entry in _distinct(_entries(folder / EVENTS), "event"))


def read_fields(folder: Path) -> tuple[FieldEntry, ...]:
    """The fields of `fields.json`, in its order. Raises AccountFolderError."""
    return tuple(_field(entry) for entry in _distinct(_entries(folder / FIELDS), "field"))


def examples(folder: Path) -> dict[str, JsonObject]:
    """The example event data of an account folder by event id. Raises AccountFolderError."""
    return {event.id: event.example for event in read_events(folder) if event.example is not None}


def _event(entry: _Entry) -> EventEntry:
    attached = entry.members.get("attached", True)
    if not isinstance(attached, bool):
        raise entry.fault('"attached" must be true or false.')
    example = entry.members.get("example_data")
    if example is not None and not isinstance(example, dict):
        raise entry.fault('"example_data" must be a JSON object.')
    return EventEntry(entry.id(), entry.text("name"), entry.text("created", ""), attached, example)


def _field(entry: _Entry) -> FieldEntry:
    return FieldEntry(
        entry.id(), entry.text("name"), entry.text("string_id", ""), entry.text("application_type", "")
    )


def _distinct(entries: Iterator[_Entry], what: str) -> Iterator[_Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.id() in seen:
            raise entry.fault(f"The {what} id {entry.id()} stands here a second time.")
        seen.add(entry.id())
        yield entry


def _entries(file: Path) -> Iterator[_Entry]:
    text = read_text(file)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise AccountFolderError(file, error.lineno, f"No JSON: {error.msg}.") from None
    except (ValueError, RecursionError):
        raise AccountFolderError(
            file, None, "No JSON that can be read: nested too deeply, or a number too long."
        ) from None
    if not isinstance(whole, list):
        raise AccountFolderError(file, 1, "A JSON array of objects is expected.")
    for position, value in _placed(text):
        entry = _Entry(file, text.count("\n", 0, position) + 1, value if isinstance(value, dict) else {})
        if not isinstance(value, dict):
            raise entry.fault("A JSON object is expected.")
        yield entry


def _placed(text: str) -> Iterator[tuple[int, object]]:
    """The elements of an array known to be sound, each with the position that it begins at."""
    decoder = json.JSONDecoder()
    position = _skip(text, text.index("[") + 1)
    while text[position] != "]":
        value, end = decoder.raw_decode(text, position)
        yield position, value
        position = _skip(text, end)


def _skip(text: str, position: int) -> int:
    while text[position] in " \t\r\n,":
        position += 1
    return position


def read_text(file: Path) -> str:
    """A file of the folder as text, without a byte order mark. Raises AccountFolderError."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise AccountFolderError(file, line, "This is not UTF-8 text.") from None
    except OSError as error:
        raise unreadable(file, error) from None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _storable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
