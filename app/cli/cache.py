"""The cache's verbs: refresh it, list its events, fields and contacts, look up, import and forget contacts."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from app.cli.errors import ExitCode, Failure, echo_error, failing_with
from app.cli.options import Options, pass_options, pass_session, yes_option
from app.cli.output import confirm, echo_lines, echo_table, progress
from app.domain.attempt_export import json_text
from app.domain.errors import ClientError
from app.domain.model import Contact
from app.domain.text import count
from app.service import erasure
from app.service.refresh import RefreshStep
from app.service.session import Session

MAX_FAULTS = 20

_CONTACT_HEADER = ("ID", "UID", "FIRST NAME", "LAST NAME", "E-MAIL")
_SHOWN_FIELDS = ("1", "2", "3")

Row = Mapping[str, Any]
"""A row of a list, as its JSON."""

_key = click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")


@contextmanager
def _stopping_safely() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Failure("Stopped. The cache is unchanged.", ExitCode.NOT_SENT) from None


@click.command()
@_stopping_safely()
@failing_with(ExitCode.NOT_SENT, ClientError)
@pass_session(filled=False)
async def refresh(__: Options, service: Session) -> None:
    """Load events, fields and contacts of the account.

    `refresh_contacts` of the profile names the contacts.

    Exit codes: 0 refreshed, 2 configuration, 4 stopped, or the account did not answer as expected: the old cache stays.
    """
    _ = service.client  # a missing secret is reported before any progress
    with progress("refresh: events") as on_progress:

        def watch(step: RefreshStep) -> None:
            waiting = ", waiting for the rate limit" if step.wait_s else ""
            on_progress(step.done, step.total, f"refresh: {step.stage}{waiting}")

        state = await service.refresh.run(watch)
    held = (count(state.events, "event"), count(state.fields, "field"), count(state.contacts, "contact"))
    kept = service.contacts.origins()
    click.echo(", ".join(held) + (f", of them {' and '.join(kept)}" if kept else ""))


# Lists


_json = click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
_limit = click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="0: all.")
_filter = click.option(
    "--filter", "text", default="", metavar="TEXT", help="Rows that contain TEXT, case ignored."
)


def list_options(verb: Callable[..., None]) -> Callable[..., None]:
    return _filter(_limit(_json(verb)))


@click.command()
@list_options
@pass_session
async def events(_: Options, service: Session, *, text: str, limit: int, as_json: bool) -> None:
    """List the external events of the account from the cache."""
    found = service.events.containing(text, limit)
    _echo_list(service, ("ID", "NAME"), ({"id": one.id, "name": one.name} for one in found), as_json)


@click.command()
@list_options
@pass_session
async def fields(_: Options, service: Session, *, text: str, limit: int, as_json: bool) -> None:
    """List the contact fields of the account from the cache."""
    names = ("id", "name", "string_id", "application_type")
    found = service.contacts.fields(text, limit)
    rows = ({name: getattr(field, name) for name in names} for field in found)
    _echo_list(service, ("ID", "NAME", "STRING ID", "TYPE"), rows, as_json)


@click.group(invoke_without_command=True)
@list_options
@pass_options
@click.pass_context
def contacts(ctx: click.Context, options: Options, *, text: str, limit: int, as_json: bool) -> None:
    """List, look up, import or forget contacts of the cache."""

    async def write(service: Session) -> None:
        found = map(options.mask().contact, service.contacts.containing(text, limit))
        _echo_list(service, _CONTACT_HEADER, map(_contact, found), as_json)

    if ctx.invoked_subcommand is None:
        options.run(write)


def _contact(contact: Contact) -> Row:
    return {"id": contact.id, "uid": contact.uid, "fields": dict(contact.fields)}


def _echo_list(service: Session, header: tuple[str, ...], rows: Iterable[Row], as_json: bool) -> None:
    if as_json:
        echo_lines(map(json_text, rows))
    elif cells := [_cells(*row.values()) for row in rows]:
        echo_table(header, cells)
    elif service.refresh.state().refreshed_at is None:
        name = service.profile.name
        click.echo(f"The cache of profile {name} is empty. `triggerdesk refresh` fills it.", err=True)
    else:
        click.echo("Nothing found.", err=True)


def _cells(*row: Any) -> list[str]:
    *cells, last = row
    return [*cells, *([last.get(one, "") for one in _SHOWN_FIELDS] if isinstance(last, dict) else [last])]


# Contacts


@contacts.command("lookup")
@click.argument("value")
@_key
@_json
@failing_with(ExitCode.NOT_SENT, ClientError)
@pass_session
async def look_up(options: Options, service: Session, *, value: str, key_id: str, as_json: bool) -> None:
    """Ask the account for the contacts with VALUE and add them to the cache.

    Exit codes: 0 found, 1 no such contact, 2 configuration, 4 the account did not answer as expected.
    """
    found = map(options.mask().contact, await service.contacts.look_up(key_id, value))
    if not (rows := list(map(_contact, found))):
        raise Failure("No contact has this value.", ExitCode.REJECTED)
    _echo_list(service, _CONTACT_HEADER, rows, as_json)


@contacts.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session(filled=False)
async def import_file(_: Options, service: Session, *, file: Path) -> None:
    """Add the contacts of a CSV FILE to the cache.

    Its first line names the columns: `id` (the contact id, required), `uid`, and fields by id, string id or name, case
    ignored. Lines that cannot be used are reported by number and skipped. A file with a line that is no text is not
    imported. Exit codes: 0 imported, 1 every line was skipped, 2 the file cannot be used.
    """
    faults = 0

    def report_fault(number: int, reason: str) -> None:
        nonlocal faults
        faults += 1
        if faults <= MAX_FAULTS:
            echo_error(f"line {number}: {reason} Skipped.")

    with progress("import", hidden=True) as on_progress:
        report = await service.contacts.import_file(file, report_fault, on_progress)
    if faults > MAX_FAULTS:
        echo_error(f"{count(faults - MAX_FAULTS, 'more line')} skipped.")
    if report.unknown_columns:
        echo_error(f"Skipped columns that are no field of the account: {', '.join(report.unknown_columns)}.")
    if report.repeated:
        echo_error(f"{count(report.repeated, 'line')} with the id of an earlier line: the later one counts.")
    click.echo(f"{count(report.imported, 'contact')} imported, {count(report.left_out, 'line')} skipped")
    if report.left_out and not report.imported:
        raise Failure("Nothing was imported: every line was skipped.", ExitCode.REJECTED)


@contacts.command("forget")
@click.argument("value")
@_key
@yes_option
@pass_session
async def forget(options: Options, service: Session, *, value: str, key_id: str, yes: bool) -> None:
    """Erase the person with VALUE from cache and history, and from the bytes of their files.

    Their attempts stay with event, time and outcome; the contact, and what was sent and replied, is erased. Exports and
    the account itself do not change.
    """
    mask = options.mask()
    found = erasure.whom_to_forget(service.account, key_id, value)
    ids = [f"contact {mask.value(contact.id)}" for contact in found.contacts]
    who = ", ".join(ids) or "this person, who is not in the cache,"
    confirm(f"Forget {who} and erase {count(found.attempts, 'attempt')}? This cannot be undone.", yes)
    erased = erasure.forget(service.account, found)
    removed = count(len(found.contacts), "contact")
    click.echo(f"{removed} removed from the cache, {count(erased, 'attempt')} erased")
