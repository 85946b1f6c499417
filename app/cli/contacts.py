"""`triggerdesk contacts`: list, look up, import and forget contacts of the cache."""

from pathlib import Path
from typing import Any

import click

from app.cli.errors import ExitCode, Failure, echo_error, failing_with
from app.cli.lists import CONTACTS, echo_list, echo_rows, list_options
from app.cli.options import Options, pass_options
from app.cli.output import confirm, progress
from app.client.errors import ClientError
from app.domain.text import count
from app.service.session import Session

_MAX_FAULTS = 20

_key = click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")


@click.group(invoke_without_command=True)
@list_options
@click.pass_context
def contacts(ctx: click.Context, /, options: Options, **given: Any) -> None:
    """List, look up, import or forget contacts of the cache."""
    if ctx.invoked_subcommand is None:
        echo_list(CONTACTS, options, **given)


@contacts.command("lookup")
@click.argument("value")
@_key
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
@pass_options
def look_up(options: Options, *, value: str, key_id: str, as_json: bool) -> None:
    """Ask the account for the contacts with VALUE and add them to the cache.

    Exit codes: 0 found, 1 no such contact, 2 configuration, 4 the account did not answer as expected.
    """
    mask = options.mask()

    async def ask(service: Session) -> bool:
        found = [mask.contact(contact) for contact in await service.contacts.look_up(key_id, value)]
        if found:
            echo_rows(CONTACTS, found, as_json)
        return bool(found)

    with failing_with(ExitCode.NOT_SENT, ClientError):
        if not options.run(ask):
            raise Failure("No contact has this value.", ExitCode.REJECTED)


@contacts.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_options
def import_file(options: Options, *, file: Path) -> None:
    """Add the contacts of a CSV FILE to the cache.

    Its first line names the columns: `id` (the contact id, required), `uid`, and fields by id, string id or name, case
    ignored. Lines that cannot be used are reported by number and skipped. A file with a line that is no text is not
    imported. Exit codes: 0 imported, 1 every line was skipped, 2 the file cannot be used.
    """
    faults = 0

    def report_fault(number: int, reason: str) -> None:
        nonlocal faults
        faults += 1
        if faults <= _MAX_FAULTS:
            echo_error(f"line {number}: {reason} Skipped.")

    async def add(service: Session) -> None:
        with progress("import", hidden=True) as on_progress:
            report = await service.contacts.import_file(
                file, report_fault, lambda done, size: on_progress("import", done, size)
            )
        if faults > _MAX_FAULTS:
            echo_error(f"{count(faults - _MAX_FAULTS, 'more line')} skipped.")
        if report.unknown_columns:
            echo_error(
                f"Skipped columns that are no field of the account: {', '.join(report.unknown_columns)}."
            )
        if report.repeated:
            echo_error(
                f"{count(report.repeated, 'line')} with the id of an earlier line: the later one counts."
            )
        click.echo(f"{count(report.imported, 'contact')} imported, {count(report.left_out, 'line')} skipped")
        if report.left_out and not report.imported:
            raise Failure("Nothing was imported: every line was skipped.", ExitCode.REJECTED)

    options.run(add, filled=False)


@contacts.command("forget")
@click.argument("value")
@_key
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def forget(options: Options, *, value: str, key_id: str, yes: bool) -> None:
    """Erase the person with VALUE from cache and history, and from the bytes of their files.

    Their attempts stay with event, time and outcome; the contact, and what was sent and replied, is erased. Exports and
    the account itself do not change.
    """
    mask = options.mask()

    async def erase(service: Session) -> None:
        found = service.contacts.whom_to_forget(key_id, value)
        ids = [f"contact {mask.value(contact.id)}" for contact in found.contacts]
        who = ", ".join(ids) or "this person, who is not in the cache,"
        confirm(f"Forget {who} and erase {count(found.attempts, 'attempt')}? This cannot be undone.", yes)
        erased = service.contacts.forget(found)
        removed = count(len(found.contacts), "contact")
        click.echo(f"{removed} removed from the cache, {count(erased, 'attempt')} erased")

    options.run(erase)
