"""The safety catch of the dashboard: a production account is looked at only, until somebody types its name.

Pure: the time is passed in, as a wall clock's, so that a laptop that slept wakes up disarmed.
"""

from datetime import datetime, timedelta


class ProductionLock:
    """Whether sending to one profile is armed, and for how much longer."""

    def __init__(self, profile_name: str) -> None:
        self._name = profile_name
        self._length = timedelta()
        self._armed_at: datetime | None = None

    def arm(self, typed: str, minutes: float, now: datetime) -> bool:
        """Arms for so many minutes if `typed` is the profile's name, anew if it was armed; whether it did."""
        if typed != self._name:
            return False
        self._length = timedelta(minutes=minutes)
        self._armed_at = now
        return True

    def disarm(self) -> None:
        """Back to looking only."""
        self._armed_at = None

    def left_s(self, now: datetime) -> int:
        """The seconds of the countdown, rounded up; 0: disarmed, also where the clock was set back."""
        if self._armed_at is None or now < self._armed_at:
            return 0
        left = self._armed_at + self._length - now
        return max(0, -(-left // timedelta(seconds=1)))

    def permit(self, now: datetime) -> str | None:
        """What `Session.send` is given as `production`: the profile's name while armed, else None."""
        return self._name if self.left_s(now) else None
