"""A text to be copied, kept as a file in the home where the terminal has no clipboard to give it to."""

import os
from pathlib import Path

from app.domain.errors import AppError

NAME = "copied.txt"


class CopyError(AppError):
    """The file could not be written; the message says why."""


def keep_copy(home: Path, text: str) -> Path:
    """Writes the text into the home, readable by its owner only, in place of what was copied before; where it is.

    Raises CopyError.
    """
    path = home / NAME
    beside = path.with_suffix(".part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(
            os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline=""
        ) as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise CopyError(f"{path} could not be written: {error.strerror}.") from error
    return path


def drop_copy(home: Path) -> None:
    """Takes away what was copied last, whoever it speaks of. Raises CopyError."""
    path = home / NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CopyError(f"{path} could not be taken away: {error.strerror}.") from error
