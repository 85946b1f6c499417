"""When a running dashboard has nothing left to do, asked of the event loop.

Textual's own answer looks at the clock: each key costs two rests of 20 ms, which is half of what these tests took.
"""

import asyncio
import time
from typing import Any

from textual.pilot import Pilot

SOON_S = 0.02
"""A timer that is due within this is part of what is going on: a new size is obeyed after 1/120 s."""

RESTS = 2
"""How often such a timer is waited for: some never end."""

MOST_FRAMES = 5
"""A bar that moves is never drawn for the last time."""


async def quiet(min_sleep: float = SOON_S, max_sleep: float = 1) -> None:
    """Returns once nothing is ready to run and no timer is due soon, or after `max_sleep` seconds of CPU."""
    loop: Any = asyncio.get_running_loop()
    started = time.process_time()  # the clock on the wall runs on while a busy machine does something else
    calm = rests = 0
    while calm < 2 and time.process_time() - started < max_sleep:
        await asyncio.sleep(0)
        if loop._ready:
            calm = 0
        elif rests < RESTS and (rest := _rest_s(loop)) < SOON_S:
            await asyncio.sleep(rest)
            rests += 1
            calm = 0
        else:
            calm += 1


async def drawn(pilot: Pilot[Any]) -> None:
    """Returns once the screen shows everything, also what a frame led to: new sizes, other lines."""
    for _ in range(MOST_FRAMES):
        await quiet()
        is_drawn = asyncio.Event()
        pilot.app.screen.call_after_refresh(is_drawn.set)
        await quiet()
        if is_drawn.is_set():
            break
        await pilot.pause()  # draws at once what would be drawn with the next frame


def _rest_s(loop: Any) -> float:
    """Seconds until the next timer; those that were cancelled stay in the loop's heap for a while."""
    due = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
    return max(0.0, min(due) - loop.time()) if due else float("inf")
