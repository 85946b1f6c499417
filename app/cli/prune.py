"""`triggerdesk history prune`: let go of the attempts past the retention that the profile names."""

import click

from app.cli.failures import Failure
from app.cli.options import Options
from app.cli.output import at_terminal
from app.cli.passing import pass_options
from app.domain.attempt_export import timestamp
from app.domain.formatting import count
from app.service.session import Session


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def prune(options: Options, *, yes: bool) -> None:
    """Delete the live account's attempts past `retention_days` and `retention_rows` of its profile.

    What would go is shown first. Attempts under way, and unknown ones that nobody has settled, stay.
    """

    async def let_go(service: Session) -> None:
        found = service.retention.preview()
        if found is None:
            click.echo("No attempt is past the profile's retention.")
            return
        span = f"from {timestamp(found.oldest)} to {timestamp(found.newest)}"
        _confirm(f"Delete {count(found.attempts, 'attempt')}, {span}? This cannot be undone.", yes)
        click.echo(f"{count(service.retention.apply(), 'attempt')} deleted, {span}")

    options.run(let_go, filled=False)


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not at_terminal():
        raise Failure(f"{question} Nobody can be asked here: add --yes.")
    if not click.confirm(question, err=True):
        raise Failure("Nothing was deleted.")
