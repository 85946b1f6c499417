"""A file that is not, or cannot become, a database of ours is refused in words, and left as it is."""

import errno
import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.store.database import (
    BusyError,
    DamagedError,
    Schema,
    StoreError,
    explained,
    open_database,
    sentence_for,
    set_aside,
    transaction,
)
from app.store.locks import locks_work_in
from app.store.schema import CACHE, HISTORY

TOYS = Schema("toy box", 0x544F5953, ("CREATE TABLE toys (name TEXT)",))
MORE_TOYS = Schema(
    "toy box",
    0x544F5953,
    (*TOYS.steps, "ALTER TABLE toys ADD COLUMN age INTEGER;\nUPDATE toys SET age = 7;\n"),
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "toys.db"
    connection = open_database(path, TOYS)
    connection.execute("INSERT INTO toys VALUES ('bear')")
    assert {mode(folder) for folder in (path.parent, path.parent.parent)} == {0o700}
    assert {file.name: mode(file) for file in path.parent.iterdir()} == {
        "toys.db": 0o600,
        "toys.db-shm": 0o600,
        "toys.db-wal": 0o600,
    }
    connection.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    open_database(path, TOYS).close()
    path.chmod(0o644)
    open_database(path, TOYS).close()
    assert mode(path) == 0o600


@pytest.mark.parametrize(("schema", "synchronous"), [(CACHE, 1), (HISTORY, 2)])
def test_the_history_is_safer_and_the_cache_faster(tmp_path: Path, schema: Schema, synchronous: int) -> None:
    connection = open_database(tmp_path / "some.db", schema)
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    connection.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": synchronous,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_database_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    older = open_database(path, TOYS)
    older.execute("INSERT INTO toys VALUES ('bear')")
    older.close()
    newer = open_database(path, MORE_TOYS)
    assert newer.execute("SELECT * FROM toys").fetchall() == [("bear", 7)]
    assert newer.execute("SELECT name FROM _sqlite_migrations").fetchall() == [("0001",), ("0002",)]
    newer.close()


def test_a_step_that_fails_leaves_the_older_version_whole(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    open_database(path, TOYS).close()
    broken = Schema(
        "toy box", TOYS.application_id, (*TOYS.steps, "CREATE TABLE more (x);\nSELECT nonsense;\n")
    )
    with pytest.raises(StoreError, match="nonsense"):
        open_database(path, broken)
    connection = open_database(path, TOYS)
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'more'").fetchall() == []
    connection.close()


def test_a_database_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    open_database(path, MORE_TOYS).close()
    before = digest(path)
    with pytest.raises(StoreError, match=r"newer version of this program \(version 2; this one knows 1\)"):
        open_database(path, TOYS)
    assert digest(path) == before


def test_a_database_of_another_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name)")
    other.commit()
    other.close()
    before = digest(path)
    with pytest.raises(StoreError, match="of another program, not a toy box"):
        open_database(path, TOYS)
    assert digest(path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["toys.db"]


def test_a_cache_is_no_history(tmp_path: Path) -> None:
    open_database(tmp_path / "some.db", CACHE).close()
    with pytest.raises(StoreError, match="another program"):
        open_database(tmp_path / "some.db", HISTORY)


@pytest.mark.parametrize(
    "content",
    [b"not a database, but a letter " * 50, b"hello", b"SQLite format 3\0" + b"\xff" * 4080],
    ids=["a letter", "a word", "a beginning only"],
)
def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "toys.db"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"toys\.db is damaged or is not a database"):
        open_database(path, TOYS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("kept", [50, 100, 4000, 4096, 10_000])
def test_a_truncated_database_is_refused_and_untouched(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "toys.db"
    connection = open_database(path, TOYS)
    connection.execute("INSERT INTO toys VALUES (?)", ("bear" * 10_000,))
    connection.close()
    path.write_bytes(path.read_bytes()[:kept])
    before = digest(path)
    with pytest.raises(DamagedError, match="damaged"):
        open_database(path, TOYS)
    assert digest(path) == before


def test_a_log_without_its_database_is_not_thrown_away(tmp_path: Path) -> None:
    path, log = tmp_path / "toys.db", tmp_path / "toys.db-wal"
    connection = open_database(path, TOYS)
    rows = log.read_bytes()
    connection.close()
    path.write_bytes(b"")
    log.write_bytes(rows)
    with pytest.raises(DamagedError, match="the file is empty, but its log is not"):
        open_database(path, TOYS)
    assert log.read_bytes() == rows


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    path.touch()
    open_database(path, TOYS).close()
    assert path.stat().st_size > 0


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a letter")
    with pytest.raises(StoreError, match=r"toys\.db cannot be opened .* Choose a home folder"):
        open_database(tmp_path / "home" / "toys.db", TOYS)
    assert (tmp_path / "home").read_text() == "a letter"


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "toys.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(tmp_path / "toys.db", TOYS)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is read-only to this user")
def test_a_read_only_home_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be opened"):
            open_database(tmp_path / "toys.db", TOYS)
    finally:
        tmp_path.chmod(0o700)


def test_a_locked_database_is_named_after_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "toys.db"
    sqlite3.connect(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another program"):
        open_database(path, TOYS, busy_seconds=0.05)
    other.close()


def test_several_processes_may_make_the_same_database_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from app.store.database import open_database; "
        "from app.store.schema import HISTORY; sys.stdin.read(1); "
        "print(open_database(Path(sys.argv[1]), HISTORY).execute('PRAGMA user_version').fetchone()[0])"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "new" / "history.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    # All are started before any may begin.
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    assert [process.communicate() for process in processes] == [(f"{HISTORY.version}\n", "")] * 4


@pytest.mark.parametrize("step", range(1, 5))
def test_a_database_that_another_process_makes_between_two_looks_is_no_foreign_one(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "toys.db"
    connect = sqlite3.connect

    class Overtaken(sqlite3.Connection):
        steps = 0

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            self.steps += 1
            if self.steps == step:
                monkeypatch.setattr(sqlite3, "connect", connect)
                open_database(path, TOYS).close()
            return super().execute(*arguments)

    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Overtaken))
    connection = open_database(path, TOYS)
    assert isinstance(connection, Overtaken)
    assert connection.execute("SELECT count(*) FROM toys").fetchone() == (0,)
    connection.close()


def test_opening_a_current_database_imports_nothing_heavy(tmp_path: Path) -> None:
    open_database(tmp_path / "toys.db", HISTORY).close()
    script = (
        "import sys; from pathlib import Path; from app.store.attempts import History; "
        "from app.store.catalog import Cache; History(Path(sys.argv[1])).close(); "
        "print(sorted({'sqlite_utils', 'httpx', 'textual', 'click'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "toys.db")], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    connection = open_database(tmp_path / "toys.db", TOYS)

    def half() -> None:
        with transaction(connection):
            connection.execute("INSERT INTO toys VALUES ('bear')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with transaction(connection):
        connection.execute("INSERT INTO toys VALUES ('ball')")
    assert connection.execute("SELECT name FROM toys").fetchall() == [("ball",)]
    connection.close()


def test_what_is_set_aside_keeps_its_content_under_a_free_name(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    names = set()
    for content in (b"one", b"two"):
        path.write_bytes(content)
        path.with_name("history.db-wal").write_bytes(content)
        aside = set_aside(path)
        names.add(aside.name)
        assert aside.name.startswith("history.db.damaged-")
        assert aside.read_bytes() == aside.with_name(aside.name + "-wal").read_bytes() == content
        assert not path.exists()
    assert len(names) == 2


COMES_AND_GOES = """
import sys
from pathlib import Path
from app.store.database import open_database
from app.store.schema import HISTORY
open_database(Path(sys.argv[1]), HISTORY).close()
"""


def test_opening_a_database_twice_keeps_its_log_from_whoever_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    first = open_database(path, HISTORY)
    second = open_database(path, HISTORY)
    first.execute("SELECT count(*) FROM attempts").fetchone()
    log = path.with_name("history.db-wal")
    before = log.stat().st_ino
    subprocess.run([sys.executable, "-c", COMES_AND_GOES, str(path)], check=True)
    assert log.exists()
    assert log.stat().st_ino == before
    for connection in (first, second):
        connection.close()


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_IOERR_LOCK,
        sqlite3.SQLITE_IOERR_SHMMAP,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_RDLOCK,
    ],
)
def test_a_file_system_without_locks_is_named_with_the_way_out(tmp_path: Path, code: int) -> None:
    error = sentence_for(code, tmp_path / "toys.db", "history", sqlite3.OperationalError("locking protocol"))
    assert not isinstance(error, BusyError)
    assert "without file locks or shared memory" in str(error)
    assert "Set TRIGGERDESK_HOME to a folder on a local disk" in str(error)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_an_error_of_the_system_that_means_no_locks_is_named(tmp_path: Path, number: int) -> None:
    with pytest.raises(StoreError, match="TRIGGERDESK_HOME"), explained(tmp_path / "toys.db", "history"):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_an_error_of_the_system_that_means_a_full_disk_is_called_that(tmp_path: Path, number: int) -> None:
    full = pytest.raises(StoreError, match=r"^The disk is full: the history at .* Free some space")
    with full, explained(tmp_path / "toys.db", "history"):
        raise OSError(number, os.strerror(number))


def test_where_locks_work_a_busy_file_is_locked_by_another_program(tmp_path: Path) -> None:
    error = sentence_for(sqlite3.SQLITE_BUSY, tmp_path / "toys.db", "history", sqlite3.OperationalError("x"))
    assert isinstance(error, BusyError)
    assert locks_work_in(tmp_path)
    assert locks_work_in(tmp_path / "missing")
