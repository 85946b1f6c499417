"""`triggerdesk refresh`: the account's events, fields and contacts into the cache."""

import asyncio

import click

from app.cli.failures import ExitCode, Failure, failing_with
from app.cli.options import Options
from app.cli.passing import pass_options
from app.cli.progress import FillBar, bar
from app.client.errors import ClientError
from app.domain.formatting import count
from app.service.session import Session

STOPPED = "Stopped. What the cache held is whole."


@click.command()
@pass_options
def refresh(options: Options) -> None:
    """Fetch the account's events and fields, and the contacts that `refresh_contacts` of the profile names.

    Exit codes: 0 refreshed, 2 configuration, 4 the account did not answer as asked, or stopped: the old cache stays.
    """

    async def fill(service: Session) -> None:
        with bar() as shown:
            state = await service.refresh.run(FillBar(shown))
        held = (count(state.events, "event"), count(state.fields, "field"), count(state.contacts, "contact"))
        kept = service.contacts.origins()
        click.echo(", ".join(held) + (f", of them {' and '.join(kept)}" if kept else ""))

    try:
        with failing_with(ExitCode.NOT_SENT, ClientError):
            options.run(fill, filled=False)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Failure(STOPPED, ExitCode.NOT_SENT) from None
