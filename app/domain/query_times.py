"""Moments as a query writes them: `1h`, `1d`, `yesterday`, `2026-03-01`, `2026-03-01T10:31`, in a zone that is given.

Separate from `query_text` because days have their own traps: where clocks are changed they last 23 or 25 hours.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

KNOWN = "a span back from now (30m, 1h, 1d, 2w), today, yesterday, a date (2026-03-01) or a time (2026-03-01T10:31)"
KNOWN_DAYS = "today, yesterday or a date (2026-03-01)"

_SPAN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and in which zone days begin; without a zone that of this machine."""

    now: datetime
    zone: tzinfo | None = None

    def since(self, text: str) -> datetime | None:
        """The first moment that is meant; None for a text that means none."""
        return self._moment(text, 0)

    def until(self, text: str) -> datetime | None:
        """The moment up to which is meant: of a day, its end."""
        return self._moment(text, 1)

    def day(self, text: str) -> tuple[datetime, datetime] | None:
        """Where a day begins and ends."""
        day = self._day(text)
        try:
            return None if day is None else (self._midnight(day), self._midnight(day + timedelta(days=1)))
        except (OverflowError, ValueError, OSError):
            return None

    def _moment(self, text: str, days: int) -> datetime | None:
        try:
            if span := _SPAN.fullmatch(text.lower()):
                return (self.now - timedelta(**{_UNITS[span[2]]: int(span[1])})).astimezone(UTC)
            if day := self._day(text):
                return self._midnight(day + timedelta(days=days))
            return self._at(datetime.fromisoformat(text))
        except (OverflowError, ValueError, OSError):
            return None

    def _day(self, text: str) -> date | None:
        today = self.now.astimezone(self.zone).date()
        named = {"today": today, "yesterday": today - timedelta(days=1)}
        if text.lower() in named:
            return named[text.lower()]
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def _midnight(self, day: date) -> datetime:
        return self._at(datetime.combine(day, time()))

    def _at(self, moment: datetime) -> datetime:
        if moment.tzinfo is None and self.zone is not None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC)
