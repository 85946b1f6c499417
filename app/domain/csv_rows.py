"""One reader for CSV files, as spreadsheets and people write them.

It reads UTF-8, with or without byte order mark, and UTF-16 with one; cells between commas, semicolons or tabs; lines that
end in CR, LF or both. It removes the blanks around cells without quotes.
"""

import codecs
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import FileFaultError, unreadable
from app.domain.model import CONTACT_KEYS, Field
from app.domain.text import HIDDEN, count, has_surrogates

OnFault = Callable[[int, str], None]
"""Called with the number of a line that is skipped (from 1), and the reason as a sentence."""

MAX_LINES = 1000
"""The most lines that a quoted cell may have; a quote that is open for longer counts as never closed."""

_SAVE_AS = 'Save it as "CSV UTF-8" in the spreadsheet program.'
_NOT_CSV = {
    b"PK\x03\x04": f"This is a spreadsheet (.xlsx) or a zip file, not CSV. {_SAVE_AS}",
    b"PK\x05\x06": "This is a zip file, not CSV.",
    b"\xd0\xcf\x11\xe0": f"This is a spreadsheet (.xls), not CSV. {_SAVE_AS}",
    b"%PDF": "This is a PDF file, not CSV.",
}
_WITHOUT_MARK = rb"(?:[\x09-\x7e]\0){4}|(?:\0[\x09-\x7e]){4}"
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\v\f\r\x1b")
_FEWEST_CONTROLS = 3
_BLOCK = 1 << 20
_DELIMITERS = (",", ";", "\t")
_SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)
_IN_QUOTES = r'"(?:[^"]|"")*"'
_NOT_IN_NAMES = rf"[\s{HIDDEN}]+"


Row = tuple[int, tuple[str, ...]]
"""The line on which a row begins, and its cells, as many as the header has."""


@contextmanager
def open_csv(path: Path) -> Iterator["CsvFile"]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from None
    with raw:
        yield CsvFile(raw if raw.seekable() else io.BytesIO(raw.read()), str(path))


class CsvFile:
    """The `header` of a CSV file, its rows, and its `size` in bytes."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        """Reads all of `raw` once, so that no row is used of a file with a line that is no text. Raises FileFaultError."""
        self.name = name
        self._raw = raw
        encoding = self._encoding()
        self._check(encoding)
        self.size = raw.tell()
        raw.seek(0)
        self._text = io.TextIOWrapper(raw, encoding, newline="")
        self._waiting: deque[tuple[int, str]] = deque()
        self._lines = self._numbered()
        self.header_line, self.header = self._header()

    @property
    def done(self) -> int:
        return self._raw.tell()

    def error(self, line: int | None, reason: str) -> FileFaultError:
        return FileFaultError(self.name, line, reason)

    def keys(self, fields: Iterable[Field]) -> tuple[str | None, ...]:
        """The key of each column, `id`, `uid` or a field id, by id, string id or name; None if it names none of them.

        Case and blanks do not matter. Raises FileFaultError if two columns name one field, or one name several fields.
        """
        known = _names(fields)
        keys = []
        for name in self.header:
            found = known.get(_plain(name), frozenset())
            if len(found) > 1:
                of = ", ".join(sorted(found))
                raise self.error(
                    self.header_line, f"The column {name!r} matches the fields {of}. Use the field id."
                )
            keys.append(next(iter(found), None))
        if twice := {key for key in keys if key is not None and keys.count(key) > 1}:
            reason = f"Several columns name the same field: {', '.join(sorted(twice))}. Keep one."
            raise self.error(self.header_line, reason)
        return tuple(keys)

    def rows(self, on_fault: OnFault) -> Iterator[Row]:
        """The rows after the header; empty ones are left out. Calls `on_fault` for each line that is no row."""
        width = len(self.header)
        for row in self._records(on_fault):
            line, cells = row
            if len(cells) != width:
                on_fault(line, f"{count(len(cells), 'cell')}, but the header has {width}.")
            elif any(cells):
                yield row

    # What kind of file it is

    def _encoding(self) -> str:
        start = self._raw.read(1024)
        self._raw.seek(0)
        if reason := next((_NOT_CSV[sign] for sign in _NOT_CSV if start.startswith(sign)), None):
            raise self.error(None, reason)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if re.match(_WITHOUT_MARK, start):
            raise self.error(None, f"This is UTF-16 text without a byte order mark. {_SAVE_AS}")
        first_line = start.splitlines()[0] if start.strip() else b""
        if b"\0" in first_line or len(_CONTROLS & {*start}) >= _FEWEST_CONTROLS:
            raise self.error(None, "This is a binary file, not CSV.")
        return "utf-8-sig"

    def _check(self, encoding: str) -> None:
        decoder = codecs.getincrementaldecoder(encoding)()
        blocks = iter(partial(self._raw.read, _BLOCK), b"")
        try:
            is_text = all("\0" not in decoder.decode(block) for block in blocks)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_text = False
        if not is_text:
            raise self._first_fault(encoding)

    def _first_fault(self, encoding: str) -> FileFaultError:
        errors = "replace" if encoding == "utf-16" else "surrogateescape"
        self._raw.seek(0)
        text = io.TextIOWrapper(self._raw, encoding, errors, newline="")
        try:
            for number, line in enumerate(text, start=1):
                if "\0" in line:
                    return self.error(number, "This line contains a NUL character. Remove it.")
                if has_surrogates(line) or (errors == "replace" and "\ufffd" in line):
                    name = encoding.upper().removesuffix("-SIG")
                    return self.error(number, f"This line is not {name}. {_SAVE_AS}")
        finally:
            text.detach()
        return self.error(None, f"This file is not text. {_SAVE_AS}")

    # Lines and cells

    def _numbered(self) -> Iterator[tuple[int, str] | None]:
        for numbered in enumerate(self._text, start=1):
            yield numbered
            while self._waiting:
                yield self._waiting.popleft()
        while True:
            yield self._waiting.popleft() if self._waiting else None

    def _header(self) -> Row:
        nothing = 0, ""
        number, line = next(one for one in self._lines if one is None or one[1].strip()) or nothing
        if separator := _SEPARATOR.fullmatch(line):
            number, line = next(self._lines) or nothing
        counted = re.sub(_IN_QUOTES, "", line)
        self._delimiter = separator[1] if separator else max(_DELIMITERS, key=counted.count)
        self._cell, self._open = _patterns(self._delimiter)
        if not line.strip():
            raise self.error(None, "The file is empty.")
        self._waiting.appendleft((number, line))
        return next(self._records(self._refuse))

    def _refuse(self, line: int, reason: str) -> None:
        raise self.error(line, reason)

    def _records(self, on_fault: OnFault) -> Iterator[Row]:
        delimiter = self._delimiter
        for numbered in self._lines:
            if numbered is None:
                return
            number, line = numbered
            if '"' not in line:
                if line := line.strip("\r\n"):
                    yield number, tuple(map(str.strip, line.split(delimiter)))
            elif cells := self._quoted(number, line, on_fault):
                yield number, cells

    def _quoted(self, number: int, line: str, on_fault: OnFault) -> tuple[str, ...]:
        """The cells of a record with quotes, and of the lines that belong to it; () if it is faulty."""
        text, more = line, list[tuple[int, str]]()
        while True:
            cells, end = self._parsed(text)
            if end is None:
                return tuple(cells)
            is_open = self._open.match(text, end)
            following = self._up_to_quote(more) if is_open else ""
            if not following:
                break
            text += following
        # The lines after a quote that is never closed are rows of their own.
        self._waiting.extendleft(reversed(more))
        never_closed = is_open or more
        on_fault(
            number,
            "A quote is opened here and never closed."
            if never_closed
            else "Text follows a closing quote. Write a quote inside a quoted cell twice.",
        )
        return ()

    def _parsed(self, text: str) -> tuple[list[str], int | None]:
        """The cells of a record, and where the first faulty one begins; None if there is none."""
        cells: list[str] = []
        place = 0
        while found := self._cell.match(text, place):
            quoted, plain, end = found.groups()
            cells.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
            place = found.end()
            if end != self._delimiter:
                return cells, None
        return cells, place

    def _up_to_quote(self, more: list[tuple[int, str]]) -> str:
        """Adds the next lines to `more` until one has a quote, and returns them; '' if none has."""
        start = len(more)
        while len(more) < MAX_LINES and (numbered := next(self._lines)):
            more.append(numbered)
            if '"' in numbered[1]:
                return "".join(line for _, line in more[start:])
        return ""


def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    end, blanks = re.escape(delimiter), " " if delimiter == "\t" else " \t"
    opening = rf'[{blanks}]*"((?:[^"]++|"")*+)'
    plain = rf'(?![{blanks}]*")([^{end}\r\n]*)'
    cell = rf'(?:{opening}"[{blanks}]*|{plain})({end}|\r\n?|\n|\Z)'
    return re.compile(cell), re.compile(rf"{opening}\Z")


def _names(fields: Iterable[Field]) -> Mapping[str, frozenset[str]]:
    """The keys by every name they have; an id wins over a string id, a string id over a name."""
    fields = tuple(fields)
    known: dict[str, frozenset[str]] = {}
    for names in (
        [(key, key) for key in CONTACT_KEYS],
        [(field.id, field.id) for field in fields],
        [(field.string_id, field.id) for field in fields],
        [(field.name, field.id) for field in fields],
    ):
        level: dict[str, frozenset[str]] = {}
        for name, field_id in names:
            if plain := _plain(name):
                level[plain] = level.get(plain, frozenset()) | {field_id}
        known = level | known
    return known


def _plain(name: str) -> str:
    return re.sub(_NOT_IN_NAMES, "", name).casefold()
