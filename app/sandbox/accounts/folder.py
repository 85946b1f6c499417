"""Reads an account folder: `events.json`, `fields.json` and `contacts.csv`, and writes a small one to begin with.

Every fault is reported with file, line and reason.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from app.domain.csv_rows import CsvFile
from app.domain.errors import AppError, FileFaultError, read_text, reason_of
from app.domain.mails import Mail
from app.domain.model import CONTACT_KEYS, Field, JsonObject
from app.domain.text import has_surrogates
from app.domain.wire import scalar_text

EVENTS = "events.json"
FIELDS = "fields.json"
CONTACTS = "contacts.csv"
FILES = (EVENTS, FIELDS, CONTACTS)
_STARTER = Path(__file__).with_name("starter")

EVENT_KEYS = frozenset({"id", "name", "created", "example_data", "attached", "mails"})
MAIL_KEYS = frozenset({"id", "name", "subject"})
FIELD_KEYS = frozenset({"id", "name", "string_id", "application_type"})
MAX_COLUMNS = 1990
CHUNK = 5_000

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all) while contacts are loaded."""


class EventEntry(NamedTuple):
    """One external event of the folder; if `attached` is false, nothing in the account uses it."""

    id: str
    name: str
    created: str = ""
    attached: bool = True
    mails: tuple[Mail, ...] = ()
    example: JsonObject | None = None

    @property
    def launched(self) -> tuple[Mail, ...]:
        return self.mails if self.attached else ()


@dataclass(frozen=True, slots=True)
class _Entry:
    file: Path
    line: int
    members: Mapping[str, object] = field(default_factory=dict)

    def error(self, reason: str) -> FileFaultError:
        return FileFaultError(self.file, self.line, reason)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.members.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.error(f'"{key}" must be text.' if key in self.members else f'"{key}" is missing.')
        if has_surrogates(value):
            raise self.error(f'"{key}" holds half a surrogate pair, which is no text.')
        return value

    def id(self) -> str:
        text = scalar_text(self.members.get("id"))
        if text is None or not _digits(text):
            raise self.error('"id" must be a number, written as digits.')
        return text


def read_events(folder: Path) -> tuple[EventEntry, ...]:
    return tuple(_event(entry) for entry in _distinct(_entries(folder / EVENTS), "event"))


def read_fields(folder: Path) -> tuple[Field, ...]:
    return tuple(
        Field(entry.id(), entry.text("name"), entry.text("string_id", ""), entry.text("application_type", ""))
        for entry in _distinct(_entries(folder / FIELDS), "field")
    )


def examples(folder: Path) -> dict[str, JsonObject]:
    """The example event data of an account folder by event id. Raises FileFaultError."""
    return {event.id: event.example for event in read_events(folder) if event.example is not None}


def unknown_keys(folder: Path) -> Iterator[str]:
    """A sentence for each key that `events.json` and `fields.json` may not have. Raises FileFaultError."""
    for name, known in ((EVENTS, EVENT_KEYS), (FIELDS, FIELD_KEYS)):
        for entry in _entries(folder / name):
            yield from _unknown(entry, entry.members, known)
            mails = entry.members.get("mails")
            for mail in mails if isinstance(mails, list) else ():
                yield from _unknown(entry, mail if isinstance(mail, dict) else (), MAIL_KEYS)


def _unknown(entry: _Entry, keys: Iterable[str], known: frozenset[str]) -> Iterator[str]:
    for key in sorted(set(keys) - known):
        near = get_close_matches(key.lower(), known, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        yield f"{entry.file}, line {entry.line}: Unknown key {key!r}, which is ignored.{hint}"


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


def _distinct(entries: Iterator[_Entry], what: str) -> Iterator[_Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.id() in seen:
            raise entry.error(f"Duplicate {what} id {entry.id()}.")
        seen.add(entry.id())
        yield entry


def _entries(file: Path) -> Iterator[_Entry]:
    text = read_text(file)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileFaultError(file, error.lineno, f"Invalid JSON: {error.msg}.") from None
    except (ValueError, RecursionError):
        reason = "Invalid JSON: nested too deeply, or a number too long."
        raise FileFaultError(file, None, reason) from None
    if not isinstance(whole, list):
        raise FileFaultError(file, 1, "The file must be a JSON array of objects.")
    for position, value in _placed(text):
        entry = _Entry(file, text.count("\n", 0, position) + 1, value if isinstance(value, dict) else {})
        if not isinstance(value, dict):
            raise entry.error("An entry must be a JSON object.")
        yield entry


def _placed(text: str) -> Iterator[tuple[int, object]]:
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


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


class ContactsFile:
    """An open `contacts.csv`: its `columns` after id and uid, and its rows in chunks."""

    def __init__(self, file: CsvFile, fields: Sequence[Field]) -> None:
        self._file = file
        keys = file.keys(fields)
        if "id" not in keys:
            self._refuse(file.header_line, "The header has no column `id`. Every contact needs an id.")
        if len(keys) > MAX_COLUMNS:
            self._refuse(file.header_line, f"More than {MAX_COLUMNS} columns.")
        for name, key in zip(file.header, keys, strict=True):
            if key is None:
                self._refuse(file.header_line, f"The column {name!r} is not a field of fields.json.")
        self.columns = tuple(key for key in keys if key is not None and key not in CONTACT_KEYS)
        # The empty cell that is added to each row stands for a missing uid.
        places = [keys.index(key) if key in keys else len(keys) for key in (*CONTACT_KEYS, *self.columns)]
        self._sorted = itemgetter(*places)

    def chunks(self, progress: Progress) -> Iterator[list[Sequence[str]]]:
        """All rows in lists of at most 5,000: id, uid and the columns. Raises FileFaultError at the first faulty one."""
        rows = self._rows()
        while chunk := list(islice(rows, CHUNK)):
            progress(self._file.done, self._file.size)
            yield [cells for _, cells in chunk]

    def line_of(self, number: int) -> int:
        return next(islice(self._rows(), number - 1, None))[0]

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        for line, row in self._file.rows(self._refuse):
            cells = self._sorted((*row, ""))
            if not _digits(cells[0]):
                self._refuse(line, f"The contact id must be digits, not {cells[0]!r}.")
            yield line, cells

    def _refuse(self, line: int, reason: str) -> None:
        raise self._file.error(line, reason)


def write_starter(folder: Path) -> tuple[str, ...]:
    """Writes a small account folder; returns the names of its files. Raises AppError, also if one exists already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if existing := [name for name in FILES if (folder / name).exists()]:
            raise AppError(
                f"{folder} already has {', '.join(existing)}. Nothing was written; use another folder."
            )
        for name in FILES:
            (folder / name).write_bytes((_STARTER / name).read_bytes())
    except OSError as error:
        raise AppError(f"{folder} cannot be written: {reason_of(error)}.") from None
    return FILES
