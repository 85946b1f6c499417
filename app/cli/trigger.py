"""`triggerdesk trigger`: send one trigger."""

import asyncio
import sys
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click

from app.cli.errors import ExitCode, Failure, echo_error, failing_with
from app.cli.options import Options, pass_options
from app.cli.report import Report, plan_lines, sending_nothing_after_ctrl_c, warn_of_second_send
from app.cli.signals import stopped_by_signal
from app.domain.attempt_export import json_text, planned_json
from app.domain.event_data import MAX_BYTES, MAX_TEXT, EventDataError, data_hints, parse_event_data
from app.domain.identifiers import Resolved
from app.domain.model import JsonObject, TriggerRequest, new_attempt_id
from app.service.guard import check_production
from app.service.resolution import check_note
from app.service.session import Session, StoreError


@click.command()
@click.argument("event_id")
@click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")
@click.option("--external-id", required=True, metavar="VALUE", help="Identifies the contact. Sent as it is.")
@click.option("--data", metavar="JSON|@FILE|-", help="Event data: a JSON object, a file, or standard input.")
@click.option("--trigger-id", metavar="TEXT", help="Default: the attempt id.")
@click.option("--no-trigger-id", is_flag=True, help="Send no trigger id.")
@click.option("--production", metavar="NAME", help="The profile's name, required for a live account.")
@click.option("--note", metavar="TEXT", help="A note for the history.")
@click.option("--dry-run", is_flag=True, help="Show the request and the prediction. Send nothing.")
@click.option("--json", "as_json", is_flag=True, help="The attempt as JSON.")
@pass_options
@sending_nothing_after_ctrl_c()
def trigger(
    options: Options,
    *,
    event_id: str,
    key_id: str,
    external_id: str,
    data: str | None,
    trigger_id: str | None,
    no_trigger_id: bool,
    production: str | None,
    note: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Trigger an external event for one contact.

    EVENT_ID may have thousands separators, or be the event's name. Placeholders in the texts of --data are filled from
    the contact: {{field:1}}, {{contact.id}}, {{contact.uid}}, {{event.name}}.

    Exit codes: 0 accepted, 1 rejected or partial, 2 bad input, 3 unknown, 4 not sent.
    """
    if note is not None:
        check_note(_utf8("--note", note))
    attempt_id = new_attempt_id()
    request = TriggerRequest(
        _utf8("EVENT_ID", event_id),
        _utf8("--key", key_id),
        _utf8("--external-id", external_id),
        _event_data(data),
        _trigger_id(trigger_id, no_trigger_id, attempt_id),
    )
    report = Report(options.mask(), as_json)
    if dry_run:
        options.run(lambda service: _show_plan(service, request, report))
        return
    check_production(options.settings().profile, production)
    with failing_with(ExitCode.NOT_SENT, StoreError):
        exit_code = options.run(
            lambda service: _send(
                service, request, attempt_id, production=production, note=note, report=report
            )
        )
    sys.exit(exit_code)


async def _show_plan(service: Session, request: TriggerRequest, report: Report) -> None:
    mask = report.mask
    request = _resolve(service, request)
    if (earlier := service.preflight.second_send(request)) is not None:
        warn_of_second_send(earlier)
    exact = service.describe(mask.request(request))
    if report.as_json:
        click.echo(json_text(planned_json(mask.attempt(service.planned(request)), exact)))
    else:
        lines = plan_lines(service.preflight.check(request), exact)
        click.echo("\n".join(mask.words(line, request.external_id) for line in lines))


async def _send(
    service: Session,
    request: TriggerRequest,
    attempt_id: str,
    *,
    production: str | None,
    note: str | None,
    report: Report,
) -> ExitCode:
    service.client  # noqa: B018 - opened while ctrl+c still ends the wait for a keyring
    stop = stopped_by_signal()
    # A ctrl+c from just before takes effect here, while nothing is recorded.
    await asyncio.sleep(0)
    request = _resolve(service, request)
    service.guard(request, production)
    return await report.send(
        lambda own, colleague: service.send(
            request, attempt_id, stop, production=production, note=note, asked_about=own, claim_seen=colleague
        ),
        attempt_id,
        service,
    )


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


def _utf8(option: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Failure(f"{option} is not valid UTF-8. Give it in that encoding.") from None
    return text


def _event_data(source: str | None) -> JsonObject | None:
    if source is None:
        return None
    try:
        data = parse_event_data(_read_source(source))
    except EventDataError as error:
        raise Failure(f"--data: {error}") from None
    except UnicodeDecodeError:
        raise Failure("--data is not valid UTF-8. Save it in that encoding.") from None
    except OSError as error:
        name = "standard input" if source == "-" else source[1:]
        raise Failure(f"--data: {name} cannot be read: {error.strerror or error}.") from None
    for hint in data_hints(data):
        echo_error(f"--data: {hint}")
    return data


def _read_source(source: str) -> str:
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
