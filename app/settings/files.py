"""The files of the home: written whole or not at all, readable by the user alone whatever the umask and earlier modes."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from app.settings.profile import CONFIG, SettingsError

PRIVATE = 0o077
"""The umask that makes files 0600 and folders 0700."""

_FILES = (CONFIG, "history*", "drafts*", "copied.*", "mask.key", "team.key", "triggerdesk.log*")
_FOLDERS = ("accounts", "owners")
_WRITE = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A file for its owner only that takes the place of `path` when the block ends; follows links. Raises OSError."""
    path = path.resolve()
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def atomic_write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text)


def tighten(home: Path) -> bool:
    """Removes other users' permissions on the home; returns whether they had any."""
    if os.name != "posix" or not home.is_dir():
        return False
    tightened = [path for path in (home, *_private(home)) if _tightened(path)]
    return bool(tightened)


def check_config_mode(path: Path) -> None:
    """Raises SettingsError if other users can write `config.toml` and so change profiles."""
    if os.name != "posix":
        return
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return  # reading the file reports it
    if mode & _WRITE:
        raise SettingsError(
            f"{path}: other users can write this file (mode {mode:04o}). Check what it says, then run "
            f"`chmod 600 {path}`."
        )


def _private(home: Path) -> Iterator[Path]:
    for path in home.iterdir():
        if path.name in _FOLDERS and not path.is_symlink():
            for folder, _, files in os.walk(path):
                yield Path(folder)
                yield from (Path(folder, name) for name in files)
        elif any(fnmatch(path.name, pattern) for pattern in _FILES):
            yield path


def _tightened(path: Path) -> bool:
    try:
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode) or not mode & PRIVATE:
            return False
        if path.name == CONFIG and mode & _WRITE:
            return False  # `check_config_mode` rejects it
        path.chmod(mode & ~PRIVATE)
    except OSError:
        return False  # gone, or another user's file; using it reports the reason
    return True
