"""`triggerdesk bulk`: send one event to the contacts of a file."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.cli.errors import (
    ExitCode,
    Failure,
    echo_error,
    failing_with,
    interrupt,
    not_sent_on_ctrl_c,
    on_ctrl_c,
    stopped_by_signal,
)
from app.cli.options import PATH, Options, complete_event, found_argument, pass_session, production_option
from app.cli.output import at_terminal, echo_lines, echo_table, open_output, progress
from app.cli.trigger import read_source
from app.domain.attempt_export import json_text, readable_body
from app.domain.bulk import (
    CANARY,
    Duplicates,
    RowState,
    Run,
    RunState,
    accepted_question,
    plan_json,
    plan_lines,
    status_json,
)
from app.domain.event_data import EventDataError
from app.domain.identifiers import Resolved
from app.domain.masking import Mask
from app.domain.text import count, sanitize, short_id
from app.service.bulk import Planning
from app.service.bulk_sending import NO_FAULT, Sending
from app.service.guard import check_production
from app.service.session import Session, StoreError

_MAX_LINE = 4000
_NUMBERS = ("ROWS", *(state.value.upper() for state in RowState))

_run = click.argument("reference", metavar="RUN")
_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


def _sends(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what the verbs that send a run take, and how they end."""
    yes = click.option("--yes", type=int, metavar="N", help="Answers the question if N contacts are left.")
    ends = failing_with(ExitCode.NOT_SENT, StoreError)
    for add in (pass_session, ends, not_sent_on_ctrl_c(), _json, production_option, yes, _run):
        verb = add(verb)
    return verb


@click.group()
def bulk() -> None:
    """Send one event to many contacts: plan a file, run the plan, read the report.

    RUN is the id of a run, its beginning, or its short id.
    """


@bulk.command()
@click.argument("event", shell_complete=complete_event)
@click.argument("file", type=PATH)
@click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")
@click.option("--id-column", metavar="NAME", help="The column of the external ids. Default: that of the key.")
@click.option("--data", metavar="TEMPLATE|@FILE", help="Event data; {{column:NAME}} stands for a cell.")
@click.option(
    "--duplicates", type=click.Choice([one.value for one in Duplicates]), default="refuse", show_default=True,
    help="What to do with later rows of a contact: refuse the file, send the first, send each.",
)  # fmt: skip
@_json
@pass_session
async def plan(
    options: Options,
    service: Session,
    *,
    event: str,
    file: Path,
    key_id: str,
    id_column: str | None,
    data: str | None,
    duplicates: str,
    as_json: bool,
) -> None:
    """Read and check a CSV FILE with a header, and plan to send EVENT to its contacts. Sends nothing."""
    template = None if data is None else read_source(data)
    found = service.events.resolve(event)
    if not isinstance(found, Resolved):
        raise Failure(found.sentence)
    planning = Planning(found.event_id, key_id, file, id_column, template, Duplicates(duplicates))
    try:
        with progress("plan", hidden=True) as on_progress:
            run = await service.bulk.plan(planning, on_progress)
    except EventDataError as error:
        raise Failure(f"--data: {error}") from None
    if as_json:
        click.echo(json_text(plan_json(run)))
    else:
        echo_lines(sanitize(line, _MAX_LINE) for line in _plan_lines(service, run, options.mask()))


@bulk.command("run")
@click.option("--canary", type=click.IntRange(0, 1000), default=CANARY, show_default=True, help="0: none.")
@_sends
async def run_(options: Options, service: Session, *, canary: int, **given: Any) -> ExitCode:
    """Send what is left of a RUN: first the canary, then, once you have typed their number, all other contacts.

    Nothing that is unknown is sent again. Ctrl+c pauses after the batch under way.

    Exit codes: 0 all accepted, 1 some rejected, 2 bad input, 3 some unknown, 4 nothing was sent, 5 paused.
    """
    return await _send(options, service, canary, **given)


@bulk.command()
@_sends
async def resend(options: Options, service: Session, **given: Any) -> ExitCode:
    """Send the unknown contacts of a RUN again, with the same trigger ids.

    Emarsys processes a trigger id once in most programs, but not in every one: check in the account first.
    """
    return await _send(options, service, None, **given)


@bulk.command()
@_run
@found_argument
@pass_session(filled=False)
async def settle(_: Options, service: Session, *, reference: str, arrived: bool, note: str) -> None:
    """Resolve the unknown contacts of a RUN together: the batch arrived, or it did-not."""
    run = service.bulk.find(reference)
    number = service.bulk.settle(run, arrived=arrived, note=note)
    click.echo(f"{count(number, 'attempt')} resolved.")


@bulk.command()
@_run
@_json
@pass_session(filled=False)
async def status(options: Options, service: Session, *, reference: str, as_json: bool) -> None:
    """Print how far a RUN is."""
    _echo_status(options, service.bulk.find(reference), as_json)


@bulk.command("list")
@_json
@pass_session(filled=False)
async def list_(options: Options, service: Session, *, as_json: bool) -> None:
    """List the runs, newest first."""
    found = [_masked(options.mask(), run) for run in service.bulk.runs()]
    if as_json:
        echo_lines(json_text(status_json(run)) for run in found)
    else:
        header = ("RUN", "PLANNED AT", "EVENT", "FILE", "STATE", *_NUMBERS)
        echo_table(header, map(_table_row, found), right=_NUMBERS, optional=("FILE",))


@bulk.command()
@_run
@_json
@pass_session(filled=False)
async def abort(options: Options, service: Session, *, reference: str, as_json: bool) -> None:
    """End a RUN for good. A batch under way is finished, also in another window."""
    _echo_status(options, service.bulk.abort(service.bulk.find(reference)), as_json)


@bulk.command()
@_run
@click.option(
    "--format", "format_name", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True
)
@click.option("--rejected", is_flag=True, help="Only rejected rows; as CSV in the columns of the file.")
@click.option("--output", type=PATH, metavar="FILE", help="Write to FILE.")
@pass_session(filled=False)
async def report(
    options: Options,
    service: Session,
    *,
    reference: str,
    format_name: str,
    rejected: bool,
    output: Path | None,
) -> None:
    """Write what became of every row of a RUN, in the order of the file."""
    run = service.bulk.find(reference)
    with open_output(output) as file:
        echo_lines(service.bulk.report(run, format_name, rejected=rejected, mask=options.mask()), file)


# Sending


async def _send(
    options: Options,
    service: Session,
    canary: int | None,
    *,
    reference: str,
    yes: int | None,
    production: str | None,
    as_json: bool,
) -> ExitCode:
    """Runs a RUN or, without a `canary`, sends its unknown contacts again; prints how far it is then."""
    check_production(service.profile, production)
    run = service.bulk.find(reference)
    stop = await stopped_by_signal(service)
    with progress("bulk", hidden=True) as on_progress:
        sending = Sending(
            confirm=partial(_confirmed, service.profile.name, yes, again=canary is None),
            stop=stop,
            permit=lambda: production,
            watch=lambda now, wait_s: on_progress(now.sent, now.rows, _progress_label(now, wait_s)),
            canary=canary or 0,
        )
        verb = service.bulk.resend_unknown if canary is None else service.bulk.run
        run = await verb(run, sending)
    _echo_status(options, run, as_json)
    return _exit_code(run)


async def _confirmed(profile: str, yes: int | None, run: Run, left: int, *, again: bool) -> bool:
    if yes == left:
        return True
    question = accepted_question(run, left, profile, again=again)
    if yes is not None:
        echo_error(f"{left:,} contacts are left, not {yes:,}.")
    if not at_terminal():
        echo_error(f"{question} There is no terminal to answer on: add --yes {left}.")
        return False
    with suppress(click.Abort), on_ctrl_c(interrupt):
        typed = click.prompt(f"{question} Type {left}", default="", show_default=False, err=True)
        return bool(typed.strip().replace(",", "") == str(left))
    return False


def _progress_label(run: Run, wait_s: float) -> str:
    rejected = f", {run.count(RowState.REJECTED):,} rejected" if run.count(RowState.REJECTED) else ""
    waiting = f", waiting {wait_s:.0f} s for the rate limit" if wait_s else ""
    return f"{run.count(RowState.ACCEPTED):,} accepted{rejected}{waiting}"


def _exit_code(run: Run) -> ExitCode:
    if run.state is RunState.PAUSED:
        failed = run.sent == 0 and run.pause_reason not in NO_FAULT
        return ExitCode.NOT_SENT if failed else ExitCode.PAUSED
    if run.count(RowState.UNKNOWN):
        return ExitCode.UNKNOWN
    if run.count(RowState.REJECTED):
        return ExitCode.REJECTED
    return ExitCode.OK if run.state is RunState.DONE else ExitCode.PAUSED


# Printing


def _echo_status(options: Options, run: Run, as_json: bool) -> None:
    run = _masked(options.mask(), run)
    if as_json:
        click.echo(json_text(status_json(run)))
        return
    numbers = ", ".join(f"{run.count(state):,} {state}" for state in RowState if run.count(state))
    lines = (
        f"Run {run.run_id} ({short_id(run.run_id)}): {run.state}",
        f"{count(run.rows, 'row')}: {numbers}",
        run.pause_reason,
    )
    echo_lines(sanitize(line, _MAX_LINE) for line in lines if line)


def _masked(mask: Mask, run: Run) -> Run:
    return replace(
        run, file=mask.text(run.file), pause_reason=run.pause_reason and mask.text(run.pause_reason)
    )


def _table_row(run: Run) -> tuple[str, ...]:
    numbers = (f"{run.count(state):,}" for state in RowState)
    at = f"{run.planned_at.astimezone():%Y-%m-%d %H:%M}"
    event = f"{run.event_id} {run.event_name or ''}".rstrip()
    return (short_id(run.run_id), at, event, run.file, run.state, f"{run.rows:,}", *numbers)


def _plan_lines(service: Session, run: Run, mask: Mask) -> Iterator[str]:
    yield f"Run {run.run_id} ({short_id(run.run_id)}): event {run.event_id} {run.event_name or ''}, {mask.text(run.file)}"
    yield from plan_lines(run, service.bulk.rejected(run), mask.value)
    exact = service.bulk.preview(run, mask.request)
    yield f"First request: {exact['method']} {exact['url']}"
    yield from readable_body(str(exact["body"]).encode()).split("\n")
    yield f"Nothing was sent. To send: triggerdesk bulk run {short_id(run.run_id)}"
