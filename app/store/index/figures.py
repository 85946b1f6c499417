"""The figures of a query: how many attempts of each outcome, and what a picture of them shows.

Read from the columns of the index, part after part, so that a million attempts take a fifth of a second and no part
holds up whoever else wants the interpreter.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from operator import floordiv

from app.domain.attempt_statistics import AttemptStatistics, Bucket, EventShare, bucket_seconds
from app.domain.model import Outcome
from app.store.index.attempt_index import AttemptIndex
from app.store.index.order import QueryOrder
from app.store.index.parts import ERA, LONGEST, MINUTE, UNKNOWN, minutes, numbers_in
from app.store.index.rows import OUTCOMES
from app.store.text import moment, numeric_order, restored

_REFUSED = (Outcome.REJECTED, Outcome.PARTIAL)
_BY_NUMBER = {number: Outcome(value) for value, number in OUTCOMES.items()}


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the figures ask of a fact, and how many of the attempts have it."""

    outcome: Outcome
    code: int | None
    event: int
    count: int


def outcome_counts(index: AttemptIndex, order: QueryOrder) -> Mapping[Outcome, int]:
    """How many of the attempts have each outcome; only outcomes that there are."""
    return _by_outcome(_facts(index, order))


def statistics(index: AttemptIndex, order: QueryOrder, most_buckets: int) -> AttemptStatistics:
    """The picture of the attempts, in at most `most_buckets` buckets of time."""
    facts = _facts(index, order)
    ends = _ends(index, order)
    if ends is None:
        return AttemptStatistics({}, 0, (), (), (), None, None)
    first, last = ends
    seconds = bucket_seconds(moment(first * MINUTE), moment(last * MINUTE), most_buckets)
    return AttemptStatistics(
        _by_outcome(facts),
        seconds,
        _in_time(index, order, seconds // 60),
        _codes(index, facts),
        _events(index, facts),
        *_percentiles(index, order, 50, 95),
    )


def _facts(index: AttemptIndex, order: QueryOrder) -> Sequence[_Fact]:
    counts = order.fact_counts()
    if counts is None:
        counted: Counter[int] = Counter()
        for numbers in _chosen(index, order, "facts", "I"):
            counted.update(numbers)
        counts = iter(counted.items())
    known = {row["id"]: row for row in index.all("SELECT id, outcome, code, event FROM facts")}
    return [
        _Fact(_BY_NUMBER[known[fact]["outcome"]], known[fact]["code"], known[fact]["event"], count)
        for fact, count in counts
    ]


def _chosen(index: AttemptIndex, order: QueryOrder, column: str, code: str) -> Iterator[Iterator[int]]:
    """This column of the attempts, part after part."""
    mask = order.mask
    with index.guarded() as connection:
        for part, written in connection.execute(f"SELECT part, {column} FROM parts ORDER BY part"):
            index.look()
            chosen = mask.part(part)
            if 1 in chosen:
                yield compress(numbers_in(written, code), chosen)


def _ends(index: AttemptIndex, order: QueryOrder) -> tuple[int, int] | None:
    """The minutes in which the first and the last of them began; None where there are none.

    Parts are looked at from the earliest on until all others begin later, and likewise from the latest: they overlap
    only where clocks were set back.
    """
    ends = []
    for end, way, sign in (("first", "ASC", 1), ("last", "DESC", -1)):
        best: int | None = None
        for row in index.all(f"SELECT part, {end} FROM parts WHERE {end} IS NOT NULL ORDER BY {end} {way}"):
            if best is not None and sign * row[end] >= sign * best:
                break
            chosen = order.mask.part(row["part"])
            if 1 in chosen:
                (times,) = index.all("SELECT times FROM parts WHERE part = ?", row["part"])
                found = minutes(numbers_in(times["times"], "q"), chosen)
                best = sign * min(sign * one for one in (*found, *(() if best is None else (best,))))
        if best is None:
            return None
        ends.append(best)
    return ends[0], ends[1]


def _by_outcome(facts: Sequence[_Fact]) -> Mapping[Outcome, int]:
    counts: Counter[Outcome] = Counter()
    for fact in facts:
        counts[fact.outcome] += fact.count
    return counts


def _in_time(index: AttemptIndex, order: QueryOrder, length: int) -> tuple[Bucket, ...]:
    """The buckets of so many minutes, those without attempts too."""
    counted: Counter[int] = Counter()
    for times in _chosen(index, order, "times", "q"):
        counted.update(map(floordiv, times, repeat(length)))
    counts: dict[int, dict[Outcome, int]] = {}
    for packed, count in counted.items():
        outcome, bucket = divmod(packed, ERA // length)
        counts.setdefault(bucket, {})[_BY_NUMBER[outcome]] = count
    return tuple(
        Bucket(moment(number * length * MINUTE), counts.get(number, {}))
        for number in range(min(counts), max(counts) + 1)
    )


def _percentiles(index: AttemptIndex, order: QueryOrder, *percents: int) -> Iterator[float | None]:
    """The milliseconds that so many in a hundred of the attempts took at most: by whole ones first, then within one."""
    by_whole: Counter[int] = Counter()
    for took in _chosen(index, order, "took", "i"):
        by_whole.update(took)
    del by_whole[UNKNOWN]
    for percent in percents:
        yield _percentile(index, order, by_whole, percent)


def _percentile(index: AttemptIndex, order: QueryOrder, by_whole: Counter[int], percent: int) -> float | None:
    wanted = -(-by_whole.total() * percent // 100)
    for whole, count in sorted(by_whole.items()):
        if wanted <= count:
            return _within(index, order, whole)[wanted - 1]
        wanted -= count
    return None


def _within(index: AttemptIndex, order: QueryOrder, whole: int) -> Sequence[float]:
    """The times of those that took so many whole milliseconds, the shortest first."""
    most = "" if whole == LONGEST else f"AND took < {whole + 1}"
    rows = index.all(
        f"SELECT number, took FROM attempts WHERE took >= {whole or -LONGEST} {most} ORDER BY took"
    )
    times = {row["number"]: row["took"] for row in rows}
    return [times[number] for number in order.mask.of(times)]


def _codes(index: AttemptIndex, facts: Sequence[_Fact]) -> tuple[tuple[int | None, int], ...]:
    rows = index.all("SELECT id, text FROM names WHERE kind = 'code'")
    codes = {row["id"]: int(row["text"]) for row in rows}
    counts: Counter[int | None] = Counter()
    for fact in facts:
        counts[None if fact.code is None else codes[fact.code]] += fact.count
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0] is None, one[0])))


def _events(index: AttemptIndex, facts: Sequence[_Fact]) -> tuple[EventShare, ...]:
    """By share of refusals; an event that has had several names under the last of them."""
    names = {
        row["id"]: (restored(row["text"]), restored(row["more"]))
        for row in index.all("SELECT id, text, more FROM names WHERE kind = 'event' ORDER BY id")
    }
    attempts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for fact in facts:
        event_id, _ = names[fact.event]
        attempts[event_id] += fact.count
        refused[event_id] += fact.count if fact.outcome in _REFUSED else 0
    last = {event_id: name for event_id, name in names.values() if name}
    shares = [
        EventShare(event_id, last.get(event_id), count, refused[event_id])
        for event_id, count in attempts.items()
    ]
    return tuple(sorted(shares, key=lambda one: (-one.share, -one.attempts, numeric_order(one.event_id))))
