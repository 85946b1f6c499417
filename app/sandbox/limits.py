"""The rate limit: a thousand requests a minute, told on every reply, enforced only where it was asked for."""

from collections.abc import Callable

SHOWN_LIMIT = 1000
WINDOW_S = 60


class RateLimit:
    """Counts the signed-in requests of each minute by the clock, in seconds since 1970."""

    def __init__(self, enforced: int | None, clock: Callable[[], float]) -> None:
        self._enforced = enforced is not None
        self._limit = SHOWN_LIMIT if enforced is None else enforced
        self._limit_header = (b"x-ratelimit-limit", str(self._limit).encode())
        self._clock = clock
        self._ends = 0
        self._reset_header = (b"x-ratelimit-reset", b"0")
        self._count = 0

    def exceeded(self) -> bool:
        """Counts one request; whether it is past the limit."""
        self._turn()
        self._count += 1
        return self._enforced and self._count > self._limit

    def headers(self, exhausted: bool = False) -> list[tuple[bytes, bytes]]:
        """The three headers; `exhausted` says none are left whatever was counted."""
        self._turn()
        left = 0 if exhausted else max(0, self._limit - self._count)
        return [self._limit_header, (b"x-ratelimit-remaining", b"%d" % left), self._reset_header]

    def forget(self) -> None:
        """Begins to count anew."""
        self._count = 0

    def _turn(self) -> None:
        now = self._clock()
        if now >= self._ends or now < self._ends - WINDOW_S:
            self._ends = (int(now) // WINDOW_S + 1) * WINDOW_S
            self._reset_header = (b"x-ratelimit-reset", b"%d" % self._ends)
            self._count = 0
