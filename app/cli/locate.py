"""`triggerdesk locate`: where things are."""

import click

from app.cli.options import Options
from app.cli.output import table
from app.cli.passing import pass_options
from app.domain.attempt_export import json_text
from app.service.masking import KEY_FILE


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_options
def locate(options: Options, *, as_json: bool) -> None:
    """Print where the files are, whether they are there yet or not."""
    settings = options.settings()
    places = {
        "home": settings.home,
        "config": settings.config,
        "history": settings.history,
        "cache": settings.cache,
        "log": settings.home / "triggerdesk.log",
        "mask key": settings.home / KEY_FILE,
    }
    if settings.profile.folder is not None:
        places["account"] = settings.profile.folder
    if as_json:
        click.echo(json_text({name.replace(" ", "_"): str(path) for name, path in places.items()}))
        return
    for line in table(("WHAT", "WHERE"), [(name, str(path)) for name, path in places.items()]):
        click.echo(line)
