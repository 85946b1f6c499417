"""The lock on production accounts: read-only until the user types the name of the profile.

It uses wall-clock time, so that a laptop wakes up from sleep locked.
"""

from datetime import datetime, timedelta


class ProductionLock:
    """Whether sending to one profile is unlocked, and for how long."""

    def __init__(self, profile_name: str) -> None:
        self._name = profile_name
        self._length = timedelta()
        self._armed_at: datetime | None = None

    def arm(self, typed: str, minutes: float, now: datetime) -> bool:
        """Unlocks for some minutes if `typed` is the name of the profile; returns whether it did."""
        if typed != self._name:
            return False
        self._length = timedelta(minutes=minutes)
        self._armed_at = now
        return True

    def disarm(self) -> None:
        self._armed_at = None

    def left_s(self, now: datetime) -> int:
        """Seconds until it locks, rounded up; 0 if it is locked or the clock was set back."""
        if self._armed_at is None or now < self._armed_at:
            return 0
        left = self._armed_at + self._length - now
        return max(0, -(-left // timedelta(seconds=1)))

    def permit(self, now: datetime) -> str | None:
        """The `production` argument of `Session.send`: the name of the profile while unlocked, else None."""
        return self._name if self.left_s(now) else None
