"""Files that users ask for: written whole or not at all, readable by their owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.domain.errors import AppError, reason_of
from app.domain.model import MAX_REQUEST, Attachment, attach
from app.settings.files import replacing


class FileExistsAlreadyError(AppError):
    """A file of this name exists already."""


def typed_path(text: str) -> Path:
    return Path(os.path.expanduser(text.strip())).absolute()  # noqa: PTH111 - Path's raises for an unknown user


def read_attachment(path: Path) -> Attachment:
    """A file as an attachment. Raises AppError, also if it is longer than any request may be."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_REQUEST + 1)
    except OSError as error:
        raise AppError(f"{path} cannot be read: {reason_of(error)}.") from None
    if len(content) > MAX_REQUEST:
        raise AppError(f"{path} is over {MAX_REQUEST:,} bytes, more than Emarsys accepts in a request.")
    return attach(path.name, content)


COPY_NAME = "copied.txt"


def keep_copy(home: Path, text: str) -> Path:
    """Writes a copied text to a file in the home and returns its path. Raises AppError."""
    path = home / COPY_NAME
    with new_file(path, replace=True) as file:
        file.write(text)
    return path


def drop_copy(home: Path) -> None:
    path = home / COPY_NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise AppError(f"{path} could not be deleted: {reason_of(error)}.") from error


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[IO[str]]:
    """A file that appears at `path` when the block ends; a device is written directly. Raises AppError."""
    try:
        _check(path, replace)
        is_device = path.exists() and not path.is_file()
        with path.open("w", encoding="utf-8", newline="") if is_device else replacing(path) as file:
            yield file
    except OSError as error:
        raise AppError(f"{path} could not be written: {reason_of(error)}.") from error


def _check(path: Path, replace: bool) -> None:
    if path.is_dir():
        raise AppError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise AppError(f"There is no folder {path.parent}.")
    if path.exists() and not replace:
        raise FileExistsAlreadyError(f"{path} exists already.")
