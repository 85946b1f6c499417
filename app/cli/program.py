"""The program as click has it: the options that serve every verb, and the verbs."""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from app import __version__
from app.cli.dashboard import at_terminal, open_dashboard
from app.cli.failures import ExitCode, Failure, failing_with, perhaps_unread
from app.cli.log import log_nowhere, log_to
from app.cli.options import Options, tighten_home
from app.cli.signals import exit_at_once, interrupt, on_ctrl_c
from app.settings import home_folder

VERBS = {
    "contacts": "contacts",
    "demo-data": "demo",
    "events": "lists",
    "fields": "lists",
    "help": "help",
    "history": "history",
    "locate": "locate",
    "profile": "profile",
    "refresh": "refresh",
    "sandbox": "sandbox",
    "trigger": "trigger",
    "version": "version",
}
"""Each verb and the module of this package that has it, imported when the verb is asked for: each has its weight."""


class _Program(click.Group):
    """The program: every verb's failures become one sentence and a documented exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every verb, for the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """The verb of this name; None for no verb."""
        if cmd_name not in VERBS:
            return None
        with on_ctrl_c(exit_at_once):
            module = import_module(f"app.cli.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        answered: object = None  # and so it stays where the printing breaks off
        try:
            with on_ctrl_c(interrupt), perhaps_unread(), failing_with(ExitCode.USAGE):
                answered = super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            raise Failure("Stopped.", ExitCode.STOPPED) from None
        return answered


@click.command(
    cls=_Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--profile", metavar="NAME", help="The profile to use; default: the built-in sandbox.")
@click.option(
    "--account",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Serve the sandbox from this account folder instead.",
)
@click.option("--mask", is_flag=True, help="Mask personal data in everything that is shown.")
@click.option("--verbose", is_flag=True, help="Write a log file in the home.")
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def program(
    ctx: click.Context, *, profile: str | None, account: Path | None, mask: bool, verbose: bool
) -> None:
    """Trigger external events of an SAP Emarsys account and keep what came back.

    Without a verb: the dashboard, on the built-in account unless told otherwise.
    """
    ctx.obj = Options(profile, account, mask)
    if ctx.invoked_subcommand != "version":
        tighten_home()
    if verbose:
        log_to(home_folder(os.environ))
    else:
        log_nowhere()
    if ctx.invoked_subcommand is None:
        _dashboard(ctx.obj)
    else:
        gc.enable()


def _dashboard(options: Options) -> None:
    if not at_terminal():
        raise Failure(
            "The dashboard needs a terminal for input, output and standard error, on which it draws;"
            " without one use a verb, such as `triggerdesk trigger` or `triggerdesk history`."
        )
    sys.exit(open_dashboard(options.settings(), options.any_mask, masked=options.masked))
