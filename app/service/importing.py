"""Reads a CSV file of contacts: its header names the columns; faulty lines are reported and skipped."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from app.domain.errors import AppError
from app.domain.model import CONTACT_KEYS, Contact, Field

Fault = Callable[[int, str], None]

_DELIMITERS = (",", ";", "\t")


class ImportRefusedError(AppError):
    """A file that cannot be imported at all; the message says why."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many lines were imported and skipped, and the columns that match no field of the account."""

    imported: int
    left_out: int
    unknown_columns: tuple[str, ...]


class ContactFile:
    """The contacts of one file; calls `fault` with each skipped line's number (from 1) and the reason."""

    def __init__(self, file: TextIO, fields: Iterable[Field], fault: Fault) -> None:
        """Raises ImportRefusedError if the header is unusable."""
        header = file.readline()
        names = next(csv.reader([header], delimiter=_delimiter(header)), [])
        self._columns = _columns(names, tuple(fields))
        self._rows = csv.reader(file, delimiter=_delimiter(header), strict=True)
        self._fault = fault
        self.left_out = 0
        self.unknown_columns = tuple(
            name for name, key in zip(names, self._columns, strict=True) if key is None
        )

    def contacts(self) -> Iterator[Contact]:
        """The contacts of all valid lines: those with an id and as many cells as the header."""
        while True:
            number = self._rows.line_num + 2
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                self._leave_out(number, f"is not valid CSV: {error}")
                continue
            if reason := self._fault_of(row):
                self._leave_out(number, reason)
            elif row:
                yield self._contact(row)

    def _fault_of(self, row: Sequence[str]) -> str | None:
        if not row:
            return None
        if len(row) != len(self._columns):
            return f"has {len(row)} cells, the header {len(self._columns)}"
        if any("\udc80" <= character <= "\udcff" for cell in row for character in cell if not cell.isascii()):
            return "is not UTF-8"
        identifier = row[self._columns.index("id")]
        if not (identifier.isascii() and identifier.isdigit()):
            return "has no contact id made of digits"
        return None

    def _contact(self, row: Sequence[str]) -> Contact:
        cells = {key: cell for key, cell in zip(self._columns, row, strict=True) if key and cell}
        return Contact(cells.pop("id"), cells.pop("uid", ""), cells)

    def _leave_out(self, number: int, reason: str) -> None:
        self.left_out += 1
        self._fault(number, reason)


def open_contacts(path: Path) -> TextIO:
    """Opens a file for reading as CSV. Raises ImportRefusedError."""
    try:
        # Lines that are not UTF-8 are reported one by one; they do not end the import.
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise ImportRefusedError(f"{path} cannot be read: {error.strerror}.") from None


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _columns(names: Sequence[str], fields: Sequence[Field]) -> list[str | None]:
    """The key of each column: `id`, `uid`, a field id, or None for an unknown column."""
    known = _names(fields)
    columns = [_field_of(name, known) for name in names]
    if "id" not in columns:
        raise ImportRefusedError("The first line has no column `id`. Every line needs a contact id.")
    twice = {key for key in columns if key is not None and columns.count(key) > 1}
    if twice:
        raise ImportRefusedError(
            f"Several columns name the same field: {', '.join(sorted(twice))}. Keep one."
        )
    return columns


def _field_of(name: str, known: Mapping[str, frozenset[str]]) -> str | None:
    found = known.get(name.strip().casefold(), frozenset())
    if len(found) > 1:
        raise ImportRefusedError(
            f"The column {name!r} matches the fields {', '.join(sorted(found))}. Use the field id."
        )
    return next(iter(found), None)


def _names(fields: Sequence[Field]) -> dict[str, frozenset[str]]:
    """The fields by every name they have; an id wins over a string id, a string id over a name."""
    known: dict[str, frozenset[str]] = {}
    for names in (
        [(key, key) for key in CONTACT_KEYS],
        [(field.id, field.id) for field in fields],
        [(field.string_id, field.id) for field in fields],
        [(field.name, field.id) for field in fields],
    ):
        level: dict[str, frozenset[str]] = {}
        for name, field_id in names:
            if name:
                level[name.casefold()] = level.get(name.casefold(), frozenset()) | {field_id}
        known = level | known
    return known
