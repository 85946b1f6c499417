"""The rate limit: a thousand requests in each minute of the clock, shown on every reply, enforced only on request."""

from collections.abc import Callable

from app.sandbox.responses import TOO_MANY, Rejected

DEFAULT_LIMIT = 1000
WINDOW_S = 60


class RateLimit:
    """Counts the signed-in requests of each minute that were not rejected; `clock` is in seconds since 1970."""

    def __init__(self, enforced: int | None, clock: Callable[[], float]) -> None:
        self._enforced = enforced is not None
        self._limit = DEFAULT_LIMIT if enforced is None else enforced
        self._clock = clock
        self._minute = 0
        self._count = 0

    def count(self) -> None:
        """Counts one request. Raises Rejected (7003) past an enforced limit, and then does not count it."""
        self._turn()
        if self._enforced and self._count >= self._limit:
            raise Rejected(*TOO_MANY)
        self._count += 1

    def headers(self, *, exhausted: bool = False) -> list[tuple[bytes, bytes]]:
        """The three headers for ASGI; `exhausted` reports none left, whatever was counted.

        The reset is a minute from now, as the service says it, although its count begins with the clock's minute.
        """
        self._turn()
        left = 0 if exhausted else max(0, self._limit - self._count)
        return [
            (b"x-ratelimit-limit", b"%d" % self._limit),
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % (int(self._clock()) + WINDOW_S)),
        ]

    def reset(self) -> None:
        """Starts a new count."""
        self._count = 0

    def _turn(self) -> None:
        minute = int(self._clock()) // WINDOW_S
        if minute != self._minute:
            self._minute, self._count = minute, 0
