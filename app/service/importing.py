"""The contacts of a CSV file: its header names the columns; lines that cannot be used are reported and skipped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.domain.csv_rows import CsvFile, OnFault
from app.domain.errors import AppError
from app.domain.model import Contact, Field


class ImportRefusedError(AppError):
    """An import that cannot begin; the message says why."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many contacts were imported and lines skipped.

    `repeated` counts the lines with the id of an earlier line; `unknown_columns` match no field of the account.
    """

    imported: int
    left_out: int
    repeated: int
    unknown_columns: tuple[str, ...]


class ContactLines:
    """The contacts of one file; calls `on_fault` for each line that it skips."""

    def __init__(self, file: CsvFile, fields: Iterable[Field], on_fault: OnFault) -> None:
        """Raises CsvError if the header is unusable."""
        self._file = file
        self._on_fault = on_fault
        self._keys = file.keys(fields)
        if "id" not in self._keys:
            reason = "The header has no column `id`. Every line needs a contact id."
            raise file.error(file.header_line, reason)
        self.read = self.left_out = 0
        self.unknown_columns = tuple(
            name for name, key in zip(file.header, self._keys, strict=True) if key is None
        )

    def contacts(self) -> Iterator[Contact]:
        """The contacts of all lines with a contact id; `read` counts them."""
        for row in self._file.rows(self._leave_out):
            cells = {key: cell for key, cell in zip(self._keys, row.cells, strict=True) if key and cell}
            contact_id = cells.pop("id", "")
            if contact_id.isascii() and contact_id.isdigit():
                self.read += 1
                yield Contact(contact_id, cells.pop("uid", ""), cells)
            else:
                self._leave_out(row.line, f"The contact id must be digits, not {contact_id!r}.")

    def _leave_out(self, line: int, reason: str) -> None:
        self.left_out += 1
        self._on_fault(line, reason)
