"""`triggerdesk demo-data`: a large account and a long history to try the program with."""

from datetime import UTC, datetime

import click

from app.cli.options import Options, pass_options
from app.cli.output import progress
from app.service.demo import DemoPlan, make_demo, reset_demo

_WORDS = {
    "contacts": "inventing contacts",
    "account": "building the account",
    "cache": "filling the cache",
    "order": "sorting the cache",
    "attempts": "inventing attempts",
}
_MAX = click.IntRange(0, 5_000_000)


@click.command("demo-data")
@click.option(
    "--contacts", type=_MAX, default=1000, show_default=True, metavar="N", help="How many contacts."
)
@click.option(
    "--attempts", type=_MAX, default=1000, show_default=True, metavar="N", help="How many attempts."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed invents the same people.")
@click.option("--reset", is_flag=True, help="Restore the original account.")
@pass_options
def demo_data(options: Options, *, contacts: int, attempts: int, seed: int, reset: bool) -> None:
    """Fill the built-in account with invented people.

    It fills the history too, and stays until --reset. Attempts that you really made stay.
    """
    settings = options.settings()
    with progress("demo-data") as on_progress:

        def watch(step: str, done: int, total: int) -> None:
            on_progress(f"demo-data: {_WORDS[step]}", done, total or None)

        if reset:
            removed = reset_demo(settings, watch)
            words = f"The original account is restored; {removed:,} invented attempts are removed."
        else:
            made = make_demo(settings, DemoPlan(contacts, attempts, seed, datetime.now(UTC)), watch)
            words = (
                f"{made:,} contacts, {attempts:,} attempts\n"
                "triggerdesk                      opens them\n"
                "triggerdesk demo-data --reset    removes them"
            )
    click.echo(words)
