"""How long a key waits for its rows while the account is being read again as the dashboard does it."""

import asyncio
import time
from contextlib import suppress

from app.bootstrap import open_service
from app.service.refresh import RefreshStep
from app.service.session import Session
from tests.benchmarks import homes
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth

SECONDS = 8.0
BETWEEN_KEYS_S = 0.01
SEARCHES = ("im", "imo", "fairweather", "example", "first_name:z", "imogen f")


def rows(scale: float) -> list[Row]:
    """One row: of keys pressed during some seconds of a refresh, in milliseconds."""
    waits = asyncio.run(_measured(homes.large(scale)))
    return [Row("key to its rows during a refresh: 99 of 100", None, nth(waits, 0.99), "ms", 50.0)]


async def _measured(home: homes.Home) -> list[float]:
    service = open_service(home.settings())
    storing = asyncio.Event()

    def on_progress(step: RefreshStep) -> None:
        if step.stage == "contacts":
            storing.set()

    refresh = asyncio.create_task(service.refresh.run(on_progress))
    try:
        await storing.wait()
        return await _waits(service, refresh)
    finally:
        # What was there stays whole.
        refresh.cancel()
        with suppress(asyncio.CancelledError):
            await refresh
        await service.close()


async def _waits(service: Session, refresh: "asyncio.Task[object]") -> list[float]:
    waits: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end and not refresh.done():
        due = time.perf_counter() + BETWEEN_KEYS_S
        await asyncio.sleep(BETWEEN_KEYS_S)
        found = service.contacts.search(SEARCHES[len(waits) % len(SEARCHES)])
        found.prepare()
        assert found.rows(0, 50)
        waits.append((time.perf_counter() - due) * 1000)
    return waits
