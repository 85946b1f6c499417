"""`triggerdesk account`: begin an account folder."""

from pathlib import Path

import click

from app.sandbox.accounts.folder import write_starter


@click.group()
def account() -> None:
    """Begin an account folder."""


@account.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a small account folder to edit: three events, three fields, four contacts.

    Exit codes: 0 written, 2 the folder cannot be written or has such files already.
    """
    names = write_starter(folder)
    click.echo(f"{', '.join(names)} written to {folder}")
    click.echo(f"Open it with: triggerdesk --account {folder}")
