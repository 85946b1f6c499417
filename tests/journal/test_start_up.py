"""A home that cannot be written, or whose history cannot be used: a sentence, nothing sent, nothing overwritten."""

import asyncio
import hashlib
import os
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.errors import AppError
from app.domain.model import Outcome, TriggerRequest, new_attempt_id
from app.service.session import DamagedHistoryError, StoreError, set_aside
from app.settings import load_settings
from app.store import database, history_file
from app.store.schema import HISTORY
from tests.cli.conftest import Ran, run
from tests.journal.processes import ended, started, trigger
from tests.journal.server import OK, Endpoint, endpoint
from tests.journal.truth import recovered

BUSY_S = 0.05


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint(delay_s=0, answers=(OK,)) as running:
        yield running


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one attempt was made; tests copy it."""
    home = tmp_path_factory.mktemp("used") / "home"

    async def use() -> None:
        async with endpoint(delay_s=0, answers=(OK,)) as server:
            server.write_profile(home)
            await send(home)

    asyncio.run(use())
    return home


@pytest.fixture
def home(used_home: Path, server: Endpoint, tmp_path: Path) -> Path:
    shutil.copytree(used_home, tmp_path / "home")
    server.write_profile(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def unreached_home(used_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A home in which one attempt was made, with an account that nothing reaches during the test."""
    shutil.copytree(used_home, tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as account:
        account.setblocking(False)
        Endpoint(url=f"http://127.0.0.1:{account.getsockname()[1]}/api/v2").write_profile(tmp_path / "home")
        yield tmp_path / "home"
        with pytest.raises(BlockingIOError):
            account.accept()


def run_at(home: Path, *words: str) -> Ran:
    """Runs the program on a home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIGGERDESK_HOME", str(home))
        return run(*words)


async def send(home: Path, wait_s: float = 5) -> Outcome:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}), wait_s)
    attempt_id = new_attempt_id()
    request = TriggerRequest("100", "3", "thor@example.com", None, attempt_id)
    try:
        return (await service.send(request, attempt_id, repeats=True)).outcome
    finally:
        await service.close()


def bytes_below(folder: Path) -> dict[str, str]:
    """Every file by name and content, but for what SQLite keeps beside an open database."""
    files = (
        path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    )
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def overwritten_in_its_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[100:4096] = b"\xa5" * 3996
    file.write_bytes(content)


def no_database(file: Path) -> None:
    file.write_bytes(b"a shopping list: bread, milk\n" * 400)


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {HISTORY.version + 1}")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.parent / "nowhere" / "history.db")


UNUSABLE = [
    (truncated, "is damaged"),
    (overwritten_in_its_middle, "is damaged"),
    (no_database, "is damaged or is not a database"),
    (foreign, "is a database of another program"),
    (newer, "was written by a newer version of this program"),
    (a_folder, "cannot be opened"),
    (a_dangling_link, "cannot be opened"),
]
"""What was done to the history, and what is said about it."""


@pytest.mark.parametrize(("spoil", "sentence"), UNUSABLE)
def test_an_unusable_history_lets_nothing_be_sent_and_stays_as_it_is(
    spoil: Callable[[Path], None], sentence: str, unreached_home: Path
) -> None:
    home = unreached_home
    spoil(home / "history.db")
    if (home / "history.db").is_file():
        (home / "history.db").chmod(0o600)
    before = bytes_below(home)
    for words, expected in ((trigger(100)[1:], 4), (("history", "--json"), 2), (("events",), 2)):
        ran = run_at(home, *words)
        assert (ran.code, ran.out) == (expected, "")
        assert "triggerdesk: The " in ran.err
        assert sentence in ran.err
        assert str(home / "history.db") in ran.err
        assert ran.err.count("\n") == 1
    with pytest.raises(StoreError, match=sentence):
        asyncio.run(send(home))
    assert bytes_below(home) == before


def a_file(home: Path) -> None:
    home.write_text("not a folder")


def a_link_to_nowhere(home: Path) -> None:
    home.symlink_to(home.parent / "nowhere" / "home")


def below_a_file(home: Path) -> None:
    home.parent.rmdir()
    home.parent.write_text("not a folder")


@pytest.mark.parametrize("spoil", [a_file, a_link_to_nowhere, below_a_file])
def test_a_home_that_cannot_be_is_one_sentence(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    home = tmp_path / "folder" / "home"
    spoil(home)
    before = bytes_below(tmp_path)
    for words, expected in ((trigger(100)[1:], 4), (("history",), 2)):
        ran = run_at(home, *words)
        assert (ran.code, ran.out) == (expected, "")
        assert ran.err.startswith(f"triggerdesk: The history at {home}")
        assert ran.err.count("\n") == 1
    assert bytes_below(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may write everywhere")
@pytest.mark.parametrize("name", ["history.db", "."])
async def test_a_history_that_may_not_be_written_lets_nothing_be_sent(
    name: str, home: Path, server: Endpoint
) -> None:
    mode = (home / name).stat().st_mode
    (home / name).chmod(mode & ~0o222)
    try:
        code, out, err = await ended(await started(home, *trigger(100)))
    finally:
        (home / name).chmod(mode)
    assert (code, out) == (4, "")
    assert "history" in err
    assert server.received == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(
        database.sqlite3, "connect", lambda *words, **more: connect(*words, **{**more, "timeout": BUSY_S})
    )


@pytest.mark.usefixtures("impatient")
async def test_a_history_that_another_program_keeps_locked_lets_nothing_be_sent(
    home: Path, server: Endpoint
) -> None:
    with closing(sqlite3.connect(home / "history.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another program"):
            await send(home, wait_s=0)
        other.execute("ROLLBACK")
    assert server.received == []
    assert await send(home) is Outcome.ACCEPTED


async def test_an_older_history_is_brought_up_to_date_with_all_it_holds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = recovered(home)
    steps = (*HISTORY.steps, "ALTER TABLE attempts ADD COLUMN mood TEXT;\n")
    monkeypatch.setattr(history_file, "HISTORY", HISTORY._replace(steps=steps))
    assert await send(home) is Outcome.ACCEPTED
    assert recovered(home)[1:] == earlier


async def test_a_damaged_history_is_set_aside_once_a_person_has_agreed(home: Path, server: Endpoint) -> None:
    truncated(home / "history.db")
    damaged = (home / "history.db").read_bytes()
    with pytest.raises(DamagedHistoryError) as raised:
        await send(home)
    kept = set_aside(raised.value.path)
    assert kept.parent == home
    assert kept.read_bytes() == damaged
    assert await send(home) is Outcome.ACCEPTED
    assert len(recovered(home)) == 1
    assert len(server.received) == 1


def test_what_to_do_about_a_damaged_history_is_said_headless(unreached_home: Path) -> None:
    truncated(unreached_home / "history.db")
    err = run_at(unreached_home, *trigger(100)[1:]).err
    assert "Nothing is sent until it is set aside" in err
    assert "rename history.db" in err


def test_a_damaged_cache_is_filled_again_without_a_word(tmp_path: Path) -> None:
    assert run_at(tmp_path, *trigger(100)[1:]).code == 0
    for event_id, name, spoil in (
        (101, "password_reset", truncated),
        (102, "welcome", overwritten_in_its_middle),
        (103, "newsletter_double_opt_in", no_database),
    ):
        spoil(tmp_path / "accounts" / "sandbox" / "cache.db")
        ran = run_at(tmp_path, *trigger(event_id)[1:], "--json")
        assert (ran.code, ran.err) == (0, "")
        assert (ran.json["event_name"], ran.json["predicted_code"]) == (name, 0)


async def test_what_keeps_the_desk_from_opening_is_one_kind_of_failure(home: Path) -> None:
    newer(home / "history.db")
    with pytest.raises(AppError):
        open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
