"""The base classes of the errors shown to the user, and what an error of the operating system means in words."""

import errno
import shutil
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)

_ROOM = 65_536


class AppError(Exception):
    """An error that the user can fix; its message names the problem and the fix."""


class ClientError(AppError):
    """A failed call of the account; the message names the cause and the fix."""


class FileFaultError(AppError):
    """A file that cannot be used: its name, the line (from 1; None for the whole file), and the reason."""

    def __init__(self, file: Path | str, line: int | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"{file}{f', line {line}' if line else ''}: {reason}")


def is_full_disk(error: OSError) -> bool:
    return error.errno in _FULL


DISK_FULL = "the disk is full; free some space"


def reason_of(error: OSError) -> str:
    if is_full_disk(error):
        return DISK_FULL
    return error.strerror or str(error) or type(error).__name__


def disk_is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _ROOM
    except OSError:
        return False


def read_text(file: Path) -> str:
    """The text of a file in UTF-8, without a byte order mark. Raises FileFaultError."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FileFaultError(file, line, "This is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise unreadable(file, error) from None


def unreadable(file: Path, error: OSError) -> FileFaultError:
    return FileFaultError(file, None, f"The file cannot be read: {reason_of(error)}.")
