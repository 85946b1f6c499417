"""`triggerdesk history`: list the attempts that match a query, count them, or work with one of them."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

import click

from app.cli.errors import ExitCode, Failure, echo_error, failing_with, not_sent_on_ctrl_c, stopped_by_signal
from app.cli.options import (
    PATH,
    Options,
    complete_attempt,
    found_argument,
    pass_options,
    pass_session,
    production_option,
    yes_option,
)
from app.cli.output import (
    MAX_LINE,
    Report,
    attempt_lines,
    confirm,
    detail_lines,
    echo_lines,
    echo_resolved,
    echo_table,
    open_output,
)
from app.domain.attempt_export import FORMATS, cells, header, json_text, timestamp, whole_attempt_json
from app.domain.errors import ClientError
from app.domain.history_query import (
    AttemptStatistics,
    Clock,
    HistoryQuery,
    QueryFaultError,
    parse_query,
    proposal,
)
from app.domain.json_diff import AttemptDiff, JsonDiff, diff_attempts
from app.domain.model import LABEL, Attempt, Outcome, new_attempt_id
from app.domain.text import count, duration, percent, sanitize, short_id
from app.service import erasure
from app.service.checks import as_case as case_of
from app.service.guard import check_production
from app.service.history import AttemptHistory, Evidence
from app.service.session import Session, StoreError

_MAX_EVENTS = 20
_OPTIONAL = ("KEY", "HTTP", "REPLY TEXT", "CONTACT", "NOTE", "RESEND OF")
_FOLLOW_S = 0.5
_BOM = "\ufeff"
_NUMBERS = ("CODE", "ATTEMPTS", "REJECTED", "SHARE")

_attempt = click.argument("attempt", shell_complete=complete_attempt)
_query = click.option(
    "--query", "line", default="", metavar="TEXT", help="Such as 'code:2008 since:1d thor sort:-took'."
)
_all_accounts = click.option("--all-accounts", is_flag=True, help="Include all accounts.")
_output = click.option("--output", type=PATH, metavar="FILE", help="Write to FILE, not to standard output.")


@click.group(invoke_without_command=True)
@_query
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="0: all.")
@_all_accounts
@click.option(
    "--format", "format_name", type=click.Choice(["table", *FORMATS]), default="table", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format jsonl.")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark, as spreadsheets want it.")
@click.option("--follow", is_flag=True, help="Then print new attempts as they finish, until ctrl+c.")
@click.option("--team", is_flag=True, help="The attempts of all members of the profile's team.")
@_output
@pass_options
@click.pass_context
def history(
    ctx: click.Context,
    options: Options,
    *,
    line: str,
    limit: int,
    all_accounts: bool,
    format_name: str,
    as_json: bool,
    bom: bool,
    follow: bool,
    team: bool,
    output: Path | None,
) -> None:
    """List the attempts, newest first, or work with one of them.

    A query is made of words from request, reply or note, and of filters: outcome:, previous:, settled:, code:, status:,
    took:, event:, key:, contact:, person:, note:, profile:, run:, since:, until:, on:, sort:. A comma means or, a
    hyphen before a term means not, a star stands for any characters.
    """
    if ctx.invoked_subcommand is not None:
        return
    name = "jsonl" if as_json else format_name
    if bom and name != "csv":
        raise Failure("--bom is for --format csv.")
    if follow and (name == "json" or output is not None):
        raise Failure("--follow prints to standard output, and not as one JSON array. Use --json.")
    mask = options.mask()
    query = _parse(line)

    async def write(service: Session) -> None:
        searched = await _team_history(service) if team else service.history
        if follow:
            pause = partial(time.sleep, _FOLLOW_S)
            found = searched.follow(limit, pause, all_accounts=all_accounts, query=query)
        else:
            found = searched.list_attempts(limit, all_accounts=all_accounts, query=query)
        attempts = map(mask.attempt, found)
        with open_output(output) as file:
            if name != "table":
                click.echo(_BOM if bom else "", nl=False, file=file)
                echo_lines(FORMATS[name](attempts), file)
            elif follow:
                echo_lines(map(_table_line, attempts), file)
            else:
                _echo_attempts(attempts, file)

    options.run(write)


@history.command()
@_attempt
@click.option("--json", "as_json", is_flag=True, help="The attempt as JSON, with its bodies.")
@click.option("--as-case", is_flag=True, help="The attempt as a case for `check`, in TOML.")
@pass_session
async def show(options: Options, service: Session, *, attempt: str, as_json: bool, as_case: bool) -> None:
    """Show an ATTEMPT in full: request, reply, note, resends.

    Give its id, the beginning of its id, or its reference.
    """
    if as_case and (as_json or options.masked):
        raise Failure("--as-case prints a case that can be sent: leave --json and --mask out.")
    found = service.history.find_attempt(attempt)
    shown = options.mask().attempt(found)
    if as_case:
        click.echo(case_of(found), nl=False)
    elif as_json:
        click.echo(json_text(whole_attempt_json(shown)))
    else:
        details = detail_lines(shown, service.history.chain(found.attempt_id))
        click.echo("\n".join((*attempt_lines(shown, service.contacts), *details)))


@history.command()
@click.argument("left", shell_complete=complete_attempt)
@click.argument("right", required=False, shell_complete=complete_attempt)
@click.option("--json", "as_json", is_flag=True, help="The differences as JSON.")
@pass_session
async def diff(options: Options, service: Session, *, left: str, right: str | None, as_json: bool) -> None:
    """Show how attempts LEFT and RIGHT differ in request and reply.

    Without RIGHT the attempt is compared with the last accepted one of its event: on this contact if there is one,
    else on anybody. Lines of the older begin with -, lines of the newer with +.
    """
    both, said = [service.history.find_attempt(left)], ""
    if right is None:
        accepted, said = await service.history.comparable(both[0])
        both = sorted([accepted, *both], key=lambda one: one.started_at)
    else:
        both.append(service.history.find_attempt(right))
    both = list(map(options.mask().attempt, both))
    found = diff_attempts(*both)
    if as_json:
        ids = {side: one.attempt_id for side, one in zip(("left", "right"), both, strict=True)}
        click.echo(json_text({**ids, **asdict(found)}))
    else:
        click.echo("\n".join(filter(None, (said, *_difference_lines(both, found)))))


@history.command()
@_attempt
@click.argument("text")
@pass_session(filled=False)
async def note(_: Options, service: Session, *, attempt: str, text: str) -> None:
    """Set the note of an ATTEMPT to TEXT. '' removes the note."""
    noted = service.history.note(attempt, text)
    click.echo(f"Attempt {noted.attempt_id}: note {'saved' if noted.note else 'removed'}.")


@history.command()
@_attempt
@click.option("--unmasked", is_flag=True, help="Show personal data.")
@_output
@pass_session
async def ticket(
    options: Options, service: Session, *, attempt: str, unmasked: bool, output: Path | None
) -> None:
    """Print an ATTEMPT as a support ticket in Markdown.

    It includes the request as a cURL command. Personal data is masked unless you add --unmasked.
    """
    masked = options.masked or not unmasked
    text = service.history.ticket(service.history.find_attempt(attempt), masked=masked)
    with open_output(output) as file:
        click.echo(text, file=file, nl=False)


@history.command()
@_attempt
@click.option("--same-trigger", is_flag=True, help="With the trigger id of the earlier attempt.")
@production_option
@click.option("--json", "as_json", is_flag=True, help="The new attempt as JSON.")
@not_sent_on_ctrl_c()
@failing_with(ExitCode.NOT_SENT, StoreError)
@pass_session
async def resend(
    options: Options,
    service: Session,
    *,
    attempt: str,
    same_trigger: bool,
    production: str | None,
    as_json: bool,
) -> ExitCode:
    """Send the request of an ATTEMPT again, as a new attempt.

    With --same-trigger the account can recognize a trigger that it has already received. Exit codes as for `trigger`.
    """
    report = Report(options.mask(), as_json)
    check_production(service.profile, production)
    stop = await stopped_by_signal(service)
    earlier, new = service.history.find_attempt(attempt), new_attempt_id()
    return await report.send(
        lambda own, colleague: service.resend(
            earlier.attempt_id,
            same_trigger=same_trigger,
            new_attempt_id=new,
            stop=stop,
            production=production,
            asked_about=own,
            claim_seen=colleague,
        ),
        new,
        service,
    )


@history.command()
@_attempt
@found_argument
@pass_session
async def settle(_: Options, service: Session, *, attempt: str, arrived: bool, note: str) -> None:
    """Resolve an ATTEMPT of unknown outcome: it arrived, or did not.

    The outcome stays unknown; the resolution is saved with it. You can resolve an attempt again.
    """
    echo_resolved(service.settle(attempt, arrived=arrived, note=note))


@history.command()
@_attempt
@click.option("--json", "as_json", is_flag=True, help="The evidence as JSON.")
@failing_with(ExitCode.NOT_SENT, ClientError)
@pass_session
async def evidence(options: Options, service: Session, *, attempt: str, as_json: bool) -> ExitCode:
    """Ask the account whether a mail of the event reached the contact since an ATTEMPT.

    It changes nothing: `history settle` resolves the attempt.

    Exit codes: 0 a mail was launched, 1 no clear evidence yet, 2 not possible for this attempt, 4 the account did not answer.
    """
    found = await service.history.evidence(attempt)
    found = replace(found, contact_id=options.mask().value(found.contact_id))
    click.echo(json_text(evidence_json(found)) if as_json else found.words)
    return ExitCode.OK if found.result == "found" else ExitCode.REJECTED


@history.command()
@_query
@_all_accounts
@click.option("--json", "as_json", is_flag=True, help="The statistics as JSON.")
@pass_session
async def stats(_: Options, service: Session, *, line: str, all_accounts: bool, as_json: bool) -> None:
    """Show statistics of the attempts that match a query.

    By outcome, reply code, event and time, and their durations.
    """
    figures = service.history.statistics(_parse(line), all_accounts=all_accounts)
    if as_json:
        click.echo(json_text(_statistics_json(figures)))
    else:
        _echo_statistics(figures)


@history.command()
@yes_option
@pass_session(filled=False)
async def prune(_: Options, service: Session, *, yes: bool) -> None:
    """Delete the attempts past the profile's retention.

    `retention_days` and `retention_rows` set it, for the live account. It shows first what it will delete. Attempts still being sent and unresolved unknown ones stay.
    """
    found = erasure.expired(service.account)
    if found is None:
        click.echo("No attempt is past the profile's retention.")
        return
    period = f"from {timestamp(found.oldest)} to {timestamp(found.newest)}"
    confirm(f"Delete {count(found.attempts, 'attempt')}, {period}? This cannot be undone.", yes)
    click.echo(f"{count(erasure.delete_expired(service.account), 'attempt')} deleted, {period}")


def evidence_json(found: Evidence) -> dict[str, object]:
    return {
        "attempt_id": found.attempt_id,
        "contact_id": found.contact_id,
        "result": found.result,
        "mail": found.mail and found.mail._asdict(),
        "launched_at": found.launched_at and timestamp(found.launched_at),
        "other_attempt_id": found.other_id,
        "checked_at": timestamp(found.checked_at),
        "sentence": found.words,
    }


async def _team_history(service: Session) -> AttemptHistory:
    """Raises Failure if the profile has no team."""
    if service.team is None:
        raise Failure("This profile has no team. `triggerdesk team join` joins one.")
    await service.team.sync_soon()
    if not service.team.is_reachable:
        echo_error("The team is not reachable. These are its attempts as of the last sync, and your own.")
    return service.team.history


def _parse(line: str) -> HistoryQuery:
    """Raises Failure, which says where the query is wrong."""
    try:
        return parse_query(line, Clock(datetime.now(UTC)))
    except QueryFaultError as fault:
        meant = proposal(line, fault)
        raise Failure(f"{fault} Did you mean: {meant}" if meant else str(fault)) from None


def _table_line(attempt: Attempt) -> str:
    return "  ".join(sanitize(cell) for cell in cells(attempt) if cell)


def _echo_attempts(attempts: Iterable[Attempt], file: IO[str] | None) -> None:
    rows = [cells(attempt) for attempt in attempts]
    if rows:
        echo_table(header(rows[0]), rows, optional=_OPTIONAL, file=file)
    else:
        click.echo("No matching attempts.", file=file)


def _difference_lines(both: list[Attempt], found: AttemptDiff) -> Iterator[str]:
    for sign, one in zip("-+", both, strict=True):
        sent = f"{one.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
        yield f"{sign} {short_id(one.attempt_id)} {' '.join(LABEL[one.outcome])}, {sent}"
    yield from _diff_lines("request", found.request)
    yield from _diff_lines("reply", found.reply)


def _diff_lines(title: str, diff: JsonDiff) -> Iterator[str]:
    if diff.is_equal:
        yield f"{title}: no differences ({count(diff.identical, 'identical value')})"
        return
    yield f"{title}:"
    for line in diff.around_differences():
        yield f"  {line.side.replace('=', ' ')} {sanitize(line.text, MAX_LINE)}" if line else "    …"
    yield f"  {count(diff.identical, 'identical value')}"
    if diff.left_out:
        yield f"  … {count(diff.left_out, 'line')} more not compared"


def _statistics_json(figures: AttemptStatistics) -> dict[str, object]:
    counts = {outcome.value: figures.counts.get(outcome, 0) for outcome in Outcome}
    return {
        "attempts": figures.total,
        "outcomes": counts,
        "shares": {outcome: _share(number, figures.total) for outcome, number in counts.items()},
        "bucket_s": figures.bucket_s,
        "buckets": [{"start": timestamp(one.start), **one.counts} for one in figures.buckets],
        "codes": [
            {
                "reply_code": one.code,
                "http_status": one.status,
                "attempts": one.attempts,
                "share": _share(one.attempts, figures.total),
            }
            for one in figures.codes
        ],
        "events": [{**event._asdict(), "share": round(event.share, 4)} for event in figures.events],
        **{f"{title}_ms": took for title, took in figures.durations.items()},
    }


def _share(number: int, total: int) -> float:
    return round(number / total, 4) if total else 0.0


def _echo_statistics(figures: AttemptStatistics) -> None:
    if not figures.total:
        click.echo("No matching attempts.")
        return
    click.echo(count(figures.total, "attempt"))
    present = [outcome for outcome in Outcome if outcome in figures.counts]
    titles = [LABEL[outcome][1].upper() for outcome in present]
    outcomes = [(" ".join(LABEL[one]), *_shared(figures.counts[one], figures.total)) for one in present]
    codes = [(one.title, *_shared(one.attempts, figures.total), one.words) for one in figures.codes]
    events = [
        (f"{one.event_id} {one.event_name or ''}", f"{one.attempts:,}", *_shared(one.rejected, one.attempts))
        for one in figures.events[:_MAX_EVENTS]
    ]
    if left_out := figures.events[_MAX_EVENTS:]:
        events.append((f"… {count(len(left_out), 'event')} more; --json has all", "", "", ""))
    times = [
        (f"{one.start.astimezone():%Y-%m-%d %H:%M}", *(f"{one.counts.get(each, 0):,}" for each in present))
        for one in figures.buckets
    ]
    tables: Mapping[Sequence[str], Sequence[Sequence[str]]] = {
        ("OUTCOME", "ATTEMPTS", "SHARE"): outcomes,
        ("CODE", "ATTEMPTS", "SHARE", "DESCRIPTION"): codes,
        ("EVENT", "ATTEMPTS", "REJECTED", "SHARE"): events,
        (f"{duration(figures.bucket_s).upper()} FROM", *titles): times,
    }
    for titles_of_table, rows in tables.items():
        click.echo()
        echo_table(titles_of_table, rows, right=(*_NUMBERS, *titles))
    if figures.durations["max"] is not None:
        durations = (f"{title} {took or 0:,.0f} ms" for title, took in figures.durations.items())
        click.echo(f"\nduration: {', '.join(durations)}")


def _shared(number: int, total: int) -> tuple[str, str]:
    return f"{number:,}", percent(number, total)
