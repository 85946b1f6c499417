"""File locks, which the operating system releases when the process ends, in whatever way.

The process that sends an attempt is identified by the name of a lock that it holds while it runs: unlike a process id, it
cannot be confused with a later process. An attempt that is still `sending` without it was interrupted.
"""

import contextlib
import errno
import os
import sys
from pathlib import Path
from uuid import UUID, uuid4

_TRIES = 10

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


class Owner:
    """This process as a writer of the history; `folder` contains a small file for each writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: FileLock | None = None
        self._name = ""

    def name(self) -> str:
        """The name for the attempts of this process; the first call takes the lock. Raises OSError."""
        if self._lock is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = self._take()
        return self._name

    def is_gone(self, name: str | None) -> bool:
        """Whether the process with this name has ended. Raises OSError."""
        if name is None or not _is_name(name):
            return True
        if self._lock is not None and name == self._name:
            return False
        path = self._folder / name
        if not path.exists():
            return True
        lock = FileLock.acquire(path)
        if lock is None:
            return False
        lock.release()
        return True

    def sweep(self) -> None:
        if self._folder.is_dir():
            for path in list(self._folder.iterdir()):
                if _is_name(path.name):
                    self.is_gone(path.name)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _take(self) -> FileLock:
        for _ in range(_TRIES):
            self._name = str(uuid4())
            # Fails only while a `sweep` of another process tries this new name.
            lock = FileLock.acquire(self._folder / self._name)
            if lock is not None:
                return lock
        raise OSError(errno.ENOLCK, "no locks in this folder", str(self._folder))


def _is_name(text: str) -> bool:
    """Whether this module made the name: it never locks or deletes other files."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
