"""What a picture of many attempts shows: over time by outcome, replies by code, events by refusals, how long it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.model import Outcome


@dataclass(frozen=True, slots=True)
class Bucket:
    """A span of time from `start` on, and how many attempts of each outcome began in it."""

    start: datetime
    counts: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class EventShare:
    """How many attempts with one event there are, and how many of them were rejected: rejected, or partial."""

    event_id: str
    event_name: str | None
    attempts: int
    rejected: int

    @property
    def share(self) -> float:
        """The share of refusals, 0 to 1."""
        return self.rejected / self.attempts


@dataclass(frozen=True, slots=True)
class AttemptStatistics:
    """Of all attempts that a query finds.

    `buckets` follow one another without gaps, each `bucket_s` seconds long; `codes` has the most frequent reply code
    first, None standing for no code; `events` the one with the largest share of refusals; `p50_ms` and `p95_ms` are the
    milliseconds that half of them, and 95 % of them, took at most, time-outs too: None where none is known.
    """

    counts: Mapping[Outcome, int]
    bucket_s: int
    buckets: tuple[Bucket, ...]
    codes: tuple[tuple[int | None, int], ...]
    events: tuple[EventShare, ...]
    p50_ms: float | None
    p95_ms: float | None

    @property
    def total(self) -> int:
        """How many attempts there are."""
        return sum(self.counts.values())


SPANS_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)
"""How long a bucket may be, in seconds."""


def bucket_seconds(first: datetime, last: datetime, most: int) -> int:
    """The shortest span of which at most `most` cover the time from the first attempt to the last."""
    whole = (last - first).total_seconds()
    return next((span for span in SPANS_S if whole / span < most - 1), SPANS_S[-1])
