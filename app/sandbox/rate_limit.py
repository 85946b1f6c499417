"""The rate limit: a thousand requests a minute, shown on every reply, enforced only on request."""

from collections.abc import Callable

from app.sandbox.responses import TOO_MANY, Rejected

DEFAULT_LIMIT = 1000
WINDOW_S = 60


class RateLimit:
    """Counts the signed-in requests of each minute; `clock` is in seconds since 1970."""

    def __init__(self, enforced: int | None, clock: Callable[[], float]) -> None:
        self._enforced = enforced is not None
        self._limit = DEFAULT_LIMIT if enforced is None else enforced
        self._clock = clock
        self._ends = 0
        self._count = 0

    def count(self) -> None:
        """Counts one request. Raises Rejected (7003) past an enforced limit."""
        self._turn()
        self._count += 1
        if self._enforced and self._count > self._limit:
            raise Rejected(*TOO_MANY)

    def headers(self, *, exhausted: bool = False) -> list[tuple[bytes, bytes]]:
        """The three headers for ASGI; `exhausted` reports none left, whatever was counted."""
        self._turn()
        left = 0 if exhausted else max(0, self._limit - self._count)
        return [
            (b"x-ratelimit-limit", b"%d" % self._limit),
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % self._ends),
        ]

    def reset(self) -> None:
        """Starts a new count."""
        self._count = 0

    def _turn(self) -> None:
        now = self._clock()
        if now >= self._ends or now < self._ends - WINDOW_S:
            self._ends = (int(now) // WINDOW_S + 1) * WINDOW_S
            self._count = 0
