"""`triggerdesk demo-data`: a large account and a long history to try the desk with."""

from collections.abc import Callable
from datetime import UTC, datetime

import click

from app.cli.options import Options
from app.cli.passing import pass_options
from app.cli.progress import Bar, bar

_WORDS = {
    "contacts": "inventing contacts",
    "account": "building the account",
    "cache": "filling the cache",
    "order": "putting the cache in order",
    "attempts": "making up attempts",
}


@click.command("demo-data")
@click.option(
    "--contacts",
    type=click.IntRange(0, 5_000_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="How many contacts.",
)
@click.option(
    "--attempts",
    type=click.IntRange(0, 5_000_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="How many attempts.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--reset", is_flag=True, help="Bring the built-in account back as it began.")
@pass_options
def demo_data(options: Options, *, contacts: int, attempts: int, seed: int, reset: bool) -> None:
    """Fill the built-in account with invented people, and the history with a made-up past.

    The account shows them, instead of its own 250 contacts alone, until --reset. What was really sent stays.
    """
    from app.service.demo import DemoPlan, make_demo, reset_demo  # noqa: PLC0415 - loads the builder of accounts

    settings = options.settings()
    with bar() as shown:
        if reset:
            gone = reset_demo(settings, _watch(shown))
            said = f"The built-in account is as it began; {gone:,} made-up attempts are gone."
        else:
            made = make_demo(settings, DemoPlan(contacts, attempts, seed, datetime.now(UTC)), _watch(shown))
            said = (
                f"{made.contacts:,} contacts, {made.attempts:,} attempts\n"
                "triggerdesk                      opens them\n"
                "triggerdesk demo-data --reset    takes them away"
            )
    click.echo(said)


def _watch(shown: Bar) -> Callable[[str, int, int], None]:
    said: set[str] = set()

    def watch(what: str, done: int, total: int) -> None:
        if what not in said:
            said.add(what)
            shown.line(f"demo-data: {_WORDS[what]}")
        shown.show(f"demo-data: {_WORDS[what]}", done / total if total else None)

    return watch
