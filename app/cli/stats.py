"""`triggerdesk history stats`: the figures of what a query finds."""

from collections.abc import Iterator, Sequence

import click

from app.cli.options import Options
from app.cli.output import table
from app.cli.passing import pass_options
from app.cli.query import read_query
from app.domain.attempt_export import json_text, timestamp
from app.domain.attempt_statistics import AttemptStatistics
from app.domain.formatting import count, duration, percent
from app.domain.model import Outcome
from app.domain.outcome import LABEL
from app.domain.reply_codes import describe
from app.service.session import Session

_EVENTS = 20


@click.command()
@click.option("--query", "line", default="", metavar="TEXT", help="Which attempts, as for `history`.")
@click.option("--all-accounts", is_flag=True, help="Not of the live account only.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@pass_options
def stats(options: Options, *, line: str, all_accounts: bool, as_json: bool) -> None:
    """Count the attempts that a query finds: by outcome, over time, by reply code, by event; how long they took."""
    query = read_query(line)

    async def write(service: Session) -> None:
        figures = service.history.statistics(query, all_accounts=all_accounts)
        click.echo(json_text(_as_json(figures)) if as_json else "\n".join(_lines(figures)))

    options.run(write)


def _as_json(figures: AttemptStatistics) -> dict[str, object]:
    return {
        "attempts": figures.total,
        "outcomes": {outcome.value: figures.counts.get(outcome, 0) for outcome in Outcome},
        "bucket_s": figures.bucket_s,
        "buckets": [
            {"start": timestamp(one.start), **{outcome.value: count for outcome, count in one.counts.items()}}
            for one in figures.buckets
        ],
        "codes": [{"reply_code": code, "attempts": count} for code, count in figures.codes],
        "events": [
            {
                "event_id": one.event_id,
                "event_name": one.event_name,
                "attempts": one.attempts,
                "rejected": one.rejected,
            }
            for one in figures.events
        ],
        "p50_ms": figures.p50_ms,
        "p95_ms": figures.p95_ms,
    }


def _lines(figures: AttemptStatistics) -> Iterator[str]:
    if not figures.total:
        yield "No attempts."
        return
    yield count(figures.total, "attempt")
    present = [outcome for outcome in Outcome if outcome in figures.counts]
    outcomes = [
        (
            " ".join(LABEL[outcome]),
            f"{figures.counts[outcome]:,}",
            percent(figures.counts[outcome], figures.total),
        )
        for outcome in present
    ]
    yield from ("", *table(("OUTCOME", "ATTEMPTS", "SHARE"), outcomes, numbers=(1, 2)))
    codes = [
        (
            "none" if code is None else str(code),
            f"{count:,}",
            percent(count, figures.total),
            describe(code) or ("no reply code" if code is None else ""),
        )
        for code, count in figures.codes
    ]
    yield from ("", *table(("CODE", "ATTEMPTS", "SHARE", "DESCRIPTION"), codes, numbers=(0, 1, 2)))
    events = [
        (
            f"{one.event_id} {one.event_name or ''}".rstrip(),
            f"{one.attempts:,}",
            f"{one.rejected:,}",
            percent(one.rejected, one.attempts),
        )
        for one in figures.events[:_EVENTS]
    ]
    yield from ("", *table(("EVENT", "ATTEMPTS", "REJECTED", "SHARE"), events, numbers=(1, 2, 3)))
    if len(figures.events) > _EVENTS:
        yield f"… {count(len(figures.events) - _EVENTS, 'event')} more; --json has all"
    words = (LABEL[outcome][1].upper() for outcome in present)
    header = (f"{duration(figures.bucket_s).upper()} FROM", *words)
    yield from ("", *table(header, _times(figures, present), numbers=range(1, len(header))))
    if figures.p50_ms is not None and figures.p95_ms is not None:
        yield from (
            "",
            f"duration: p50 {figures.p50_ms:,.0f} ms, p95 {figures.p95_ms:,.0f} ms",
        )


def _times(figures: AttemptStatistics, present: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for one in figures.buckets:
        counts = (f"{one.counts.get(outcome, 0):,}" for outcome in present)
        yield (f"{one.start.astimezone():%Y-%m-%d %H:%M}", *counts)
