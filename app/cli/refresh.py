"""`triggerdesk refresh`: the account's events, fields and contacts into the cache."""

import asyncio
from collections.abc import Iterator

import click

from app.cli.failures import ExitCode, Failure, failing_with
from app.cli.options import Options, pass_options
from app.cli.progress import FillBar, bar
from app.client.errors import ClientError
from app.domain.counting import count
from app.service import CacheState, TriggerService

STOPPED = "Stopped. What the cache held is whole."


@click.command()
@pass_options
def refresh(options: Options) -> None:
    """Fetch the account's events and fields, and the contacts that `refresh_contacts` of the profile names.

    Exit codes: 0 refreshed, 2 configuration, 4 the account did not answer as asked, or stopped: the old cache stays.
    """

    async def fill(service: TriggerService) -> None:
        with bar() as shown:
            state = await service.refresh(watch=FillBar(shown))
        click.echo(", ".join(_held(state)))

    try:
        with failing_with(ExitCode.NOT_SENT, ClientError):
            options.run(fill, filled=False)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Failure(STOPPED, ExitCode.NOT_SENT) from None


def _held(state: CacheState) -> Iterator[str]:
    yield count(state.events, "event")
    yield count(state.fields, "field")
    yield count(state.contacts, "contact")
    for number, origin in ((state.looked_up, "looked up"), (state.imported, "imported")):
        if number:
            yield f"{number:,} of them {origin}"
