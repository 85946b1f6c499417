"""`triggerdesk refresh`: load the account's events, fields and contacts into the cache."""

import asyncio

import click

from app.cli.errors import ExitCode, Failure, failing_with
from app.cli.options import Options, pass_options
from app.cli.output import progress
from app.client.errors import ClientError
from app.domain.text import count
from app.service.refresh import RefreshStep
from app.service.session import Session


@click.command()
@pass_options
def refresh(options: Options) -> None:
    """Load events, fields and contacts of the account.

    `refresh_contacts` of the profile names the contacts.

    Exit codes: 0 refreshed, 2 configuration, 4 stopped, or the account did not answer as expected: the old cache stays.
    """

    async def load(service: Session) -> None:
        _ = service.client  # a missing secret is reported before any progress
        with progress("refresh: events") as on_progress:
            state = await service.refresh.run(
                lambda step: on_progress(f"refresh: {_words(step)}", step.done, step.total)
            )
        held = (count(state.events, "event"), count(state.fields, "field"), count(state.contacts, "contact"))
        kept = service.contacts.origins()
        click.echo(", ".join(held) + (f", of them {' and '.join(kept)}" if kept else ""))

    try:
        with failing_with(ExitCode.NOT_SENT, ClientError):
            options.run(load, filled=False)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Failure("Stopped. The cache is unchanged.", ExitCode.NOT_SENT) from None


def _words(step: RefreshStep) -> str:
    return f"{step.stage}, waiting for the rate limit" if step.wait_s else step.stage
