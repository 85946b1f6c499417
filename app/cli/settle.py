"""`triggerdesk history settle`: say of an unknown outcome whether the trigger arrived after all."""

from typing import Literal

import click

from app.cli.options import Options
from app.cli.passing import pass_options
from app.service.session import Session

_WORDS = {True: "it arrived", False: "it did not arrive"}


@click.command()
@click.argument("attempt")
@click.argument("found", type=click.Choice(["arrived", "did-not"]))
@click.option("--note", default="", metavar="TEXT", help="How that is known.")
@pass_options
def settle(options: Options, *, attempt: str, found: Literal["arrived", "did-not"], note: str) -> None:
    """Settle an ATTEMPT of unknown outcome, named by its id or the beginning of it.

    The outcome stays unknown; what was found out stands beside it. Settling again replaces it.
    """

    async def record(service: Session) -> None:
        settled = service.settle(attempt, arrived=found == "arrived", note=note)
        click.echo(f"attempt {settled.attempt_id}: {_WORDS[found == 'arrived']}; its outcome stays unknown")

    options.run(record)
