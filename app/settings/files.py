"""Writes files whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def atomic_write(path: Path, text: str) -> None:
    """Replaces a file at once by one that only its owner can read; follows links. Raises OSError."""
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:  # ctrl+c too; it is raised again
        with suppress(OSError):
            Path(temporary).unlink()
        raise
