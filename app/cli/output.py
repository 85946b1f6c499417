"""Results on standard output; questions and progress on standard error."""

import shutil
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

import click

from app.cli.errors import Failure
from app.domain.text import sanitize
from app.service.files import new_file

_MAX_CELL = 4000
_GAP = 2

OnProgress = Callable[[str, int, int | None], None]
"""Called with a label, how much is done, and how much there is, if that is known."""


def at_terminal() -> bool:
    """Returns whether there is a user to ask."""
    return sys.stdin.isatty()


def confirm(question: str, yes: bool) -> None:
    """Asks on standard error unless `yes`. Raises Failure if the answer is no or there is no terminal."""
    if yes:
        return
    if not at_terminal():
        raise Failure(f"{question} There is no terminal to answer on: add --yes.")
    if not click.confirm(question, err=True):
        raise Failure("Cancelled. Nothing was changed.")


def echo_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Container[str] = (),
    optional: Container[str] = (),
    file: IO[str] | None = None,
) -> None:
    """Prints aligned columns, those named in `right` to the right.

    On a terminal that is too narrow the columns named in `optional` are left out, and long cells wrap.
    """
    from tabulate import tabulate  # noqa: PLC0415 - its weight is for those who print a table

    cells = [[sanitize(cell, _MAX_CELL) for cell in row] for row in (header, *rows)]
    on_screen = file is None and sys.stdout.isatty()
    room = shutil.get_terminal_size().columns if on_screen else None
    if room is not None and _line(_widths(cells)) > room:
        kept = [column for column, title in enumerate(header) if title not in optional]
        cells = [[row[column] for column in kept] for row in cells]
    click.echo(
        tabulate(
            cells,  # the header as a row: tabulate pads a header of its own
            tablefmt="plain",
            colalign=["right" if title in right else "left" for title in cells[0]],
            disable_numparse=True,
            preserve_whitespace=True,
            maxcolwidths=None if room is None else _fitted(_widths(cells), room),
        ),
        file=file,
    )


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _line(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _fitted(widths: Sequence[int], room: int) -> list[int] | None:
    """Returns the widths with the widest columns narrowed until all fit; None if they fit as they are."""
    fitted = list(widths)
    while _line(fitted) > room and max(fitted) > 1:
        fitted[fitted.index(max(fitted))] -= 1
    return None if fitted == list(widths) else fitted


def open_output(path: Path | None) -> AbstractContextManager[IO[str] | None]:
    """Returns the file to write, put in place once it is complete; None for standard output. Raises FileError."""
    return nullcontext() if path in {None, Path("-")} else new_file(path, replace=True)


@contextmanager
def progress(label: str, *, hidden: bool = False) -> Iterator[OnProgress]:
    """A bar on a terminal; elsewhere a line for each new label, or nothing if `hidden`."""
    unseen = hidden and not sys.stderr.isatty()
    with click.progressbar(
        length=1, label=label, file=sys.stderr, show_eta=False, width=0, hidden=unseen
    ) as bar:

        def on_progress(label: str, done: int, total: int | None) -> None:
            bar.label, bar.pos, bar.length = sanitize(label), done, total
            bar.render_progress()

        yield on_progress
