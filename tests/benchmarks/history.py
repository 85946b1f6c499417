"""What it costs to ask a history of a million attempts: a screen of what a query finds, its figures, taking it out.

Every answer is held against plain SQL over the journal, which knows nothing of the index.
"""

import json
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.domain.history_query import HistoryQuery
from app.domain.query_text import parse_query
from app.domain.query_times import Clock
from app.store.history import History
from app.store.past import Past
from tests.benchmarks import homes
from tests.benchmarks.table import Row
from tests.benchmarks.timing import cpu_s, ms, nth

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCREEN = 50
REPEATS = 20
ACCOUNT = "sandbox"
CODES = "reply_code IS NULL, reply_code"


@dataclass(frozen=True)
class Asked:
    """A query as it is typed, and the same in plain SQL."""

    line: str
    where: str = "1"
    order: str = "number DESC"

    @property
    def query(self) -> HistoryQuery:
        return parse_query(self.line, Clock(NOW))


FILTERS = (
    Asked("outcome:unknown", "outcome = 'unknown'"),
    Asked("outcome:accepted", "outcome = 'accepted'"),
    Asked("-outcome:accepted", "outcome != 'accepted'"),
    Asked("code:2008", "reply_code = 2008"),
    Asked("code:2008,2010", "reply_code IN (2008, 2010)"),
    Asked("code:none", "reply_code IS NULL"),
    Asked("status:200", "http_status = 200"),
    Asked("event:100", "event_id = '100'"),
    Asked("event:purchase*", "lower(event_name) GLOB 'purchase*'"),
    Asked("key:id", "key_id = 'id'"),
    Asked("contact:thor@example.com", "lower(external_id) = 'thor@example.com'"),
    Asked("contact:a*", "lower(external_id) GLOB 'a*'"),
    Asked("contact:*9@example.com", "lower(external_id) GLOB '*9@example.com'"),
    Asked("contact:*@nowhere.example", "0"),
    Asked("profile:sandbox", "profile = 'sandbox'"),
    Asked("since:1d", "started_at >= strftime('%s', '2026-11-19 12:00') * 1000000"),
    Asked("since:2026-08-20T00:00Z", "started_at >= strftime('%s', '2026-08-20') * 1000000"),
    Asked("until:2026-08-20T00:00Z", "started_at < strftime('%s', '2026-08-20') * 1000000"),
)
SORTS = (
    Asked("sort:time", order="number"),
    Asked("sort:took", order="elapsed_ms IS NULL, elapsed_ms, number"),
    Asked("sort:-took", order="elapsed_ms IS NULL, elapsed_ms DESC, number DESC"),
    Asked("sort:code", order=f"{CODES}, number"),
    Asked("sort:-code", order=f"{CODES} DESC, number DESC"),
    Asked("sort:status", order="http_status IS NULL, http_status, number"),
    Asked("sort:contact", order="lower(external_id), number"),
    Asked("sort:-contact", order="lower(external_id) DESC, number DESC"),
    Asked("sort:key", order="key_id GLOB '*[^0-9]*', CAST(key_id AS INTEGER), key_id, number"),
    Asked("sort:event", order="CAST(event_id AS INTEGER), number"),
    Asked("sort:text", order="reply_text IS NULL, lower(substr(reply_text, 1, 100)), number"),
)
BODIES = "(SELECT attempt, CAST(body AS TEXT) AS body FROM requests)"
TEXT = "external_id || ' ' || coalesce(event_name, '') || ' ' || coalesce(reply_text, '') || ' ' || coalesce(body, '')"
WORDS = (
    Asked("hammer", f"says({TEXT}, 'hammer')"),
    Asked("thor@example.com", f"says({TEXT}, 'thor@example.com')"),
    Asked('"no contact found"', f"says({TEXT}, 'no contact found')"),
    Asked("gateway", "http_status = 502"),
    Asked("nobodyhasthis", "0"),
)
BOTH = (
    Asked("outcome:unknown sort:-took", "outcome = 'unknown'", "elapsed_ms DESC, number DESC"),
    Asked("outcome:accepted sort:took", "outcome = 'accepted'", "elapsed_ms, number"),
    Asked("status:200 sort:-code", "http_status = 200", f"{CODES} DESC, number DESC"),
    Asked("code:2008 sort:contact", "reply_code = 2008", "lower(external_id), number"),
    Asked("outcome:rejected event:100 sort:event", "outcome = 'rejected' AND event_id = '100'", "number"),
    Asked("outcome:rejected code:0 sort:took", "outcome = 'rejected' AND reply_code = 0", "number"),
    Asked("gateway sort:took", "http_status = 502", "elapsed_ms, number"),
    Asked("key:3 since:2026-10-01T00:00Z sort:-took", "key_id = '3' AND started_at >= strftime('%s', '2026-10-01') * 1000000", "elapsed_ms DESC, number DESC"),
)  # fmt: skip


def rows(scale: float) -> list[Row]:
    """The rows of the history; scale 1 has a million attempts."""
    home = homes.large(scale)
    path = home.settings().history
    with closing(History(path)) as history, closing(Past(path)) as past:
        spent = home.spent["index"] * 1_000_000 / home.attempts
        with closing(_plain(path)) as plain:
            for asked in (*FILTERS, *SORTS, *WORDS, *BOTH):
                _check(plain, past, asked)
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
        times = {asked.line: [ms(_screen, past, asked.query) for _ in range(REPEATS)] for asked in all_asked}
        slowest = max(times, key=lambda line: nth(times[line], 0.99))
        yield Row(
            f"history: first screen of {what}, 99 of 100 ({slowest})",
            None,
            nth(times[slowest], 0.99),
            "ms",
            limit,
        )


def _figures(past: Past) -> Iterator[Row]:
    for asked in (Asked(""), FILTERS[1], WORDS[0]):
        took = ms(past.statistics, asked.query, ACCOUNT, 60)
        yield Row(f"history: statistics of {asked.line or 'everything'}", None, took, "ms", 1000.0)
    took = max(ms(past.counts, asked.query, ACCOUNT) for asked in (Asked(""), *FILTERS))
    yield Row("history: count by outcome, slowest filter", None, took, "ms", 1000.0)


def _found_after_a_change(past: Past, history: History) -> Row:
    """From a note to its being found: the index takes in what changed."""
    newest = history.window(ACCOUNT).rows(0, 1)[0].attempt_id
    query = parse_query("walhalla", Clock(NOW))

    def noted() -> None:
        history.note(newest, "seen in Walhalla")
        assert [row.attempt_id for row in _screen(past, query)] == [newest]

    return Row("history: a note, found by a word of it", None, ms(noted), "ms", 50.0)


def _taken_out(home: homes.Home) -> Iterator[Row]:
    few = max(1000, home.attempts // 100)
    small, _ = _exported(home, few)
    large, spent = _exported(home, 0)
    yield Row(f"history: memory of an export of all / of {few:,}", small, large, "MB", 1.2)
    floor = cpu_s(_plainly_exported, home.settings().history)
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
        "import resource, sys; from app.cli.program import program\n"
        f"program({list(words)!r}, standalone_mode=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=dict(home.environment), capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(ran.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _plainly_exported(path: Path) -> None:
    with closing(_plain(path)) as plain, Path("/dev/null").open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps([value if isinstance(value, str | int) else None for value in row])
            for row in plain.execute(
                "SELECT * FROM attempts JOIN requests ON attempt = number ORDER BY number"
            )
        )


def _screen(past: Past, query: HistoryQuery) -> Sequence[object]:
    return past.window(query, ACCOUNT).rows(0, SCREEN)


def _plain(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    connection.create_function("says", 2, _says, deterministic=True)
    return connection


def _says(text: str, words: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(words)}", text.lower()) is not None


def _check(plain: sqlite3.Connection, past: Past, asked: Asked) -> None:
    """That the index answers as plain SQL over the journal does: how many, and the first screen of them."""
    source = (
        f"FROM attempts JOIN {BODIES} ON attempt = number WHERE account = '{ACCOUNT}' AND ({asked.where})"
    )
    window = past.window(asked.query, ACCOUNT)
    found = plain.execute(f"SELECT attempt_id {source} ORDER BY {asked.order} LIMIT {SCREEN}")
    assert [row.attempt_id for row in window.rows(0, SCREEN)] == [row[0] for row in found], asked.line
    window.settle()
    assert window.total == plain.execute(f"SELECT count(*) {source}").fetchone()[0], asked.line
