"""What is said at the foot of every screen: one message at a time, which goes when it is out of date.

It goes by itself after the time it takes to read, and before that with the next message, or with the next key or click
once it has been there for a moment. What comes unasked, such as a late reply, is given the time it is to stay, in which
nothing takes it away: another message stands beside it.
"""

import math
import time

from textual import events
from textual.notifications import SeverityLevel

from app.tui.key_order import KeysInOrder, Result

AT_LEAST_S = 1.0
"""A key that follows at once was pressed before anybody could read."""

SHORTEST_S = 4.0
LETTERS_A_S = 15


def reading_s(message: str) -> float:
    """The seconds it takes to notice and read a message."""
    return max(SHORTEST_S, len(message) / LETTERS_A_S)


class Messages(KeysInOrder[Result]):
    """An application that says one thing at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._goes_from = math.inf
        self._stays_until = 0.0
        self._said = ""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Says this in the place of what was said before; with a `timeout`, nothing takes it away before that."""
        now = time.monotonic()
        said = f"{title}: {message}" if title else message
        if now >= self._stays_until:
            self.clear_notifications()
        elif said == self._said:
            return
        self._stays_until = max(self._stays_until, now + (timeout or 0))
        self._goes_from = max(self._stays_until, now + AT_LEAST_S)
        self._said = said
        super().notify(said, severity=severity, timeout=timeout or reading_s(said), markup=markup)

    def before(self, event: events.Event) -> None:
        """What was said about an earlier key goes."""
        if not isinstance(event, events.MouseMove) and time.monotonic() >= self._goes_from:
            self._goes_from = math.inf
            self.clear_notifications()
