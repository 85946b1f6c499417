"""What it costs to ask a history of a million attempts: a screen of what a query finds, its figures, taking it out.

Every answer is held against plain SQL over the journal, which knows nothing of the index.
"""

import json
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.domain.history_query import HistoryQuery
from app.store.history import AttemptRow, History
from app.store.past import Past
from tests.benchmarks import homes
from tests.benchmarks.history_plain import BOTH, FILTERS, SORTS, WORDS, Asked, PlainRows
from tests.benchmarks.table import Row
from tests.benchmarks.timing import cpu_s, ms, nth

SCREEN = 50
REPEATS = 10
AT_MOST_S = 0.5
ACCOUNT = "sandbox"
EVERYTHING = Asked("")
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
    path = home.settings().history
    with closing(History(path)) as history, closing(Past(path)) as past:
        spent = home.spent["index"] * 1_000_000 / home.attempts
        with closing(PlainRows(path, ACCOUNT)) as plain:
            _check(plain, past)
        return [
            Row("history: CPU to index a million attempts, once", None, spent, "s", 150.0),
            *_first_screens(past),
            *_figures(past),
            _found_after_a_change(past, history),
            *_taken_out(home),
        ]


def _first_screens(past: Past) -> Iterator[Row]:
    for what, all_asked, limit in (
        ("a filter", FILTERS, 50.0),
        ("a sort", SORTS, 50.0),
        ("words", WORDS, 100.0),
        ("a filter and a sort", BOTH, 500.0),
    ):
        times = {asked.line: _times(past, asked) for asked in all_asked}
        slowest = max(times, key=lambda line: nth(times[line], 0.99))
        yield Row(
            f"history: first screen of {what}, 99 of 100 ({slowest})",
            None,
            nth(times[slowest], 0.99),
            "ms",
            limit,
        )


def _times(past: Past, asked: Asked) -> Sequence[float]:
    """Milliseconds of the same screen again and again, as often as half a second or so allows."""
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < AT_MOST_S * 1000:
        started = time.perf_counter()
        _screen(past, asked.query)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _figures(past: Past) -> Iterator[Row]:
    took = {asked.line: ms(past.statistics, asked.query, ACCOUNT, 60) for asked in PICTURES}
    yield Row("history: the figures of everything", None, took.pop(""), "ms", 1000.0)
    slowest = max(took, key=took.__getitem__)
    yield Row(f"history: of a filter or words, slowest ({slowest})", None, took[slowest], "ms", 1000.0)
    for what, all_asked in (("filter", (EVERYTHING, *FILTERS)), ("words", WORDS)):
        slow = max(ms(past.counts, asked.query, ACCOUNT) for asked in all_asked)
        yield Row(f"history: count by outcome, slowest {what}", None, slow, "ms", 1000.0)


def _found_after_a_change(past: Past, history: History) -> Row:
    """From a note to its being found: the index takes in what changed."""
    newest = history.window(ACCOUNT).rows(0, 1)[0].attempt_id
    query = Asked("walhalla").query

    def noted() -> None:
        history.note(newest, "seen in Walhalla")
        assert [row.attempt_id for row in _screen(past, query)] == [newest]

    return Row("history: a note, found by a word of it", None, ms(noted), "ms", 50.0)


def _taken_out(home: homes.Home) -> Iterator[Row]:
    few, many = max(1000, home.attempts // 100), max(1000, home.attempts // 10)
    small, _ = _exported(home, few)
    large, spent = _exported(home, many)
    yield Row(f"history: memory of an export of {many:,} / of {few:,}", small, large, "MB", 1.2)
    floor = cpu_s(_plainly_exported, home.settings().history, many)
    yield Row("history: CPU of an export as JSON Lines / plain rows and json.dumps", floor, spent, "s", 8.0)


def _exported(home: homes.Home, limit: int) -> tuple[float, float]:
    """Megabytes resident at most, and seconds of CPU, of a process that takes attempts out."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = (
        "history",
        "--query",
        "sort:time",
        "--format",
        "jsonl",
        "--limit",
        str(limit),
        "--output",
        "/dev/null",
    )
    code = (
        "import resource, sys; from app.cli.main import program\n"
        f"program({list(words)!r}, standalone_mode=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=dict(home.environment), capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(ran.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _plainly_exported(path: Path, limit: int) -> None:
    address = f"{path.as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as plain,
        Path("/dev/null").open("w", encoding="utf-8") as file,
    ):
        file.writelines(
            json.dumps([value if isinstance(value, str | int) else None for value in row])
            for row in plain.execute(
                "SELECT * FROM attempts JOIN requests ON attempt = number ORDER BY number LIMIT ?", (limit,)
            )
        )


def _screen(past: Past, query: HistoryQuery) -> Sequence[AttemptRow]:
    return past.window(query, ACCOUNT).rows(0, SCREEN)


def _check(plain: PlainRows, past: Past) -> None:
    """That the index answers as plain SQL over the journal does: how many of each outcome, the first screen, the figures."""
    all_asked = (*FILTERS, *SORTS, *WORDS, *BOTH)
    for asked, counts in zip(all_asked, plain.counts(all_asked), strict=True):
        window = past.window(asked.query, ACCOUNT)
        assert [row.attempt_id for row in window.rows(0, SCREEN)] == plain.first(asked, SCREEN), asked.line
        window.settle()
        assert window.total == counts.total(), asked.line
        assert past.counts(asked.query, ACCOUNT) == counts, asked.line
    for asked in PICTURES:
        figures = past.statistics(asked.query, ACCOUNT, 60)
        assert dict(figures.codes) == plain.codes(asked), asked.line
        spans = {bucket.start: sum(bucket.counts.values()) for bucket in figures.buckets if bucket.counts}
        assert spans == plain.spans(asked, figures.bucket_s), asked.line
        known = [took for took in (figures.p50_ms, figures.p95_ms) if took is not None]
        assert known == plain.took(asked, (50, 95)), asked.line
