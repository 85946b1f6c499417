"""A refresh beside the screen: whatever stops it, the old cache is whole, and nothing goes on behind its back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.client.errors import ClientError
from app.client.pacing import Pace
from app.domain.model import Contact, ExternalEvent, Field
from app.service.filling import FillStep, fill
from app.settings import Profile
from app.store.cache import Cache
from app.store.contacts.bulk import ContactBulk
from app.store.errors import StoreError

SHOP = Profile("shop", "http://127.0.0.1:1/api/v2", refresh_contacts="query:3000")
OLD = Contact("1", "u1", {"3": "old@example.com"})


class Account:
    """An account that gives three pages, and before the last waits, fails or goes on."""

    def __init__(self, before_last: Any = None) -> None:
        self.pace = Pace()
        self.reached = asyncio.Event()
        self._before_last = before_last

    async def external_events(self) -> tuple[ExternalEvent, ...]:
        return (ExternalEvent("100", "purchase"),)

    async def fields(self) -> tuple[Field, ...]:
        return (Field("3", "E-Mail"),)

    async def contacts(self, return_field: str, limit: int) -> AsyncIterator[Sequence[Contact]]:
        assert (return_field, limit) == ("3", 3000)
        for page in range(3):
            if page == 2:
                self.reached.set()
                if self._before_last is not None:
                    await self._before_last()
            yield [
                Contact(str(n), f"u{n}", {"3": f"p{n}@example.com"})
                for n in range(page * 1000 + 10, page * 1000 + 1010)
            ]


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    cache = Cache(tmp_path / "accounts" / "shop" / "cache.db")
    with cache.replacing(complete=False) as load:
        load.events([ExternalEvent("1", "old")])
        load.fields([Field("3", "E-Mail")])
        load.contacts([OLD])
    yield cache
    cache.close()


def is_old(cache: Cache) -> bool:
    return cache.has_event("1") is True and cache.contact("1") == OLD and cache.state().contacts == 1


async def refreshed(cache: Cache, account: Account, steps: list[FillStep] | None = None) -> None:
    told = steps if steps is not None else []
    await fill(cache, account, SHOP, None, told.append)  # type: ignore[arg-type]  # all that a refresh asks


async def test_what_was_fetched_is_swapped_in_and_each_step_told(cache: Cache) -> None:
    steps: list[FillStep] = []
    await refreshed(cache, Account(), steps)
    assert cache.state().contacts == 3000
    assert (cache.has_event("1"), cache.has_event("100")) == (False, True)
    assert cache.event_name("1") == "old"
    assert [(step.stage, step.done, step.total) for step in steps] == [
        ("events", 0, None),
        ("fields", 0, None),
        ("contacts", 1000, 3000),
        ("contacts", 2000, 3000),
        ("contacts", 3000, 3000),
        ("storing", 3000, 3000),
    ]


async def test_cancelled_in_the_middle_the_old_cache_is_whole_and_can_be_refreshed_at_once(
    cache: Cache,
) -> None:
    account = Account(asyncio.Event().wait)
    refresh = asyncio.create_task(refreshed(cache, account))
    await account.reached.wait()
    refresh.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refresh
    assert is_old(cache)
    await refreshed(cache, Account())
    assert cache.state().contacts == 3000


async def test_cancelled_while_it_is_put_in_order_it_breaks_off_there(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, reached = asyncio.get_running_loop(), asyncio.Event()

    def settle(bulk: ContactBulk) -> None:
        loop.call_soon_threadsafe(reached.set)
        bulk._run("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n")

    with monkeypatch.context() as patched:
        patched.setattr("app.store.contacts.bulk.ContactBulk.settle", settle)
        refresh = asyncio.create_task(refreshed(cache, Account()))
        await reached.wait()
        refresh.cancel()
        with pytest.raises(asyncio.CancelledError):
            await refresh
    assert is_old(cache)
    await refreshed(cache, Account())
    assert cache.state().contacts == 3000


async def test_cancelled_before_anything_was_stored_nothing_is_locked(cache: Cache) -> None:
    for _ in range(5):
        refresh = asyncio.create_task(refreshed(cache, Account()))
        for _ in range(3):
            await asyncio.sleep(0)
        refresh.cancel()
        with pytest.raises(asyncio.CancelledError):
            await refresh
        assert is_old(cache)
    await refreshed(cache, Account())
    assert cache.state().contacts == 3000


async def test_an_account_that_fails_in_the_middle_leaves_the_old_cache(cache: Cache) -> None:
    async def fail() -> None:
        raise ClientError("The account went away.")

    with pytest.raises(ClientError):
        await refreshed(cache, Account(fail))
    assert is_old(cache)


async def test_a_store_that_fails_in_the_middle_leaves_the_old_cache(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr("app.store.cache_load.CacheLoad.contacts", full)
    with pytest.raises(StoreError, match="full"):
        await refreshed(cache, Account())
    assert is_old(cache)


async def test_the_screen_stays_alive_while_pages_are_stored(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = 0
    stored_on: list[bool] = []
    real = cache.replacing

    @contextmanager
    def watched(**asked: Any) -> Any:
        with real(**asked) as load:
            store = load.contacts

            def contacts(page: Sequence[Contact]) -> None:
                stored_on.append(threading.current_thread() is threading.main_thread())
                store(page)

            monkeypatch.setattr(load, "contacts", contacts)
            yield load

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    monkeypatch.setattr(cache, "replacing", watched)
    beating = asyncio.create_task(beat())
    await refreshed(cache, Account())
    beating.cancel()
    assert stored_on == [False, False, False]
    assert beats > 100
