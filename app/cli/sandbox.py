"""`triggerdesk sandbox`: serve the endpoint on a port."""

import sys
from pathlib import Path
from typing import Literal

import click

from app.bootstrap import serve_sandbox
from app.cli.errors import Failure, echo_error
from app.cli.options import Options, pass_options
from app.cli.signals import ending_like_ctrl_c
from app.sandbox.options import SandboxOptions
from app.settings import is_loopback


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8042, show_default=True, help="0: a free one.")
@click.option("--auth", type=click.Choice(["none", "wsse", "oauth"]), default="none", show_default=True)
@click.option("--user", metavar="NAME", help="The WSSE user or the OAuth client. Default: sandbox001.")
@click.option("--secret", metavar="TEXT", help="The secret clients must use. Default: sandbox-secret.")
@click.option("--interactions", is_flag=True, help="Reply as an account with Interactions: `connectedTo`.")
@click.option(
    "--rate-limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Requests a minute. Default: no limit.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep accepted trigger ids in FILE after the sandbox ends.",
)
@pass_options
def sandbox(
    options: Options,
    *,
    host: str,
    port: int,
    auth: Literal["none", "wsse", "oauth"],
    user: str | None,
    secret: str | None,
    interactions: bool,
    rate_limit: int | None,
    keep: Path | None,
) -> None:
    """Serve the endpoint on a port, until ctrl+c.

    It serves the built-in account, or the one in --account FOLDER.
    """
    settings = options.settings()
    if not settings.profile.is_sandbox:
        raise Failure(
            f"The profile {settings.profile.name!r} is a real account, which cannot be served. Use --profile sandbox."
        )
    if not is_loopback(host):
        echo_error(f"warning: {host} is open to other machines: all who reach it can use this account.")
    default = SandboxOptions()
    served = SandboxOptions(auth, user or default.user, secret or default.secret, interactions, rate_limit)
    with ending_like_ctrl_c():
        serve_sandbox(settings, served, (host, port), keep, _Watch())


class _Watch:
    """Shows on a terminal how far the contacts are loaded, and prints where the sandbox answers."""

    def __init__(self) -> None:
        self._shown = -1

    def loading(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent != self._shown and sys.stderr.isatty():
            self._shown = percent
            click.echo(f"\rLoading contacts {percent}%", err=True, nl=percent == 100)

    def answering(self, url: str) -> None:
        click.echo(f"The sandbox answers at {url} - ctrl+c ends it.")
