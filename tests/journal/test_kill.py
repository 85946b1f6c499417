"""Killed at any moment, the program leaves a history that is true."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from app.domain.model import Attempt
from tests.journal.forked import Sender, by_dashboard, by_verb, forked
from tests.journal.server import Endpoint, endpoint
from tests.journal.truth import check
from tests.service.bulk_desk import ended, killed

AT_ONCE = 3
THINKING_S = 0.12

Moment = Callable[[], Awaitable[None]]


async def until_received(server: Endpoint, event_id: str) -> None:
    while not any(received.event_id == event_id and received.trigger_id for received in server.received):
        server.arrival.clear()
        await server.arrival.wait()


async def kill_all(home: Path, sender: Sender, moments: Iterable[Moment]) -> None:
    """Lets a sender for each moment send its event, a few at once, and kills it at that moment."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, moment: Moment) -> None:
        async with room:
            await killed(forked(sender, home, str(number)), moment)

    await asyncio.gather(*(one(number, moment) for number, moment in enumerate(moments, 1)))


async def kill_triggers(tmp_path: Path, count: int) -> list[Attempt]:
    """Kills triggers at moments spread evenly over a whole run and, every other one, over the reply's delay."""
    chance = random.Random(count)  # noqa: S311 - to be repeatable, not secret
    async with endpoint(count, THINKING_S) as server:
        server.write_profile(tmp_path / "home")
        began = time.perf_counter()
        await ended(forked(by_verb, tmp_path / "home", "10000"))
        lasts_s = time.perf_counter() - began

        def moment(number: int) -> Moment:
            spread = (number - 1 + chance.random()) / count

            async def after() -> None:
                if number % 2:
                    await until_received(server, str(number))
                await asyncio.sleep(spread * (1.5 * THINKING_S if number % 2 else 1.1 * lasts_s))

            return after

        await kill_all(tmp_path / "home", by_verb, map(moment, range(1, count + 1)))
        return check(server, tmp_path / "home")


async def kill_dashboards(tmp_path: Path, count: int) -> list[Attempt]:
    """Kills dashboards that send without end, at moments after their first request."""
    chance = random.Random(count)  # noqa: S311 - to be repeatable, not secret
    async with endpoint(count, THINKING_S) as server:
        server.write_profile(tmp_path / "home")

        def moment(number: int) -> Moment:
            async def after() -> None:
                await until_received(server, str(number))
                await asyncio.sleep(chance.random() * 5 * THINKING_S)

            return after

        await kill_all(tmp_path / "home", by_dashboard, map(moment, range(1, count + 1)))
        return check(server, tmp_path / "home")


@pytest.mark.parametrize("count", [6, pytest.param(200, marks=pytest.mark.slow)])
async def test_killed_triggers_leave_a_true_history(tmp_path: Path, count: int) -> None:
    attempts = await kill_triggers(tmp_path, count)
    # All killed too early, or none at all, would show nothing.
    assert len(attempts) > count // 3
    assert len({attempt.outcome for attempt in attempts}) > 1


@pytest.mark.parametrize("count", [2, pytest.param(100, marks=pytest.mark.slow)])
async def test_killed_dashboards_leave_a_true_history(tmp_path: Path, count: int) -> None:
    attempts = await kill_dashboards(tmp_path, count)
    assert {attempt.request.event_id for attempt in attempts} == set(map(str, range(1, count + 1)))
