"""`triggerdesk sandbox`: the endpoint on a port, for other people's clients."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal

import click

from app.cli.failures import Failure, complain
from app.cli.options import Options
from app.cli.passing import pass_options
from app.settings import is_loopback

if TYPE_CHECKING:
    from app.sandbox.options import SandboxOptions


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8042, show_default=True, help="0: a free one.")
@click.option("--auth", type=click.Choice(["none", "wsse", "oauth"]), default="none", show_default=True)
@click.option("--user", metavar="NAME", help="The WSSE user or the OAuth client; default: sandbox001.")
@click.option("--secret", metavar="TEXT", help="The secret clients must use; default: sandbox-secret.")
@click.option("--interactions", is_flag=True, help="Reply as an account with Interactions: `connectedTo`.")
@click.option(
    "--rate-limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Requests a minute; without it none is enforced.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Remember accepted trigger ids in FILE beyond the end.",
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
    """Serve the endpoint of the built-in account (or --account FOLDER) on a port, until ctrl+c."""
    settings = options.settings()
    if not settings.profile.is_sandbox:
        raise Failure(
            f"The profile {settings.profile.name!r} is a real account, which cannot be served: use --profile sandbox."
        )
    if not is_loopback(host):
        complain(f"warning: {host} is open to other machines: all who reach it can use this account.")
    from app.bootstrap import serve_sandbox  # noqa: PLC0415 - the server's weight is its own

    with _ended_like_ctrl_c():
        serve_sandbox(
            settings, _options(auth, user, secret, interactions, rate_limit), (host, port), keep, _Watch()
        )


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP do what ctrl+c does; one that is ignored stays so."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    replaced = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(_: int, frame: FrameType | None) -> None:
    # A KeyboardInterrupt raised inside a request would be caught there: while the server runs, its own handler decides.
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _options(
    auth: Literal["none", "wsse", "oauth"],
    user: str | None,
    secret: str | None,
    interactions: bool,
    rate_limit: int | None,
) -> "SandboxOptions":
    from app.sandbox.options import SandboxOptions  # noqa: PLC0415 - the same

    default = SandboxOptions()
    return SandboxOptions(auth, user or default.user, secret or default.secret, interactions, rate_limit)


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
