"""`triggerdesk history`: the attempts that a query finds, in the format that is asked for; and what is done with one."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from app.cli.attempt_text import as_table
from app.cli.attempt_verbs import diff, note, show, ticket
from app.cli.options import Options
from app.cli.output import opened
from app.cli.passing import pass_options
from app.cli.prune import prune
from app.cli.query import read_query
from app.cli.resend import resend
from app.cli.settle import settle
from app.cli.stats import stats
from app.domain.attempt_export import FORMATS
from app.domain.model import Attempt
from app.service.session import Session

_FORMATS: dict[str, Callable[[Iterable[Attempt]], Iterator[str]]] = {"table": as_table, **FORMATS}


@click.group(invoke_without_command=True)
@click.option(
    "--query", "line", default="", metavar="TEXT", help="Which, such as 'code:2008 since:1d thor sort:-took'."
)
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="0: all.")
@click.option("--all-accounts", is_flag=True, help="Not of the live account only.")
@click.option(
    "--format", "format_name", type=click.Choice(list(_FORMATS)), default="table", show_default=True
)
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
    line: str,
    limit: int,
    all_accounts: bool,
    format_name: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """List the attempts, newest first, or do something with one of them.

    A query has words, which stand in request, reply or note, and filters: outcome:, previous:, settled:, code:,
    status:, event:, key:, contact:, profile:, since:, until:, on:, sort:. Commas mean any of several values, a hyphen
    before a term means not, a star any characters.
    """
    if ctx.invoked_subcommand is not None:
        return
    lines = _FORMATS["jsonl" if as_json else format_name]
    mask = options.mask()
    query = read_query(line)

    async def write(service: Session) -> None:
        attempts = service.history.list_attempts(limit, all_accounts=all_accounts, query=query)
        with opened(output) as file:
            for text in lines(map(mask.attempt, attempts)):
                click.echo(text, file=file)

    options.run(write)


for verb in (show, diff, note, ticket, resend, settle, stats, prune):
    history.add_command(verb)
