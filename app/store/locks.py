"""A lock on a file that the operating system gives up when its holder dies, however it dies.

A process id cannot tell a living process from a later one of the same number; a lock can.
"""

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """An exclusive lock, held until `release` or until this process is gone."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "FileLock | None":
        """The lock on `path`, which is made where it is missing; None while another holds it. Raises OSError."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                locked = _try_lock(descriptor)
                current = locked and _is_still(path, descriptor)
            except BaseException:  # ctrl+c too: it goes on, once this is put in order
                os.close(descriptor)
                raise
            if current:
                return cls(path, descriptor)
            os.close(descriptor)
            if not locked:
                return None

    def release(self) -> None:
        """Gives the lock up and takes its file away."""
        if os.name == "posix":
            # Removed while still held, so that nobody can lock a file that is about to go.
            self._remove()
            os.close(self._descriptor)
        else:
            os.close(self._descriptor)
            self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # the folder may be gone too
            self._path.unlink()


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file still bears the name; its last holder may have removed it meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
