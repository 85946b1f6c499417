"""`triggerdesk trigger`: send one trigger."""

import sys
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.cli.ask import Given, Questions
from app.cli.errors import ExitCode, Failure, echo_error, failing_with, not_sent_on_ctrl_c, stopped_by_signal
from app.cli.options import PATH, Options, complete_event, pass_options, production_option
from app.cli.output import MAX_LINE, Report, prediction_lines, warn_of_second_send
from app.domain.attempt_export import json_text, planned_json, readable_body
from app.domain.errors import reason_of
from app.domain.event_data import MAX_BYTES, MAX_TEXT, EventDataError, data_hints, parse_event_data
from app.domain.identifiers import Resolved
from app.domain.model import (
    Attempt,
    Extras,
    ExtrasError,
    JsonObject,
    TriggerRequest,
    new_attempt_id,
    parse_event_time,
)
from app.domain.text import has_surrogates, sanitize
from app.service.attempts import check_note
from app.service.files import read_attachment
from app.service.masking import masked_preflight
from app.service.session import Session, StoreError


def _utf8(ctx: click.Context, option: click.Parameter, text: str | None) -> str | None:
    if has_surrogates(text or ""):
        name = option.get_error_hint(ctx).strip("'[]")
        raise Failure(f"{name} is not valid UTF-8. Give it in that encoding.")
    return text


def _event_time(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    try:
        return parse_event_time(text)
    except ExtrasError as error:
        raise Failure(f"--event-time: {error}") from None


@click.command()
@click.argument("event_id", required=False, shell_complete=complete_event, callback=_utf8)
@click.option("--key", "key_id", metavar="KEY_ID", callback=_utf8, help="A field id, `id` or `uid`.")
@click.option("--external-id", metavar="VALUE", callback=_utf8, help="Identifies the contact. Sent as it is.")
@click.option("--data", metavar="JSON|@FILE|-", help="Event data: a JSON object, a file, or standard input.")
@click.option(
    "--event-time", metavar="TEXT", callback=_event_time, help="In UTC, such as 2026-03-01T13:00:00Z."
)
@click.option(
    "--attachment", "attachments", multiple=True, type=PATH, metavar="FILE",
    help="A file to attach; repeatable.",
)  # fmt: skip
@click.option("--trigger-id", metavar="TEXT", callback=_utf8, help="Default: the attempt id.")
@click.option("--no-trigger-id", is_flag=True, help="Send no trigger id.")
@production_option
@click.option("--note", metavar="TEXT", callback=_utf8, help="A note for the history.")
@click.option("--ask", is_flag=True, help="Ask for what is missing, line by line, and before sending.")
@click.option("--dry-run", is_flag=True, help="Show the request and the prediction. Send nothing.")
@click.option("--json", "as_json", is_flag=True, help="The attempt as JSON.")
@pass_options
@not_sent_on_ctrl_c()
def trigger(
    options: Options,
    *,
    event_time: str | None,
    attachments: Sequence[Path],
    trigger_id: str | None,
    no_trigger_id: bool,
    production: str | None,
    note: str | None,
    ask: bool,
    dry_run: bool,
    as_json: bool,
    **words: str | None,
) -> None:
    """Trigger an external event for one contact.

    EVENT_ID may have thousands separators, or be the event's name. Placeholders in the texts of --data are filled from
    the contact: {{field:1}}, {{contact.id}}, {{contact.uid}}, {{event.name}}.

    Exit codes: 0 accepted, 1 rejected or partial, 2 bad input, 3 unknown, 4 not sent.
    """
    if trigger_id is not None and no_trigger_id:
        raise Failure("--trigger-id and --no-trigger-id exclude each other. Give one of them.")
    if note is not None:
        check_note(note)
    attempt_id = new_attempt_id()
    if trigger_id is None and not no_trigger_id:
        trigger_id = attempt_id
    given = Given(
        **words, trigger_id=trigger_id, extras=Extras(event_time, tuple(map(read_attachment, attachments)))
    )
    report = Report(options.mask(), as_json)
    request = None if ask else _request(given)

    async def run(service: Session) -> ExitCode:
        questions = Questions(service, report.mask, _event_data)
        plan = questions.request(given) if request is None else _resolve(service, request)
        if dry_run:
            await _show_plan(service, plan, report)
            return ExitCode.OK
        if not ask:
            return await _send(service, plan, attempt_id, production=production, note=note, report=report)
        use = await service.mails.quick_use(plan.event_id)
        own = service.preflight.second_send(plan)
        colleague = None if service.team is None else await service.team.look(plan)
        named = questions.confirm(plan, use, [row for row in (own, colleague) if row], production)
        asked = own and own.attempt_id, colleague and colleague.attempt_id
        return await _send(service, plan, attempt_id, production=named, note=note, report=report, asked=asked)

    code = ExitCode.USAGE if dry_run else ExitCode.NOT_SENT
    with failing_with(code, StoreError):
        exit_code = options.run(run)
    sys.exit(exit_code)


def _request(given: Given) -> TriggerRequest:
    """The request of a command line that leaves nothing out. Raises click.UsageError."""
    if given.event_id is None:
        raise click.UsageError("Missing argument 'EVENT_ID'.")
    if given.key_id is None or given.external_id is None:
        raise click.UsageError(f"Missing option '--{'key' if given.key_id is None else 'external-id'}'.")
    data = None if given.data is None else _event_data(given.data)
    return TriggerRequest(
        given.event_id, given.key_id, given.external_id, data, given.trigger_id, given.extras
    )


async def _show_plan(service: Session, request: TriggerRequest, report: Report) -> None:
    mask = report.mask
    if (earlier := service.preflight.second_send(request)) is not None:
        warn_of_second_send(earlier)
    exact: Mapping[str, Any] = service.describe(mask.request(request))
    use = await service.mails.quick_use(request.event_id)
    known = service.preflight.check_thoroughly(request)
    if report.as_json:
        if use is not None:
            echo_error(use.words(subjects=True))
        planned = replace(service.planned(request), remedy=known.remedy)
        click.echo(json_text(planned_json(mask.attempt(planned), exact)))
    else:
        lines = [
            "Dry run: nothing was sent",
            f"{exact['method']} {exact['url']}",
            *(f"{name}: {value}" for name, value in exact["headers"].items()),
            *readable_body(exact["body"].encode()).split("\n"),
            *prediction_lines(masked_preflight(mask, known, request)),
            *([use.words(subjects=True)] if use else []),
        ]
        click.echo("\n".join(sanitize(line, MAX_LINE) for line in lines))


async def _send(
    service: Session,
    request: TriggerRequest,
    attempt_id: str,
    *,
    production: str | None,
    note: str | None,
    report: Report,
    asked: tuple[str | None, str | None] | None = None,
) -> ExitCode:
    """Sends. `asked` names the attempts that the user was asked about, the user's own and a colleague's.

    Another earlier attempt that turns up meanwhile then ends it as not sent.
    """
    service.guard(request, production)  # before a secret is asked for
    stop = await stopped_by_signal(service)
    if asked is None and (doubt := service.preflight.doubt(request)):
        echo_error(f"--external-id: {report.mask.words(doubt, request.external_id)}")

    async def send(own: str | None, colleague: str | None) -> Attempt:
        if asked is not None and (own or colleague):
            raise Failure("Nothing was sent. Ask again if you want to send it too.", ExitCode.NOT_SENT)
        own, colleague = asked or (own, colleague)
        return await service.send(
            request, attempt_id, stop, production=production, note=note, asked_about=own, claim_seen=colleague
        )

    return await report.send(send, attempt_id, service)


def _resolve(service: Session, request: TriggerRequest) -> TriggerRequest:
    """Returns the request with the id of the named event and its placeholders filled. Raises Failure."""
    found = service.events.resolve(request.event_id)
    if not isinstance(found, Resolved):
        hint = "" if found.events else " `triggerdesk events` lists the ids."
        raise Failure(f"{found.sentence}{hint}")
    if found.said:
        echo_error(found.said)
    resolved = replace(request, event_id=found.event_id)
    filled = service.drafts.fill(resolved)
    if filled.fault:
        raise Failure(f"--data: {filled.fault}")
    return replace(resolved, data=filled.data)


def _event_data(source: str) -> JsonObject | None:
    try:
        data = parse_event_data(read_source(source))
    except EventDataError as error:
        raise Failure(f"--data: {error}") from None
    for hint in data_hints(data):
        echo_error(f"--data: {hint}")
    return data


def read_source(source: str) -> str:
    """The text itself, or that of a file or of standard input."""
    if source != "-" and not source.startswith("@"):
        return source
    try:
        with nullcontext(sys.stdin.buffer) if source == "-" else Path(source[1:]).open("rb") as file:
            # One byte over the limit, not more: a device may have no end.
            raw = file.read(MAX_TEXT + len(BOM_UTF8) + 1)
    except OSError as error:
        name = "standard input" if source == "-" else source[1:]
        raise Failure(f"--data: {name} cannot be read: {reason_of(error)}.") from None
    if source == "-" and not raw.removeprefix(BOM_UTF8):
        raise Failure("--data: standard input is empty. Give the event data, or leave --data out.")
    if len(raw.removeprefix(BOM_UTF8)) > MAX_TEXT:
        raise Failure(f"--data: The event data is over {MAX_BYTES:,} bytes. Shorten it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure("--data is not valid UTF-8. Save it in that encoding.") from None
