"""What is done in a process of its own by the tests; separate because that process takes it by its name."""

import asyncio
import os
from pathlib import Path

from app.service.filling import FillStep, Watch
from app.store.errors import FillingError


async def two_steps(watch: Watch) -> None:
    watch(FillStep("events"))
    watch(FillStep("contacts", 5, 10))


async def refused(watch: Watch) -> None:
    watch(FillStep("events"))
    raise FillingError


async def dies(watch: Watch) -> None:
    watch(FillStep("events"))
    os._exit(3)


async def goes_on(ended: Path, watch: Watch) -> None:
    """Until it is cancelled; then it puts its things in order."""
    watch(FillStep("events"))
    try:
        await asyncio.Event().wait()
    finally:
        ended.touch()  # noqa: ASYNC240 - nobody waits beside it
