"""A file lock that the operating system releases when the process ends, in whatever way.

Unlike a process id, a lock cannot be confused with that of a later process with the same number.
"""

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def locks_work_in(folder: Path) -> bool:  # noqa: ARG001 - on this system they work everywhere
        """Whether files in this folder can be locked and shared."""
        return True

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl
    from contextlib import suppress
    from mmap import mmap
    from tempfile import TemporaryFile

    def locks_work_in(folder: Path) -> bool:
        """Whether files in this folder can be locked and shared; True if that cannot be tried."""
        with suppress(OSError), TemporaryFile(dir=folder) as file:
            file.truncate(1)
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mmap(file.fileno(), 1).close()
            except OSError:
                return False
        return True

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """An exclusive lock, held until `release` or the end of this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "FileLock | None":
        """Creates the file if it is missing, and locks it; None while another process holds the lock. Raises OSError."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                locked = _try_lock(descriptor)
                current = locked and _is_still(path, descriptor)
            except BaseException:  # also ctrl+c: clean up, then re-raise
                os.close(descriptor)
                raise
            if current:
                return cls(path, descriptor)
            os.close(descriptor)
            if not locked:
                return None

    def release(self) -> None:
        """Releases the lock and deletes its file."""
        if os.name == "posix":
            # Delete the file while holding the lock, so that no other process locks a file that is about to vanish.
            self._remove()
            os.close(self._descriptor)
        else:
            os.close(self._descriptor)
            self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # the folder may be gone too
            self._path.unlink()


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one at the path; its last holder may have deleted it meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
