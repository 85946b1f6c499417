"""`triggerdesk trigger`: send one trigger, without a screen."""

import asyncio
import sys
from codecs import BOM_UTF8
from pathlib import Path
from typing import BinaryIO

import click

from app.cli.attempt_text import plan_lines
from app.cli.failures import ExitCode, Failure, failing_with
from app.cli.meant import as_meant, sent_with_warning, warn_of_second_send
from app.cli.options import Options
from app.cli.passing import pass_options
from app.cli.sent import Printed, print_sent, sending_nothing_after_ctrl_c
from app.cli.signals import stopped_by_signal
from app.domain.attempt_export import json_text, planned_json
from app.domain.event_data import MAX_BYTES, EventDataError, parse_event_data
from app.domain.model import JsonObject, TriggerRequest, new_attempt_id
from app.service.guard import check_production
from app.service.resolution import check_note
from app.service.session import Session
from app.service.stored import StoreError


@click.command()
@click.argument("event_id")
@click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")
@click.option(
    "--external-id", required=True, metavar="VALUE", help="The value that finds the contact; sent as it is."
)
@click.option("--data", metavar="JSON|@FILE|-", help="Event data: a JSON object, a file, or standard input.")
@click.option("--trigger-id", metavar="TEXT", help="Instead of the attempt id.")
@click.option("--no-trigger-id", is_flag=True, help="Send no trigger id at all.")
@click.option("--production", metavar="NAME", help="Needed for a production account: the profile's name.")
@click.option("--note", metavar="TEXT", help="Recorded with the attempt.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent and answered; send nothing.")
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
    """Trigger external event EVENT_ID for one contact, and record the attempt.

    EVENT_ID may have thousands marks, or be the event's name. The texts of --data may hold placeholders, filled from
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
    printed = Printed(options.mask(), as_json)
    if dry_run:
        options.run(lambda service: _show_plan(service, request, printed))
        return
    check_production(options.settings().profile, production)
    with failing_with(ExitCode.NOT_SENT, StoreError):
        exit_code = options.run(
            lambda service: _send(
                service, request, attempt_id, production=production, note=note, printed=printed
            )
        )
    sys.exit(exit_code)


def _trigger_id(given: str | None, none_at_all: bool, attempt_id: str) -> str | None:
    if given is not None and none_at_all:
        raise Failure("--trigger-id and --no-trigger-id exclude each other; give one of them.")
    return None if none_at_all else _utf8("--trigger-id", attempt_id if given is None else given)


async def _show_plan(service: Session, request: TriggerRequest, printed: Printed) -> None:
    mask = printed.mask
    request = as_meant(service, request)
    warn_of_second_send(service, request)
    exact = service.describe(mask.request(request))
    if printed.as_json:
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
    printed: Printed,
) -> ExitCode:
    service.client  # noqa: B018 - opened while ctrl+c still ends the wait for a keyring
    stop = stopped_by_signal()
    # A ctrl+c from just before takes effect here, while nothing is recorded.
    await asyncio.sleep(0)
    request = as_meant(service, request)
    service.guard(request, production)
    sending = sent_with_warning(
        lambda warned_of: service.send(
            request, attempt_id, stop, production=production, note=note, asked_about=warned_of
        )
    )
    return await print_sent(sending, attempt_id, service, printed)


def _utf8(option: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Failure(f"{option} is not valid UTF-8; give it in that encoding.") from None
    return text


def _event_data(source: str | None) -> JsonObject | None:
    if source is None:
        return None
    try:
        return parse_event_data(_read_source(source))
    except EventDataError as error:
        raise Failure(f"--data: {error}") from None
    except UnicodeDecodeError:
        raise Failure("--data is not valid UTF-8; save it in that encoding.") from None
    except OSError as error:
        name = "standard input" if source == "-" else source[1:]
        raise Failure(f"--data: {name} cannot be read: {error.strerror or error}.") from None


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
    """A text one byte over the limit at most: a device may have no end."""
    raw = file.read(MAX_BYTES + len(BOM_UTF8) + 1)
    if len(raw.removeprefix(BOM_UTF8)) > MAX_BYTES:
        raise Failure(f"--data: The event data is over {MAX_BYTES:,} bytes; shorten it.")
    return raw.decode("utf-8-sig")
