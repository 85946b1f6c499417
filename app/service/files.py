"""A file that somebody asks for: whole or not at all, never in the place of another one unasked, readable by its owner."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.domain.errors import AppError


class FileError(AppError):
    """The file could not be written; the message says why."""


class FileExistsAlreadyError(FileError):
    """There is a file of this name already."""


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[IO[str]]:
    """A file to be written, which is in its place once the block ends; if that raises, all is as it was.

    A link is followed; a device or a pipe stays what it is, and is written to directly. Raises
    FileExistsAlreadyError unless it may `replace`, and FileError where it cannot be written.
    """
    try:
        _check(path, replace)
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        whole = path.resolve()
        beside = whole.with_name(f".{whole.name}.{os.getpid()}.part")
        descriptor = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                yield file
            beside.replace(whole)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path} could not be written: {error.strerror or error}.") from error


def _check(path: Path, replace: bool) -> None:
    if path.is_dir():
        raise FileError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {path.parent}.")
    if path.exists() and not replace:
        raise FileExistsAlreadyError(f"{path} exists already.")
