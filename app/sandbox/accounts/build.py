"""Account folder -> account database: built beside its place and renamed into it, so that no reader meets half of one.

The finished file is never written again, which lets every reader open it without locks; what changes, which is only
how the folder's files looked when they were read last, stands in a file of its own beside it.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from app.domain.errors import AppError
from app.sandbox.accounts.files import FILES, Progress, unreadable

LAYOUT = "2"
STALE_S = 3600.0

GRAIN_S = 2.0
"""Two writes of a file within so many seconds may leave it with the same times: the coarsest file system's unit."""


class AccountDatabaseError(AppError):
    """The account's database cannot be written or read; one sentence."""


def ensure_built(folder: Path, database: Path, progress: Progress = lambda *_: None) -> tuple[str, bool]:
    """The fingerprint of the folder's content, and whether the database had to be built anew because it held another.

    Raises AccountFolderError, and AccountDatabaseError for a disk that cannot be written.
    """
    stamp = _stamp(folder)
    known = _known(database)
    if known and stamp and _read(database) == _stamped(stamp, known):
        return known, False
    digest = _digest(folder)
    if known == digest:
        _keep(database, stamp, digest)
        return digest, False
    # Loaded only here: most starts find the account as it was.
    from app.sandbox.accounts.fill import fill  # noqa: PLC0415

    with _at_once(database) as db:
        fill(db, folder, progress)
        db.execute("INSERT INTO meta VALUES ('digest', ?)", (digest,))
    _keep(database, stamp, digest)
    return digest, True


def _stamp(folder: Path) -> str:
    """What changes with every write of a file, kept so that an untouched folder need not be read again.

    Empty where a file was written so lately, or in the future, that the next write might not change it.
    """
    stats = [_stat(folder / name) for name in FILES]
    if max(max(s.st_mtime, s.st_ctime) for s in stats) > time.time() - GRAIN_S:
        return ""
    return ";".join(
        [LAYOUT, *(f"{s.st_dev},{s.st_ino},{s.st_size},{s.st_mtime_ns},{s.st_ctime_ns}" for s in stats)]
    )


def _stat(file: Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        raise unreadable(file, error) from None


def _digest(folder: Path) -> str:
    import hashlib  # noqa: PLC0415 - as above

    digest = hashlib.blake2b(LAYOUT.encode())
    for name in FILES:
        try:
            with (folder / name).open("rb") as raw:
                digest.update(hashlib.file_digest(raw, "blake2b").digest())
        except OSError as error:
            raise unreadable(folder / name, error) from None
    return digest.hexdigest()


def _keep(database: Path, stamp: str, digest: str) -> None:
    """Keeps the stamp with what it is the stamp of; where it cannot be written, the next start reads the folder."""
    file = _stamp_file(database)
    with suppress(OSError):
        if stamp:
            file.touch(mode=0o600)
            file.write_text(_stamped(stamp, digest), encoding="utf-8")


def _read(database: Path) -> str:
    try:
        return _stamp_file(database).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _stamped(stamp: str, digest: str) -> str:
    return f"{stamp}\n{digest}\n"


def _stamp_file(database: Path) -> Path:
    return database.with_suffix(".stamp")


def _known(database: Path) -> str | None:
    if not database.is_file():
        return None
    try:
        with closing(open_finished(database)) as db:
            return fingerprint_of(db)
    except sqlite3.Error:
        return None


def fingerprint_of(db: sqlite3.Connection) -> str:
    """The fingerprint of the content that an account database was built from. Raises sqlite3.Error."""
    row = db.execute("SELECT value FROM meta WHERE key = 'digest'").fetchone()
    return row[0] if row else ""


def open_finished(database: Path) -> sqlite3.Connection:
    """A finished account database, read without locks: nobody writes it, a new one takes its name."""
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _at_once(database: Path) -> Iterator[sqlite3.Connection]:
    unfinished = database.with_name(f"{database.name}.{os.urandom(8).hex()}.building")
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(database)
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            yield db
        unfinished.replace(database)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise AccountDatabaseError(f"The sandbox cannot write {database}: {reason}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _sweep(database: Path) -> None:
    """Removes what a killed process left half built."""
    for leftover in database.parent.glob(f"{database.name}.*.building"):
        # Another process may sweep at the same time.
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > STALE_S:
                leftover.unlink()
