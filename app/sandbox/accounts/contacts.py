"""The contacts of an account folder: `contacts.csv` as rows, checked one by one, never held whole."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.sandbox.accounts.files import AccountFolderError, Progress, unreadable
from app.sandbox.accounts.folder import FieldEntry

MAX_COLUMNS = 1990
CHUNK = 5_000


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
        """The line that row `number` (from 1) ends on."""
        for count, _ in enumerate(self._rows(), start=1):
            if count == number:
                break
        return self._reader.line_num

    def _rows(self) -> Iterator[list[str]]:
        width = len(self.columns) + 2
        with self._faults():
            for row in self._reader:
                if len(row) != width:
                    if not row:
                        continue
                    raise self._fault(f"{len(row)} cells, but the header has {width}.")
                if not (row[0].isdigit() and row[0].isascii()):
                    raise self._fault(f"The contact id must be digits, not {row[0]!r}.")
                yield row

    def _columns(self, known: set[str]) -> tuple[str, ...]:
        with self._faults():
            header = next(self._reader, [])
        if header[:2] != ["id", "uid"]:
            raise self._fault("The header must begin with id,uid.")
        columns = header[2:]
        if len(columns) > MAX_COLUMNS:
            raise self._fault(f"At most {MAX_COLUMNS} columns can be held.")
        for place, column in enumerate(columns):
            if column not in known:
                raise self._fault(f"The column {column!r} is no field of fields.json.")
            if column in columns[:place]:
                raise self._fault(f"The column {column} stands here twice.")
        return tuple(columns)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise self._fault(f"No CSV: {error}.") from None
        except UnicodeDecodeError:
            raise AccountFolderError(self.file, _undecodable(self.file), "This is not UTF-8 text.") from None

    def _fault(self, reason: str) -> AccountFolderError:
        return AccountFolderError(self.file, max(1, self._reader.line_num), reason)


@contextmanager
def open_contacts(file: Path, fields: Sequence[FieldEntry]) -> Iterator[ContactsFile]:
    """An account's contacts, opened, with the header checked. Raises AccountFolderError."""
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
