"""What it costs to ask a history of a million attempts: a screen of what a query finds, its counts and statistics.

Every answer is held against plain SQL over the journal, which knows nothing of its indexes.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from app.domain.history_query import HistoryQuery
from app.store.attempts import AttemptRow, History
from app.store.history_search import HistorySearch
from tests.benchmarks import homes
from tests.benchmarks.history_plain import BOTH, FILTERS, SORTS, WORDS, Asked, PlainRows
from tests.benchmarks.table import Row
from tests.benchmarks.timing import ms, nth

SCREEN = 50
REPEATS = 10
AT_MOST_S = 0.5
ACCOUNT = "sandbox"
EVERYTHING = Asked("")
ALL = (*FILTERS, *SORTS, *WORDS, *BOTH)
PICTURES = (
    EVERYTHING,
    *(
        asked
        for asked in FILTERS
        if asked.line in ("outcome:accepted", "contact:*a*", "outcome:rejected previous:accepted")
    ),
    *(asked for asked in WORDS if asked.line in ("hammer", "example", "-example", "example com")),
)


def rows(scale: float) -> list[Row]:
    """The rows of the history; scale 1 has a million attempts."""
    home = homes.large(scale)
    with closing(History(home.settings().history)) as history:
        search = history.search
        with closing(PlainRows(history.path, ACCOUNT)) as plain:
            _check(plain, search)
        return [
            *_first_screens(search),
            *_figures(search),
        ]


def _first_screens(search: HistorySearch) -> Iterator[Row]:
    times = {asked.line: min(_times(search, asked)) for asked in ALL}
    in_order = sorted(times.values())
    slowest = max(times, key=times.__getitem__)
    for what, took, limit in (
        ("median of all queries", nth(in_order, 0.5), 5.0),
        ("95 of 100", nth(in_order, 0.95), 300.0),
        (f"slowest ({slowest})", in_order[-1], 2500.0),
    ):
        yield Row(f"history: first screen, {what}", None, took, "ms", limit)


def _times(search: HistorySearch, asked: Asked) -> Sequence[float]:
    """Milliseconds of the same screen again and again, as often as half a second or so allows."""
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < AT_MOST_S * 1000:
        started = time.perf_counter()
        _screen(search, asked.query)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _figures(search: HistorySearch) -> Iterator[Row]:
    slow = max(ms(search.counts, asked.query, ACCOUNT) for asked in (EVERYTHING, *FILTERS, *WORDS))
    yield Row("history: count by outcome, slowest query", None, slow, "ms", 2500.0)
    month = Asked("since:30d").query
    yield Row("history: statistics of 30 days", None, ms(search.statistics, month, ACCOUNT, 60), "ms", 1000.0)
    slow = max(ms(search.statistics, asked.query, ACCOUNT, 60) for asked in PICTURES)
    yield Row("history: statistics of everything, slowest query", None, slow, "ms", 5000.0)


def _screen(search: HistorySearch, query: HistoryQuery) -> Sequence[AttemptRow]:
    rows = search.rows(query, ACCOUNT)
    rows.read_first()
    return rows.rows(0, SCREEN)


def _check(plain: PlainRows, search: HistorySearch) -> None:
    """That the search answers as plain SQL over the journal does: how many of each outcome, the first screen, the figures."""
    for asked, counts in zip(ALL, plain.counts(ALL), strict=True):
        assert [row.attempt_id for row in _screen(search, asked.query)] == plain.first(asked, SCREEN), (
            asked.line
        )
        rows = search.rows(asked.query, ACCOUNT)
        rows.count()
        assert rows.total == counts.total(), asked.line
        assert search.counts(asked.query, ACCOUNT) == counts, asked.line
    for asked in PICTURES:
        figures = search.statistics(asked.query, ACCOUNT, 60)
        counted = [(one.code, one.attempts) for one in figures.codes]
        assert {code: sum(n for c, n in counted if c == code) for code, _ in counted} == plain.codes(asked)
        spans = {bucket.start: sum(bucket.counts.values()) for bucket in figures.buckets if bucket.counts}
        assert spans == plain.spans(asked, figures.bucket_s), asked.line
        known = [took for took in (figures.durations["p50"], figures.durations["p95"]) if took is not None]
        assert known == plain.took(asked, (50, 95)), asked.line
