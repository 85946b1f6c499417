"""How results are printed: nothing from data reaches a terminal raw, and JSON stays printable ASCII."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from app.cli.failures import Failure
from app.domain.model import Outcome
from app.domain.sanitize import sanitize
from app.service.files import FileError, new_file

_COLOURS = {
    Outcome.ACCEPTED: "green",
    Outcome.PARTIAL: "yellow",
    Outcome.REJECTED: "red",
    Outcome.NOT_SENT: "blue",
    Outcome.UNKNOWN: "magenta",
    Outcome.SENDING: "cyan",
}
_LONGEST_CELL = 4000


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def coloured(text: str, outcome: Outcome) -> str:
    """The text in the outcome's colour, on a terminal that wants colours."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, fg=_COLOURS[outcome], bold=True)


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[int] = ()
) -> Iterable[str]:
    """Aligned lines, the columns of `numbers` to the right; on a terminal cut to its width, elsewhere whole."""
    cells = [[sanitize(cell, _LONGEST_CELL) for cell in row] for row in (header, *rows)]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(header))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in cells:
        blanks = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        line = "  ".join(
            blank + cell if column in numbers else cell + blank
            for column, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        ).rstrip()
        yield line if room is None else _cut(line, room)


@contextmanager
def opened(output: Path | None) -> Iterator[IO[Any] | None]:
    """The file that was asked for, in its place once it is whole; None for standard output, also as `-`. Raises Failure."""
    if output is None or output == Path("-"):
        yield None
        return
    try:
        with new_file(output, replace=True) as file:
            yield file
    except FileError as error:
        raise Failure(str(error)) from None


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(line: str, room: int) -> str:
    if _width(line) <= room:
        return line
    kept, used = [], 1
    for character in line:
        used += _cells(character)
        if used > room:
            break
        kept.append(character)
    return "".join(kept) + "…"
