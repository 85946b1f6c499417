"""Identifies the process that sends an attempt by the name of a lock that it holds while it runs.

An attempt that is still `sending` without a process that holds its lock was interrupted.
"""

from pathlib import Path
from uuid import UUID, uuid4

from app.store.errors import StoreError
from app.store.locks import FileLock

_TRIES = 10


class Owner:
    """This process as a writer of the history; `folder` contains a small file for each writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: FileLock | None = None
        self._name = ""

    def name(self) -> str:
        """The name for the attempts of this process; the first call takes the lock.

        Raises OSError, and StoreError if locks do not work in the folder.
        """
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
        """Removes the files of processes that have ended. Raises OSError."""
        if self._folder.is_dir():
            for path in list(self._folder.iterdir()):
                if _is_name(path.name):
                    self.is_gone(path.name)

    def _take(self) -> FileLock:
        for _ in range(_TRIES):
            self._name = str(uuid4())
            # Fails only while a `sweep` of another process tries this new name.
            lock = FileLock.acquire(self._folder / self._name)
            if lock is not None:
                return lock
        raise StoreError(f"The folder {self._folder} does not support locks. Choose another home folder.")

    def close(self) -> None:
        """Releases the lock of this process."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _is_name(text: str) -> bool:
    """Whether this module made the name: it never locks or deletes other files."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
