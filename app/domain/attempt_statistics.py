"""Statistics of many attempts: outcomes over time, reply codes, rejection rates by event, durations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.model import Outcome


@dataclass(frozen=True, slots=True)
class Bucket:
    """The number of attempts with each outcome that began in the time span from `start` on."""

    start: datetime
    counts: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class CodeCount:
    """The number of attempts with one reply code and HTTP status; without a code the status is None too."""

    code: int | None
    status: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class EventShare:
    """The number of attempts with one event, and how many of them Emarsys rejected, at least in part."""

    event_id: str
    event_name: str | None
    attempts: int
    rejected: int

    @property
    def share(self) -> float:
        """The rejection rate, from 0 to 1."""
        return self.rejected / self.attempts


@dataclass(frozen=True, slots=True)
class AttemptStatistics:
    """Statistics of all attempts that a query finds.

    `buckets` follow one another without gaps, each `bucket_s` seconds long. `codes` starts with the most frequent
    one. `events` starts with the highest rejection rate. `p50_ms`, `p95_ms` and `p99_ms` are percentiles and `max_ms` is
    the longest of the durations in milliseconds, timeouts included; None if no duration is known.
    """

    counts: Mapping[Outcome, int]
    bucket_s: int
    buckets: tuple[Bucket, ...]
    codes: tuple[CodeCount, ...]
    events: tuple[EventShare, ...]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None = None
    max_ms: float | None = None

    @property
    def total(self) -> int:
        """The number of attempts."""
        return sum(self.counts.values())


SPANS_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)
"""The possible lengths of a bucket, in seconds."""


def bucket_seconds(first: datetime, last: datetime, most: int) -> int:
    """The shortest span in SPANS_S of which at most `most` buckets cover the time from `first` to `last`."""
    whole = (last - first).total_seconds()
    return next((span for span in SPANS_S if whole / span < most - 1), SPANS_S[-1])
