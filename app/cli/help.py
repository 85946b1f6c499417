"""`triggerdesk help [TOPIC]`: the pages of the manual, as Markdown."""

import click

from app.cli.errors import Failure
from app.resources import help_pages


@click.command()
@click.argument("topic", required=False)
def help(topic: str | None) -> None:  # noqa: A001 - the verb's name
    """Print a page of the manual as Markdown. Without a TOPIC, list the pages."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in help_pages()}
    if topic is None:
        width = max(map(len, pages))
        for name, page in pages.items():
            summary = page.splitlines()[2]  # the paragraph below the title
            click.echo(f"{name:<{width}}  {summary}")
    elif topic in pages:
        click.echo(pages[topic], nl=False)
    else:
        raise Failure(f'There is no help page "{topic}". Pages: {", ".join(pages)}.')
