"""`triggerdesk contacts`: the list, and what is done with contacts of the cache: look up, import, forget."""

from pathlib import Path
from typing import Any

import click

from app.cli.failures import ExitCode, Failure, complain, failing_with
from app.cli.lists import contact_lines, list_contacts, list_options
from app.cli.options import Options
from app.cli.output import at_terminal
from app.cli.passing import pass_options
from app.cli.progress import bar
from app.client.errors import ClientError
from app.domain.formatting import count
from app.domain.masking import Mask
from app.service.contacts import Forgetting
from app.service.session import Session

_FAULTS_SHOWN = 20

_key = click.option("--key", "key_id", required=True, metavar="KEY_ID", help="A field id, `id` or `uid`.")


@click.group(invoke_without_command=True)
@list_options
@click.pass_context
def contacts(ctx: click.Context, /, options: Options, **asked: Any) -> None:
    """List the contacts of the account, from the cache, or do something with some of them."""
    if ctx.invoked_subcommand is None:
        list_contacts(options, **asked)


@contacts.command("lookup")
@click.argument("value")
@_key
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
@pass_options
def look_up(options: Options, *, value: str, key_id: str, as_json: bool) -> None:
    """Ask the account for the contacts with VALUE; what it finds joins the cache.

    Exit codes: 0 found, 1 nobody has it, 2 configuration, 4 the account did not answer as asked.
    """
    mask = options.mask()

    async def ask(service: Session) -> bool:
        found = await service.contacts.look_up(key_id, value)
        for line in contact_lines(map(mask.contact, found), as_json):
            click.echo(line)
        return bool(found)

    with failing_with(ExitCode.NOT_SENT, ClientError):
        if not options.run(ask):
            raise Failure("Nobody was found.", ExitCode.REJECTED)


@contacts.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_options
def import_file(options: Options, *, file: Path) -> None:
    """Add the contacts of a CSV FILE to the cache.

    Its first line names the columns: `id` (the contact id, needed), `uid`, and fields by id, string id or name, case
    ignored. Lines that cannot be used are told by number and left out.
    """
    faults = _Faults()

    async def add(service: Session) -> None:
        with bar() as shown:
            report = await service.contacts.import_file(
                file,
                faults,
                lambda done, size: shown.show(f"import: {done:,} of {size:,} bytes", done / max(size, 1)),
            )
        faults.tell()
        if report.unknown_columns:
            complain(
                f"Columns that name no field of the account were left out: {', '.join(report.unknown_columns)}."
            )
        click.echo(f"{count(report.imported, 'contact')} imported, {count(report.left_out, 'line')} left out")

    options.run(add, filled=False)


@contacts.command("forget")
@click.argument("value")
@_key
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def forget(options: Options, *, value: str, key_id: str, yes: bool) -> None:
    """Take the person with VALUE out of cache and history, and out of the bytes of their files.

    That there were attempts stays, with their events, times and outcomes; whom they were for, and what was sent and
    answered, goes. What was exported, and the account itself, are not touched.
    """

    async def take_out(service: Session) -> None:
        forgetting = service.contacts.whom_to_forget(key_id, value)
        _confirm(forgetting, options.mask(), yes)
        emptied = service.contacts.forget(forgetting)
        gone = "1 contact" if forgetting.contacts else "No contact"
        click.echo(f"{gone} taken out of the cache, {count(emptied, 'attempt')} of the history emptied")

    options.run(take_out)


def _confirm(forgetting: Forgetting, mask: Mask, yes: bool) -> None:
    if yes:
        return
    if not at_terminal():
        raise Failure("Nobody can be asked here: add --yes to forget this person.")
    who = (
        ", ".join(f"contact {mask.value(contact.id)}" for contact in forgetting.contacts)
        or "nobody in the cache"
    )
    question = f"Forget {who}, and empty {count(forgetting.attempts, 'attempt')}? This cannot be undone."
    if not click.confirm(question, err=True):
        raise Failure("Nothing was forgotten.")


class _Faults:
    """Tells the first faulty lines one by one, and of the others how many they are."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, number: int, reason: str) -> None:
        self._count += 1
        if self._count <= _FAULTS_SHOWN:
            complain(f"line {number} {reason}; left out.")

    def tell(self) -> None:
        """What was not told."""
        if self._count > _FAULTS_SHOWN:
            complain(f"{self._count - _FAULTS_SHOWN:,} more were left out.")
