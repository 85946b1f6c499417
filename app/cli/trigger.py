"""`triggerdesk trigger`: send one trigger."""

import asyncio
import sys
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

import click

from app.cli.ask import Given, Questions
from app.cli.errors import (
    ExitCode,
    Failure,
    echo_error,
    failing_with,
    sending_nothing_after_ctrl_c,
    stopped_by_signal,
)
from app.cli.options import Options, complete_event, pass_options
from app.cli.output import Report, plan_lines, warn_of_second_send
from app.domain.attempt_export import json_text, planned_json
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
from app.sandbox.accounts.account import AccountDatabaseError
from app.service.files import read_attachment
from app.service.guard import check_production
from app.service.history import check_note
from app.service.masking import masked_preflight
from app.service.session import Session, StoreError

Text = TypeVar("Text", str, str | None)


@click.command()
@click.argument("event_id", required=False, shell_complete=complete_event)
@click.option("--key", "key_id", metavar="KEY_ID", help="A field id, `id` or `uid`.")
@click.option("--external-id", metavar="VALUE", help="Identifies the contact. Sent as it is.")
@click.option("--data", metavar="JSON|@FILE|-", help="Event data: a JSON object, a file, or standard input.")
@click.option("--event-time", metavar="TEXT", help="In UTC, such as 2026-03-01T13:00:00Z.")
@click.option(
    "--attachment",
    "attachments",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file to attach; repeatable.",
)
@click.option("--trigger-id", metavar="TEXT", help="Default: the attempt id.")
@click.option("--no-trigger-id", is_flag=True, help="Send no trigger id.")
@click.option("--production", metavar="NAME", help="The profile's name, required for a live account.")
@click.option("--note", metavar="TEXT", help="A note for the history.")
@click.option("--ask", is_flag=True, help="Ask for what is missing, line by line, and before sending.")
@click.option("--dry-run", is_flag=True, help="Show the request and the prediction. Send nothing.")
@click.option("--json", "as_json", is_flag=True, help="The attempt as JSON.")
@pass_options
@sending_nothing_after_ctrl_c()
def trigger(
    options: Options,
    *,
    event_id: str | None,
    key_id: str | None,
    external_id: str | None,
    data: str | None,
    event_time: str | None,
    attachments: Sequence[Path],
    trigger_id: str | None,
    no_trigger_id: bool,
    production: str | None,
    note: str | None,
    ask: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Trigger an external event for one contact.

    EVENT_ID may have thousands separators, or be the event's name. Placeholders in the texts of --data are filled from
    the contact: {{field:1}}, {{contact.id}}, {{contact.uid}}, {{event.name}}.

    Exit codes: 0 accepted, 1 rejected or partial, 2 bad input, 3 unknown, 4 not sent.
    """
    attempt_id = new_attempt_id()
    given = Given(
        _utf8("EVENT_ID", event_id),
        _utf8("--key", key_id),
        _utf8("--external-id", external_id),
        data,
        _trigger_id(trigger_id, no_trigger_id, attempt_id),
        _extras(event_time, attachments),
    )
    if (note := _utf8("--note", note)) is not None:
        check_note(note)
    report = Report(options.mask(), as_json)
    request = None if ask else _request(given)
    if not ask and not dry_run:
        check_production(options.settings().profile, production)

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
    with failing_with(code, StoreError), failing_with(code, AccountDatabaseError):
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
    exact = service.describe(mask.request(request))
    use = await service.mails.quick_use(request.event_id)
    known = service.preflight.check_thoroughly(request)
    if report.as_json:
        if use is not None:
            echo_error(use.words(subjects=True))
        planned = replace(service.planned(request), remedy=known.remedy)
        click.echo(json_text(planned_json(mask.attempt(planned), exact)))
    else:
        lines = plan_lines(masked_preflight(mask, known, request), exact, use)
        click.echo("\n".join(lines))


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
    _ = service.client  # opened while ctrl+c still ends the wait for a keyring
    stop = stopped_by_signal()
    # A ctrl+c from just before takes effect here, while nothing is recorded.
    await asyncio.sleep(0)
    service.guard(request, production)
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


def _trigger_id(given: str | None, none_at_all: bool, attempt_id: str) -> str | None:
    if given is not None and none_at_all:
        raise Failure("--trigger-id and --no-trigger-id exclude each other. Give one of them.")
    return None if none_at_all else _utf8("--trigger-id", attempt_id if given is None else given)


def _extras(event_time: str | None, attachments: Sequence[Path]) -> Extras:
    try:
        time = parse_event_time(event_time)
    except ExtrasError as error:
        raise Failure(f"--event-time: {error}") from None
    return Extras(time, tuple(map(read_attachment, attachments)))


def _utf8(option: str, text: Text) -> Text:
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise Failure(f"{option} is not valid UTF-8. Give it in that encoding.") from None
    return text


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
    try:
        return _read(source)
    except UnicodeDecodeError:
        raise Failure("--data is not valid UTF-8. Save it in that encoding.") from None
    except OSError as error:
        name = "standard input" if source == "-" else source[1:]
        raise Failure(f"--data: {name} cannot be read: {reason_of(error)}.") from None


def _read(source: str) -> str:
    if source == "-":
        if sys.stdin is None:
            raise Failure("--data: standard input is closed. Give the event data, or leave --data out.")
        text = _read_capped(sys.stdin.buffer)
        if not text:
            raise Failure("--data: standard input is empty. Give the event data, or leave --data out.")
        return text
    if source.startswith("@"):
        with Path(source[1:]).open("rb") as file:
            return _read_capped(file)
    return source


def _read_capped(file: BinaryIO) -> str:
    """Reads at most one byte over the limit: a device may have no end."""
    raw = file.read(MAX_TEXT + len(BOM_UTF8) + 1)
    if len(raw.removeprefix(BOM_UTF8)) > MAX_TEXT:
        raise Failure(f"--data: The event data is over {MAX_BYTES:,} bytes. Shorten it.")
    return raw.decode("utf-8-sig")
