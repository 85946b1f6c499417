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
from typing import Any

import click

from app.cli.errors import Failure, echo_error, ending_like_ctrl_c
from app.cli.options import PATH, Options, pass_options
from app.cli.output import progress
from app.sandbox.accounts.folder import write_starter
from app.sandbox.options import SandboxOptions
from app.service.demo import DemoPlan, make_demo, reset_demo
from app.settings import is_loopback

PARENT_CHECK_S = 0.3
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DEFAULT = SandboxOptions()
_MAX_DEMO = click.IntRange(0, 5_000_000)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if found is None:
        raise click.BadParameter("Write a number and a unit, such as 30m, 24h or 7d.")
    return float(found[1]) * _UNITS[found[2]]


@click.command(context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8042, help="0: a free one.")
@click.option("--auth", type=click.Choice(["none", "wsse", "oauth"]), default="none")
@click.option("--user", metavar="NAME", default=_DEFAULT.user, help="The WSSE user or the OAuth client.")
@click.option("--secret", metavar="TEXT", default=_DEFAULT.secret, help="The secret clients must use.")
@click.option("--interactions", is_flag=True, help="Reply as an account with Interactions: `connectedTo`.")
@click.option(
    "--rate-limit", type=click.IntRange(min=1), metavar="N", help="Requests a minute. Default: no limit."
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep accepted trigger ids in FILE after the sandbox ends.",
)
@click.option(
    "--remember",
    "remember_s",
    metavar="DURATION",
    type=_seconds,
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
    keep: Path | None,
    log: bool,
    as_json: bool,
    with_parent: bool,
    **served: Any,
) -> None:
    """Serve the endpoint on a port, until ctrl+c.

    It serves the built-in account, or the one in --account FOLDER.
    """
    from app.sandbox.serve import serve_sandbox  # noqa: PLC0415 - the other verbs here need no Starlette

    settings = options.settings()
    if not settings.profile.is_sandbox:
        raise Failure(
            f"The profile {settings.profile.name!r} is a real account, which cannot be served. Use --profile sandbox."
        )
    if not is_loopback(host):
        _warn(f"{host} is open to other machines: all who reach it can use this account.")
    served_as = SandboxOptions(**served, log=partial(click.echo, err=True) if log else None)

    def answering(url: str) -> None:
        if as_json:
            click.echo(json.dumps({"url": url, "pid": os.getpid(), "auth": served_as.auth}))
        else:
            click.echo(f"The sandbox answers at {url} - ctrl+c ends it.")

    with ending_like_ctrl_c():
        if with_parent:
            Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
        serve_sandbox(
            settings, served_as, (host, port), keep, warn=_warn, loading=_loading, answering=answering
        )


def _warn(sentence: str) -> None:
    echo_error(f"warning: {sentence}")


def _loading(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rLoading contacts {100 * done // max(total, 1)}%", err=True, nl=done == total)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)


@click.group()
def account() -> None:
    """Begin an account folder."""


@account.command()
@click.argument("folder", type=PATH)
def init(folder: Path) -> None:
    """Write a small account folder to edit: three events, three fields, four contacts.

    Exit codes: 0 written, 2 the folder cannot be written or has such files already.
    """
    names = write_starter(folder)
    click.echo(f"{', '.join(names)} written to {folder}")
    click.echo(f"Open it with: triggerdesk --account {folder}")


@click.command("demo-data", context_settings={"show_default": True})
@click.option("--contacts", type=_MAX_DEMO, default=1000, metavar="N", help="How many contacts.")
@click.option("--attempts", type=_MAX_DEMO, default=1000, metavar="N", help="How many attempts.")
@click.option("--seed", type=int, default=1, help="The same seed invents the same people.")
@click.option("--reset", is_flag=True, help="Restore the original account.")
@pass_options
def demo_data(options: Options, *, contacts: int, attempts: int, seed: int, reset: bool) -> None:
    """Fill the built-in account with invented people.

    It fills the history too, and stays until --reset. Attempts that you really made stay.
    """
    settings = options.settings()
    with progress("demo-data") as on_progress:

        def watch(step: str, done: int, total: int) -> None:
            on_progress(done, total or None, f"demo-data: {step}")

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
