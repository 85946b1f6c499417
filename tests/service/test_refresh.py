"""A refresh beside the screen: whatever stops it, the old cache is whole, and nothing goes on behind its back."""

import asyncio
import shutil
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import open_service
from app.client.api import ApiClient, Pace
from app.domain.errors import ClientError, FileFaultError
from app.domain.model import Contact, ExternalEvent, Field, Reply, TriggerRequest
from app.resources import sample_data
from app.service.live import LiveAccount
from app.service.refresh import Refresh, RefreshStep
from app.service.session import Session
from app.settings import Profile, load_settings
from app.store.attempts import History
from app.store.catalog import Cache, refresh_lock, replacing
from app.store.contacts import remember_lookup
from app.store.database import RefreshingError, StoreError

SHOP = Profile("shop", "http://127.0.0.1:1/api/v2", refresh_contacts="query:30")
OLD = Contact("1", "u1", {"3": "old@example.com"})
SIF = Contact("9", "u9", {"3": "sif@example.com"})


class Account:
    """An account that gives three pages; before the last it waits, fails or goes on."""

    def __init__(self, before_last: Callable[[], Any] | None = None, size: int = 10) -> None:
        self.pace = Pace()
        self.reached = threading.Event()
        self.threads: set[str] = set()
        self._before_last = before_last
        self._size = size

    async def external_events(self) -> tuple[ExternalEvent, ...]:
        return (ExternalEvent("100", "purchase"),)

    async def fields(self) -> tuple[Field, ...]:
        return (Field("3", "E-Mail"),)

    async def contacts(self, return_field: str, limit: int) -> AsyncIterator[Sequence[Contact]]:
        assert (return_field, limit) == ("3", 30)
        for page in range(3):
            self.threads.add(threading.current_thread().name)
            if page == 2:
                self.reached.set()
                if self._before_last is not None:
                    await self._before_last()
            first = 10 + page * self._size
            ids = range(first, first + self._size)
            yield [Contact(str(n), f"u{n}", {"3": f"p{n}@example.com"}) for n in ids]


async def forever() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "accounts" / "shop"


@pytest.fixture
def cache(home: Path) -> Any:
    cache = Cache(home / "cache.db")
    with replacing(cache.path, complete=False) as load:
        load.events([ExternalEvent("1", "old")])
        load.fields([Field("3", "E-Mail")])
        load.contacts([OLD])
    yield cache
    cache.close()


Refreshing = Callable[..., Any]


@pytest.fixture
def refresh(cache: Cache, home: Path) -> Any:
    """Refreshes the cache from an account: `await refresh(Account(), on_progress)`."""
    history = History(home / "history.db")

    async def run(account: Account, on_progress: Callable[[RefreshStep], None] = lambda _: None) -> None:
        @asynccontextmanager
        async def source(_: threading.Event) -> AsyncIterator[Any]:
            yield account, None

        live = LiveAccount(SHOP, cache, history, lambda: account, source)  # type: ignore[arg-type,return-value]
        await Refresh(live).run(on_progress)

    yield run
    history.close()


def is_old(cache: Cache) -> bool:
    return cache.has_event("1") is True and cache.contacts.get("1") == OLD and cache.state().contacts == 1


async def reached(account: Account) -> None:
    await asyncio.to_thread(account.reached.wait)


async def cancelled(refresh: "asyncio.Task[None]") -> None:
    refresh.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refresh


async def test_what_was_fetched_is_swapped_in_and_each_step_told(cache: Cache, refresh: Refreshing) -> None:
    steps: list[RefreshStep] = []
    await refresh(Account(), steps.append)
    assert cache.state().contacts == 30
    assert (cache.has_event("1"), cache.has_event("100")) == (False, True)
    assert cache.event_name("1") == "old"
    assert [(step.stage, step.done, step.total) for step in steps] == [
        ("events", 0, None),
        ("fields", 0, None),
        ("contacts", 10, 30),
        ("contacts", 20, 30),
        ("contacts", 30, 30),
        ("storing", 30, 30),
    ]


async def test_cancelled_in_the_middle_the_old_cache_is_whole_and_can_be_refreshed_at_once(
    cache: Cache, refresh: Refreshing
) -> None:
    account = Account(forever)
    task = asyncio.create_task(refresh(account))
    await reached(account)
    await cancelled(task)
    assert is_old(cache)
    await refresh(Account())
    assert cache.state().contacts == 30


async def test_cancelled_twice_it_still_waits_for_its_end(cache: Cache, refresh: Refreshing) -> None:
    ended = threading.Event()

    async def slow_to_end() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0.05)
            ended.set()

    account = Account(slow_to_end)
    task = asyncio.create_task(refresh(account))
    await reached(account)
    task.cancel()
    await asyncio.sleep(0)
    await cancelled(task)
    assert ended.is_set()
    assert is_old(cache)


async def test_cancelled_while_it_waits_for_another_window_it_breaks_off(
    cache: Cache, home: Path, refresh: Refreshing
) -> None:
    stored = asyncio.Event()

    def on_progress(step: RefreshStep) -> None:
        if step.stage == "storing":
            stored.set()

    with closing(sqlite3.connect(home / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(refresh(Account(size=1000), on_progress))
        await stored.wait()
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await task
    assert is_old(cache)
    await refresh(Account())
    assert cache.state().contacts == 30


async def test_cancelled_before_anything_was_stored_nothing_is_locked(
    cache: Cache, refresh: Refreshing
) -> None:
    for _ in range(5):
        task = asyncio.create_task(refresh(Account(forever)))
        for _ in range(3):
            await asyncio.sleep(0)
        await cancelled(task)
        assert is_old(cache)
    await refresh(Account())
    assert cache.state().contacts == 30


async def test_an_account_that_fails_in_the_middle_leaves_the_old_cache(
    cache: Cache, refresh: Refreshing
) -> None:
    async def fail() -> None:
        raise ClientError("The account went away.")

    with pytest.raises(ClientError):
        await refresh(Account(fail))
    assert is_old(cache)


async def test_a_disk_that_fills_up_leaves_the_old_cache(
    cache: Cache, refresh: Refreshing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr("app.store.catalog.StagedRefresh.contacts", full)
    with pytest.raises(StoreError, match="full"):
        await refresh(Account())
    assert is_old(cache)


async def test_what_is_looked_up_meanwhile_stays(cache: Cache, home: Path, refresh: Refreshing) -> None:
    async def look_up() -> None:
        with closing(Cache(home / "cache.db")) as elsewhere:
            remember_lookup(elsewhere.path, "3", "sif@example.com", [SIF])

    await refresh(Account(look_up))
    assert cache.contacts.get("9") == SIF
    assert cache.state().contacts == 31


async def test_pages_are_fetched_and_stored_beside_the_thread_of_the_screen(refresh: Refreshing) -> None:
    account = Account()
    await refresh(account)
    assert threading.current_thread().name not in account.threads


# The sandbox, whose files may be others by now


async def code(service: Session, external_id: str) -> int | None:
    """What the running account answers by now."""
    answer = await service.client.trigger(TriggerRequest("100", "3", external_id))
    assert isinstance(answer, Reply)
    return answer.reply_code


def edit(file: Path, before: str, after: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def first_id(service: Session, text: str) -> str:
    found = service.contacts.search(text)
    found.read_first()
    return found.rows(0, 1)[0].id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_data(), tmp_path / "account"))


@pytest.fixture
async def service(tmp_path: Path, folder: Path) -> AsyncIterator[Session]:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder))
    yield service
    await service.close()


async def test_a_refresh_reads_the_files_as_they_are_now_and_the_running_account_answers_by_them(
    service: Session, folder: Path
) -> None:
    steps: list[RefreshStep] = []
    state = await service.refresh.run(steps.append)
    assert (state.contacts, state.complete, service.refresh.is_needed()) == (250, True, False)
    assert [step.stage for step in steps] == ["events", "fields", "contacts", "storing"]
    assert first_id(service, "thor") == "11"

    edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")
    edit(folder / "events.json", "purchase_confirmation", "bought")
    assert (await code(service, "thor@example.com"), await code(service, "loki@example.com")) == (0, 2008)
    assert service.events.name("100") == "purchase_confirmation"

    state = await service.refresh.run()
    assert (await code(service, "thor@example.com"), await code(service, "loki@example.com")) == (2008, 0)
    assert service.events.name("100") == "bought"
    assert first_id(service, "loki") == "11"
    assert not service.refresh.is_needed()

    with (folder / "contacts.csv").open("a", encoding="utf-8") as file:
        file.write("nobody\n")
    with pytest.raises(FileFaultError, match=r"contacts\.csv, line 252: 1 cell, but the header has 23"):
        await service.refresh.run()
    assert service.refresh.state() == state
    assert await code(service, "loki@example.com") == 0


async def test_two_refreshes_of_one_account_are_refused(service: Session, tmp_path: Path) -> None:
    (cache,) = (tmp_path / "home").rglob("cache.db")
    with refresh_lock(cache), pytest.raises(RefreshingError, match="Another refresh"):
        await service.refresh.run()


async def test_a_stopped_refresh_leaves_the_running_account_as_the_lists_are(
    service: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.refresh.run()
    assert await code(service, "thor@example.com") == 0
    edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")

    async def never(_: ApiClient, return_field: str = "3", limit: int = 0) -> AsyncIterator[None]:
        raise asyncio.CancelledError
        yield

    with monkeypatch.context() as patched:
        patched.setattr(ApiClient, "contacts", never)
        with pytest.raises(asyncio.CancelledError):
            await service.refresh.run()
    assert first_id(service, "thor@example.com") == "11"
    assert await code(service, "thor@example.com") == 0
    await service.refresh.run()
    assert await code(service, "thor@example.com") == 2008


async def test_the_running_account_follows_a_cache_that_another_window_has_refreshed(
    service: Session, tmp_path: Path, folder: Path
) -> None:
    await service.refresh.run()
    assert await code(service, "loki@example.com") == 2008
    edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")
    other = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder))
    await other.refresh.run_if_needed()
    await other.close()
    assert first_id(service, "loki") == "11"
    assert await code(service, "loki@example.com") == 0


async def test_the_secret_of_a_real_account_is_asked_for_once(tmp_path: Path) -> None:
    asked, command = tmp_path / "asked", tmp_path / "secret.py"
    command.write_text(f"open({str(asked)!r}, 'a').write('x')\nprint('s3cret')\n")
    (tmp_path / "config.toml").write_text(
        "[profiles.shop]\nbase_url = 'http://127.0.0.1:9/api/v2'\nauth = 'wsse'\nuser = 'anna'\n"
        f"refresh_contacts = 'query:0'\nsecret_command = '{sys.executable} {command}'\n"
    )
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "shop"))
    try:
        for _ in range(2):
            with pytest.raises(ClientError, match=r"127\.0\.0\.1"):
                await service.refresh.run()
    finally:
        await service.close()
    assert asked.read_text() == "x"
