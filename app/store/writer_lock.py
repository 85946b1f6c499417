"""Who is sending: each writing process holds a lock of its own while it lives, and its attempts bear the lock's name.

What is left `sending` under a name that nobody holds any more was interrupted.
"""

from pathlib import Path
from uuid import UUID, uuid4

from app.store.errors import StoreError
from app.store.locks import FileLock

_TRIES = 10


class Owner:
    """This process among all that write to one history; `folder` holds one small file for each of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: FileLock | None = None
        self._name = ""

    def name(self) -> str:
        """The name that this process' attempts bear, its lock being taken at the first call.

        Raises OSError, and StoreError where the folder does not keep locks.
        """
        if self._lock is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = self._take()
        return self._name

    def is_gone(self, name: str | None) -> bool:
        """Whether the process of this name has ended. Raises OSError."""
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
            # Fails only while another process, sweeping, tries whether this new name is held.
            lock = FileLock.acquire(self._folder / self._name)
            if lock is not None:
                return lock
        raise StoreError(f"The folder {self._folder} does not keep locks. Choose another home folder.")

    def close(self) -> None:
        """Gives this process' name up."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _is_name(text: str) -> bool:
    """Only what this module wrote is ever locked or removed."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
