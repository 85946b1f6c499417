"""Reads an account folder: `events.json`, `fields.json` and `contacts.csv`.

Every fault is reported with file, line and reason.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import AppError
from app.domain.mails import Mail
from app.domain.model import JsonObject
from app.domain.wire import scalar_text

EVENTS = "events.json"
FIELDS = "fields.json"
CONTACTS = "contacts.csv"
FILES = (EVENTS, FIELDS, CONTACTS)

EVENT_KEYS = frozenset({"id", "name", "created", "example_data", "attached", "mails"})
FIELD_KEYS = frozenset({"id", "name", "string_id", "application_type"})
MAX_COLUMNS = 1990
CHUNK = 5_000

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all) while contacts are loaded."""


class AccountFolderError(AppError):
    """A faulty account folder: the file, the line (from 1; None for the whole file), and the reason."""

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        where = f", line {line}" if line else ""
        super().__init__(f"{file}{where}: {reason}")


def unreadable(file: Path, error: OSError) -> AccountFolderError:
    """The error for a file that cannot be opened."""
    return AccountFolderError(file, None, f"The file cannot be read: {error.strerror or error}.")


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One external event of the folder; if `attached` is false, nothing in the account uses it."""

    id: str
    name: str
    created: str = ""
    attached: bool = True
    mails: tuple[Mail, ...] = ()
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
    """One object of a JSON array, with its position for error messages."""

    file: Path
    line: int
    members: Mapping[str, object] = field(default_factory=dict)

    def error(self, reason: str) -> AccountFolderError:
        return AccountFolderError(self.file, self.line, reason)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.members.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.error(f'"{key}" must be text.' if key in self.members else f'"{key}" is missing.')
        if not _storable(value):
            raise self.error(f'"{key}" holds half a surrogate pair, which is no text.')
        return value

    def id(self) -> str:
        text = scalar_text(self.members.get("id"))
        if text is None or not _digits(text):
            raise self.error('"id" must be a number, written as digits.')
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


def unknown_keys(folder: Path) -> Iterator[str]:
    """A sentence for each key that `events.json` and `fields.json` may not have. Raises AccountFolderError."""
    for name, known in ((EVENTS, EVENT_KEYS), (FIELDS, FIELD_KEYS)):
        for entry in _entries(folder / name):
            for key in entry.members.keys() - known:
                yield f"{entry.file}, line {entry.line}: unknown key {key!r}, which is ignored."


def _event(entry: _Entry) -> EventEntry:
    attached = entry.members.get("attached", True)
    if not isinstance(attached, bool):
        raise entry.error('"attached" must be true or false.')
    example = entry.members.get("example_data")
    if example is not None and not isinstance(example, dict):
        raise entry.error('"example_data" must be a JSON object.')
    event_id, name = entry.id(), entry.text("name")
    return EventEntry(
        event_id, name, entry.text("created", ""), attached, _mails(entry, event_id, name, attached), example
    )


def _mails(entry: _Entry, event_id: str, name: str, attached: bool) -> tuple[Mail, ...]:
    mails = entry.members.get("mails")
    if mails is None:
        return (Mail(event_id, name, name),) if attached else ()
    if not isinstance(mails, list) or not all(isinstance(mail, dict) for mail in mails):
        raise entry.error('"mails" must be a JSON array of objects.')
    entries = [_Entry(entry.file, entry.line, mail) for mail in mails]
    return tuple(Mail(one.id(), one.text("name"), one.text("subject", "")) for one in entries)


def _field(entry: _Entry) -> FieldEntry:
    return FieldEntry(
        entry.id(), entry.text("name"), entry.text("string_id", ""), entry.text("application_type", "")
    )


def _distinct(entries: Iterator[_Entry], what: str) -> Iterator[_Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.id() in seen:
            raise entry.error(f"Duplicate {what} id {entry.id()}.")
        seen.add(entry.id())
        yield entry


def _entries(file: Path) -> Iterator[_Entry]:
    text = _read_text(file)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise AccountFolderError(file, error.lineno, f"Invalid JSON: {error.msg}.") from None
    except (ValueError, RecursionError):
        reason = "Invalid JSON: nested too deeply, or a number too long."
        raise AccountFolderError(file, None, reason) from None
    if not isinstance(whole, list):
        raise AccountFolderError(file, 1, "The file must be a JSON array of objects.")
    for position, value in _placed(text):
        entry = _Entry(file, text.count("\n", 0, position) + 1, value if isinstance(value, dict) else {})
        if not isinstance(value, dict):
            raise entry.error("An entry must be a JSON object.")
        yield entry


def _placed(text: str) -> Iterator[tuple[int, object]]:
    """The elements of a valid array, each with its position."""
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


def _read_text(file: Path) -> str:
    """The text of a file of the folder, without a byte order mark. Raises AccountFolderError."""
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


class ContactsFile:
    """An open `contacts.csv`: its `columns` after id and uid, and its rows in chunks."""

    def __init__(self, file: Path, raw: BinaryIO, fields: Sequence[FieldEntry]) -> None:
        self.file = file
        self._raw = raw
        self._size = file.stat().st_size
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(text, strict=True)
        self.columns = self._columns({entry.id for entry in fields})

    def chunks(self, progress: Progress) -> Iterator[list[list[str]]]:
        """All rows in lists of at most 5,000. Raises AccountFolderError at the first faulty one."""
        chunk: list[list[str]] = []
        for row in self._rows():
            chunk.append(row)
            if len(chunk) == CHUNK:
                progress(self._raw.tell(), self._size)
                yield chunk
                chunk = []
        yield chunk
        progress(self._size, self._size)

    def line_of(self, number: int) -> int:
        """The line on which row `number` (from 1) ends."""
        for count, _ in enumerate(self._rows(), start=1):
            if count == number:
                break
        return self._reader.line_num

    def _rows(self) -> Iterator[list[str]]:
        width = len(self.columns) + 2
        with self._errors():
            for row in self._reader:
                if len(row) != width:
                    if not row:
                        continue
                    raise self._error(f"{len(row)} cells, but the header has {width}.")
                if not (row[0].isdigit() and row[0].isascii()):
                    raise self._error(f"The contact id must be digits, not {row[0]!r}.")
                yield row

    def _columns(self, known: set[str]) -> tuple[str, ...]:
        with self._errors():
            header = next(self._reader, [])
        if header[:2] != ["id", "uid"]:
            raise self._error("The header must begin with id,uid.")
        columns = header[2:]
        if len(columns) > MAX_COLUMNS:
            raise self._error(f"More than {MAX_COLUMNS} columns.")
        for place, column in enumerate(columns):
            if column not in known:
                raise self._error(f"The column {column!r} is not a field of fields.json.")
            if column in columns[:place]:
                raise self._error(f"Duplicate column {column}.")
        return tuple(columns)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise self._error(f"Invalid CSV: {error}.") from None
        except UnicodeDecodeError:
            raise AccountFolderError(self.file, _undecodable(self.file), "This is not UTF-8 text.") from None

    def _error(self, reason: str) -> AccountFolderError:
        return AccountFolderError(self.file, max(1, self._reader.line_num), reason)


@contextmanager
def open_contacts(file: Path, fields: Sequence[FieldEntry]) -> Iterator[ContactsFile]:
    """Opens the contacts of an account and checks the header. Raises AccountFolderError."""
    try:
        raw = file.open("rb")
    except OSError as error:
        raise unreadable(file, error) from None
    with raw:
        yield ContactsFile(file, raw, fields)


def _undecodable(file: Path) -> int | None:
    with file.open("rb") as raw:
        for number, line in enumerate(raw, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
