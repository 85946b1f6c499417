"""The figures of a query: how many attempts of each outcome, and what a picture of them shows.

A million rows are counted by their few different combinations, each packed into one number: a Python object a row would
take as long again.
"""

from array import array
from collections import Counter
from collections.abc import Mapping
from itertools import chain, islice
from operator import itemgetter

from app.domain.attempt_statistics import AttemptStatistics, Bucket, EventShare, bucket_seconds
from app.domain.model import Outcome
from app.store.attempt_index import AttemptIndex
from app.store.index_order import QueryOrder
from app.store.index_rows import OUTCOMES
from app.store.text import moment, numeric_order, restored

_REFUSED = (Outcome.REJECTED, Outcome.PARTIAL)
_BY_NUMBER = {number: Outcome(value) for value, number in OUTCOMES.items()}
_BITS = 24
_MASK = (1 << _BITS) - 1
_KNOWN = "took IS NOT NULL"
_UNKNOWN = -1
_AT_ONCE = 10_000


def outcome_counts(order: QueryOrder) -> Mapping[Outcome, int]:
    """How many of the attempts have each outcome; only outcomes that there are."""
    sums = ", ".join(f"sum(outcome = {number})" for number in _BY_NUMBER)
    (row,) = order.selected(sums)
    return {_BY_NUMBER[number]: count for number, count in enumerate(row) if count}


def statistics(index: AttemptIndex, order: QueryOrder, most_buckets: int) -> AttemptStatistics:
    """The picture of the attempts, in at most `most_buckets` buckets of time."""
    ends = order.ends()
    if ends is None:
        return AttemptStatistics({}, 0, (), (), (), None, None)
    first, last = ends
    seconds = bucket_seconds(moment(first), moment(last), most_buckets)
    counted = _Counted(order, seconds, first // (seconds * 1_000_000))
    return AttemptStatistics(
        counted.outcomes,
        seconds,
        counted.in_time(),
        _codes(index, counted.codes),
        _events(index, counted.events),
        *(_of_all(index, 50), _of_all(index, 95)) if order.is_everything else counted.percentiles(50, 95),
    )


class _Counted:
    """The attempts counted by outcome, and by it within each bucket of time, by code and by event."""

    def __init__(self, order: QueryOrder, seconds: int, begin: int) -> None:
        self._length = seconds * 1_000_000
        self._begin = begin
        self.outcomes: Counter[Outcome] = Counter()
        self.buckets: Counter[tuple[int, Outcome]] = Counter()
        self.codes: Counter[int] = Counter()
        self.events: Counter[tuple[int, Outcome]] = Counter()
        self._took = array("d")
        packed = (
            f"((started / {self._length} - {begin}) * {len(_BY_NUMBER)} + outcome << {2 * _BITS}) "
            f"| (coalesce(code, 0) << {_BITS}) | event"
        )
        for number, count in self._walked(order, packed).items():
            self._add(number, count)

    def in_time(self) -> tuple[Bucket, ...]:
        """The buckets, those without attempts too."""
        last = max(bucket for bucket, _ in self.buckets)
        return tuple(
            Bucket(
                moment((self._begin + number) * self._length),
                {one: self.buckets[number, one] for one in Outcome if self.buckets[number, one]},
            )
            for number in range(last + 1)
        )

    def percentiles(self, *percents: int) -> tuple[float | None, ...]:
        """The milliseconds that so many in a hundred of the attempts took at most: by whole ones first, then within one."""
        by_whole = Counter(map(int, self._took))
        del by_whole[_UNKNOWN]
        return tuple(self._percentile(by_whole, percent) for percent in percents)

    def _walked(self, order: QueryOrder, packed: str) -> Counter[int]:
        if order.is_everything:
            return Counter(chain.from_iterable(order.selected(packed)))
        counted: Counter[int] = Counter()
        # With the times in one walk, since to find the attempts may take longer than to count them.
        rows = order.selected(f"{packed}, coalesce(took, {_UNKNOWN})")
        while some := list(islice(rows, _AT_ONCE)):
            counted.update(map(itemgetter(0), some))
            self._took.extend(map(itemgetter(1), some))
        return counted

    def _percentile(self, by_whole: Counter[int], percent: int) -> float | None:
        wanted = -(-by_whole.total() * percent // 100)
        for whole, count in sorted(by_whole.items()):
            if wanted <= count:
                return sorted([took for took in self._took if whole <= took < whole + 1])[wanted - 1]
            wanted -= count
        return None

    def _add(self, packed: int, count: int) -> None:
        bucket, number = divmod(packed >> 2 * _BITS, len(_BY_NUMBER))
        outcome = _BY_NUMBER[number]
        self.outcomes[outcome] += count
        self.buckets[bucket, outcome] += count
        self.codes[packed >> _BITS & _MASK] += count
        self.events[packed & _MASK, outcome] += count


def _codes(index: AttemptIndex, counted: Counter[int]) -> tuple[tuple[int | None, int], ...]:
    rows = index.all("SELECT id, text FROM names WHERE kind = 'code'")
    codes = {row["id"]: int(row["text"]) for row in rows}
    return tuple((codes.get(number), count) for number, count in counted.most_common())


def _events(index: AttemptIndex, counted: Counter[tuple[int, Outcome]]) -> tuple[EventShare, ...]:
    """By share of refusals; an event that has had several names under the last of them."""
    names: dict[str, str] = {}
    attempts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for row in index.all("SELECT id, text, more FROM names WHERE kind = 'event' ORDER BY id"):
        event_id = restored(row["text"])
        names[event_id] = restored(row["more"]) or names.get(event_id, "")
        attempts[event_id] += sum(counted[row["id"], outcome] for outcome in Outcome)
        refused[event_id] += sum(counted[row["id"], outcome] for outcome in _REFUSED)
    shares = [
        EventShare(event_id, names[event_id] or None, count, refused[event_id])
        for event_id, count in attempts.items()
        if count
    ]
    return tuple(sorted(shares, key=lambda one: (-one.share, -one.attempts, numeric_order(one.event_id))))


def _of_all(index: AttemptIndex, percent: int) -> float | None:
    """The milliseconds that this share of all attempts took at most: the index of the column has them in order."""
    rows = index.all(
        f"SELECT took FROM attempts WHERE {_KNOWN} ORDER BY took LIMIT 1 OFFSET max(0, "
        f"((SELECT count(*) FROM attempts WHERE {_KNOWN}) * ? + 99) / 100 - 1)",
        percent,
    )
    return rows[0]["took"] if rows else None
