"""Killed at any moment, the program leaves a history that is true."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.journal.processes import started, trigger
from tests.journal.server import Endpoint, endpoint
from tests.journal.truth import check

AT_ONCE = 3
THINKING_S = 0.12
DASHBOARD = "tests.journal.dashboard_sender"


async def until_received(server: Endpoint, event_id: str) -> None:
    while not any(received.event_id == event_id and received.trigger_id for received in server.received):
        server.arrival.clear()
        await server.arrival.wait()


async def killed(home: Path, words: tuple[str, ...], moment: Callable[[], Awaitable[None]]) -> None:
    process = await started(home, *words, quiet=True)
    over = asyncio.ensure_future(process.wait())
    waiting = asyncio.ensure_future(moment())
    await asyncio.wait((over, waiting), timeout=60, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    with suppress(ProcessLookupError):
        process.kill()
    await over


async def all_at_once(runs: Iterator[Awaitable[None]]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(run: Awaitable[None]) -> None:
        async with room:
            await run

    await asyncio.gather(*map(one, runs))


@asynccontextmanager
async def home_and_server(tmp_path: Path, seed: int) -> AsyncIterator[tuple[Path, Endpoint]]:
    async with endpoint(seed, THINKING_S) as server:
        server.write_profile(tmp_path / "home")
        yield tmp_path / "home", server


def runs(home: Path, server: Endpoint, count: int, lasts_s: float) -> Iterator[Awaitable[None]]:
    """Triggers killed at moments spread evenly over a whole run and, every other one, over the reply's delay."""
    chance = random.Random(count)  # noqa: S311 - to be repeatable, not secret

    def moment(number: int, seconds: float) -> Callable[[], Awaitable[None]]:
        async def after() -> None:
            if number % 2:
                await until_received(server, str(number))
            await asyncio.sleep(seconds)

        return after

    for number in range(1, count + 1):
        spread = (number - 1 + chance.random()) / count
        seconds = spread * (1.5 * THINKING_S if number % 2 else 1.1 * lasts_s)
        yield killed(home, trigger(number), moment(number, seconds))


async def kill_triggers(tmp_path: Path, count: int) -> None:
    async with home_and_server(tmp_path, seed=count) as (home, server):
        began = time.perf_counter()
        await (await started(home, *trigger(10_000), quiet=True)).wait()
        await all_at_once(runs(home, server, count, time.perf_counter() - began))
        attempts = check(server, home)
    # All killed too early, or none at all, would show nothing.
    assert len(attempts) > count // 3
    assert len({attempt.outcome for attempt in attempts}) > 1


async def kill_dashboards(tmp_path: Path, count: int) -> None:
    chance = random.Random(count)  # noqa: S311 - to be repeatable, not secret

    async with home_and_server(tmp_path, seed=count) as (home, server):

        def moment(event_id: str) -> Callable[[], Awaitable[None]]:
            async def after() -> None:
                await until_received(server, event_id)
                await asyncio.sleep(chance.random() * 5 * THINKING_S)

            return after

        names = [str(number) for number in range(1, count + 1)]
        await all_at_once(killed(home, (DASHBOARD, name), moment(name)) for name in names)
        attempts = check(server, home)
    assert {attempt.request.event_id for attempt in attempts} == set(names)


async def test_a_killed_trigger_leaves_a_true_history(tmp_path: Path) -> None:
    await kill_triggers(tmp_path, 6)


async def test_a_killed_dashboard_leaves_a_true_history(tmp_path: Path) -> None:
    await kill_dashboards(tmp_path, 2)


@pytest.mark.slow
async def test_two_hundred_killed_triggers_leave_a_true_history(tmp_path: Path) -> None:
    await kill_triggers(tmp_path, 200)


@pytest.mark.slow
async def test_a_hundred_killed_dashboards_leave_a_true_history(tmp_path: Path) -> None:
    await kill_dashboards(tmp_path, 100)
