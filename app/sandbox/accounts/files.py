"""The files of an account folder, and what is said of one that is faulty; apart from `folder`, which reads them."""

from collections.abc import Callable
from pathlib import Path

from app.domain.errors import AppError

EVENTS = "events.json"
FIELDS = "fields.json"
CONTACTS = "contacts.csv"
FILES = (EVENTS, FIELDS, CONTACTS)

Progress = Callable[[int, int], None]
"""Told as (bytes read, bytes in all) while contacts are loaded."""


class AccountFolderError(AppError):
    """A folder that is no account: which file, which line (from 1; None: the file as a whole), and why."""

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        where = f", line {line}" if line else ""
        super().__init__(f"{file}{where}: {reason}")


def unreadable(file: Path, error: OSError) -> AccountFolderError:
    """The fault of a file that cannot be opened."""
    return AccountFolderError(file, None, f"The file cannot be read: {error.strerror or error}.")
