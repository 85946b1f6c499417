"""Keeps a refresh within the rate limit: no call starts while a reply has reported that none is left.

Triggers and other single calls do not wait: they report the limit, and the user decides.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from app.client.exchange import Received
from app.domain.headers import retry_after_s
from app.domain.model import Reply

REFUSED = 429
UNTOLD_WAIT_S = 60
"""The assumed length of a limit in seconds, if the reply does not give it."""


class Pace:
    """The time of the next reading call; it waits only inside `keeping`."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._free_at = 0.0
        self._watch: Callable[[int], None] | None = None

    @contextmanager
    def keeping(self, watch: Callable[[int], None]) -> Iterator[None]:
        """Inside the block, calls wait for the limit; `watch` gets the seconds left, every second."""
        self._watch = watch
        try:
            yield
        finally:
            self._watch = None

    async def turn(self) -> None:
        """Waits until the next call may start."""
        while self._watch and (left := self._free_at - self._clock()) > 0:
            self._watch(max(1, round(left)))
            await self._sleep(min(1.0, left))

    def note(self, received: Received) -> None:
        """Reads the limit from a reply."""
        if received.status == REFUSED or received.headers.get("x-ratelimit-remaining", "").strip() == "0":
            self._free_at = self._clock() + _wait_s(received)

    def waits_for(self, received: Received) -> bool:
        """Whether the limit rejected the call, so that it must be repeated after the limit resets."""
        return received.status == REFUSED and self._watch is not None


def _wait_s(received: Received) -> int:
    headers = received.headers
    told = Reply(
        received.status,
        None,
        None,
        date=headers.get("date"),
        retry_after=headers.get("retry-after"),
        limit_reset=headers.get("x-ratelimit-reset"),
    )
    seconds = retry_after_s(told, datetime.now(UTC))
    return UNTOLD_WAIT_S if seconds is None else seconds
