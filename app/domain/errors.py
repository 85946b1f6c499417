"""The base class of the errors shown to the user, and what an error of the operating system means in words."""

import errno
import shutil
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)

_ROOM = 65_536
"""Bytes that the files beside a database take."""


class AppError(Exception):
    """An error that the user can fix; its message names the problem and the fix."""


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
