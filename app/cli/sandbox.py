"""The sandbox's verbs: serve it on a port, begin an account folder for it, fill its account with invented people."""

import json
import os
import re
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Literal

import click

from app.bootstrap import serve_sandbox
from app.cli.errors import Failure, echo_error, ending_like_ctrl_c
from app.cli.options import Options, pass_options
from app.cli.output import progress
from app.sandbox.accounts.folder import write_starter
from app.sandbox.options import SandboxOptions
from app.service.demo import DemoPlan, make_demo, reset_demo
from app.settings import is_loopback

PARENT_CHECK_S = 0.3
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_STEPS = {
    "contacts": "inventing contacts",
    "account": "building the account",
    "cache": "filling the cache",
    "order": "sorting the cache",
    "attempts": "inventing attempts",
}
_MAX_DEMO = click.IntRange(0, 5_000_000)


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
@click.option(
    "--remember",
    metavar="DURATION",
    callback=lambda _, __, text: _seconds(text),
    help="How long a trigger id is known, such as 24h. Default: for ever.",
)
@click.option("--field-names", is_flag=True, help="Take a field's string id as a key id, such as `email`.")
@click.option("--log", is_flag=True, help="Print a line for each request on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print one line when ready: {url, pid, auth}.")
@click.option("--with-parent", is_flag=True, help="End when the process ends that started this one.")
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
    remember: float | None,
    field_names: bool,
    log: bool,
    as_json: bool,
    with_parent: bool,
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
    served = SandboxOptions(
        auth,
        user or default.user,
        secret or default.secret,
        interactions,
        rate_limit,
        field_names=field_names,
        remember_s=remember,
        log=partial(click.echo, err=True) if log else None,
    )
    with ending_like_ctrl_c():
        if with_parent:
            Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
        serve_sandbox(settings, served, (host, port), keep, _Watch(auth if as_json else None))


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if found is None:
        raise click.BadParameter("Write a number and a unit, such as 30m, 24h or 7d.")
    return float(found[1]) * _UNITS[found[2]]


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)


class _Watch:
    """Shows on a terminal how far the contacts are loaded, and prints where the sandbox answers.

    With the kind of sign-in given, prints that as JSON.
    """

    def __init__(self, auth: str | None) -> None:
        self._auth = auth
        self._shown = -1

    def warning(self, text: str) -> None:
        echo_error(f"warning: {text}")

    def loading(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent != self._shown and sys.stderr.isatty():
            self._shown = percent
            click.echo(f"\rLoading contacts {percent}%", err=True, nl=percent == 100)

    def answering(self, url: str) -> None:
        if self._auth is not None:
            click.echo(json.dumps({"url": url, "pid": os.getpid(), "auth": self._auth}))
        else:
            click.echo(f"The sandbox answers at {url} - ctrl+c ends it.")


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


@click.command("demo-data")
@click.option(
    "--contacts", type=_MAX_DEMO, default=1000, show_default=True, metavar="N", help="How many contacts."
)
@click.option(
    "--attempts", type=_MAX_DEMO, default=1000, show_default=True, metavar="N", help="How many attempts."
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
            on_progress(f"demo-data: {_STEPS[step]}", done, total or None)

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
