"""`triggerdesk history`: the attempts, newest first, in the format that is asked for; and what is done with one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from app.cli.failures import Failure
from app.cli.formats import FORMATS
from app.cli.options import Options, pass_options
from app.cli.prune import prune
from app.cli.settle import settle
from app.service import TriggerService


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="0: all.")
@click.option("--all-accounts", is_flag=True, help="Not of the live account only.")
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format jsonl.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of standard output.",
)
@pass_options
@click.pass_context
def history(
    ctx: click.Context,
    options: Options,
    *,
    limit: int,
    all_accounts: bool,
    format_name: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """List the attempts, newest first, or do something with one of them."""
    if ctx.invoked_subcommand is not None:
        return
    lines = FORMATS["jsonl" if as_json else format_name]
    mask = options.mask()

    async def write(service: TriggerService) -> None:
        attempts = service.list_attempts(limit, all_accounts=all_accounts)
        with _opened(output) as file:
            for line in lines(map(mask.attempt, attempts)):
                click.echo(line, file=file)

    options.run(write)


history.add_command(prune)
history.add_command(settle)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str] | None]:
    if output is None:
        yield None
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}.") from None
