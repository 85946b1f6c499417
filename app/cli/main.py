"""The program: the options before the verb, the verbs, and the dashboard without one."""

import asyncio
import logging
import os
import sys
from codecs import lookup
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from app import __version__
from app.bootstrap import Profiles
from app.cli.errors import (
    ExitCode,
    Failure,
    echo_error,
    exit_at_once,
    failing_with,
    interrupt,
    on_ctrl_c,
    on_ending_signals,
    writing,
)
from app.cli.options import PATH, Options, complete_profile, pass_options
from app.cli.output import echo_table
from app.domain.attempt_export import json_text
from app.domain.errors import reason_of
from app.resources import help_pages
from app.service.masking import KEY_FILE, open_mask
from app.settings import home_folder
from app.settings.files import PRIVATE, tighten

VERBS = {
    "account": "sandbox",
    "bulk": "bulk",
    "check": "check",
    "completion": "options",
    "contacts": "cache",
    "demo-data": "sandbox",
    "events": "cache",
    "fields": "cache",
    "help": "main",
    "history": "history",
    "locate": "main",
    "profile": "profile",
    "refresh": "cache",
    "sandbox": "sandbox",
    "team": "team",
    "trigger": "trigger",
    "version": "main",
}
"""Each verb and its module in this package, which is imported when the verb is called."""

LOG_FILE = "triggerdesk.log"
_MAX_LOG_BYTES = 1_000_000
_LOG_LINE = "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(message)s"
_NO_TERMINALS = ("", "dumb", "unknown")
_MANUAL = "`triggerdesk help` lists the pages of the manual."


def main() -> None:
    os.umask(PRIVATE)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The caller closed this stream: no file that is opened later may get its number.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open until the end
    for stream in (sys.stdout, sys.stderr):
        # Files and pipes are UTF-8 whatever the locale says; a terminal shows what its locale can.
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")  # type: ignore[union-attr]  # all are text files
    program(prog_name="triggerdesk")


class _Program(click.Group):
    """Turns every failure of a verb into a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in VERBS:
            return None
        with on_ctrl_c(exit_at_once):
            module = import_module(f"app.cli.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        for one in (command, *getattr(command, "commands", {}).values()):
            one.epilog = _MANUAL
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [CompletionItem(name) for name in VERBS if name.startswith(incomplete)]
        # The group's own method would import every verb.
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> object:
        result: object = None  # if writing ends early
        try:
            with on_ctrl_c(interrupt), writing(), failing_with(ExitCode.USAGE):
                result = super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            raise Failure("Stopped.", ExitCode.STOPPED) from None
        return result


@click.command(
    cls=_Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_MANUAL,
)
@click.option(
    "--profile",
    metavar="NAME",
    help="The profile to use. Default: the built-in sandbox.",
    shell_complete=complete_profile,
)
@click.option("--account", metavar="FOLDER", type=PATH, help="An account folder for the sandbox to serve.")
@click.option("--mask", is_flag=True, help="Hide personal data in everything that is shown.")
@click.option("--verbose", is_flag=True, help=f"Write {LOG_FILE} in the home.")
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def program(
    ctx: click.Context, *, profile: str | None, account: Path | None, mask: bool, verbose: bool
) -> None:
    """Trigger external events of an SAP Emarsys account and keep a history of the replies.

    Without a verb the dashboard opens, on the built-in account unless you name another.
    """
    ctx.obj = Options(profile, account, mask)
    home = home_folder(os.environ)
    if ctx.invoked_subcommand != "version" and tighten(home):
        echo_error(f"Other users had access to {home}. Now only you have.")
    _start_log(home, verbose)
    if ctx.invoked_subcommand is None:
        _open_dashboard(ctx.obj, home)


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_options
def locate(options: Options, *, as_json: bool) -> None:
    """Print the paths of all files, existing or not."""
    settings = options.settings()
    places = {
        "home": settings.home,
        "config": settings.config,
        "history": settings.history,
        "cache": settings.cache,
        "log": settings.home / LOG_FILE,
        "mask key": settings.home / KEY_FILE,
    }
    if settings.profile.folder is not None:
        places["account"] = settings.profile.folder
    if as_json:
        click.echo(json_text({name.replace(" ", "_"): str(path) for name, path in places.items()}))
    else:
        echo_table(("FILE", "PATH"), [(name, str(path)) for name, path in places.items()])


def _start_log(home: Path, verbose: bool) -> None:
    logger = logging.getLogger("app")
    if not verbose:
        logger.addHandler(logging.NullHandler())  # without any handler Python prints errors on the terminal
        return
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - it imports pickle and sockets

    file = home / LOG_FILE
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        handler = RotatingFileHandler(
            file, maxBytes=_MAX_LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        raise Failure(f"The log file in {home} cannot be written: {reason_of(error)}.") from None
    handler.setFormatter(logging.Formatter(_LOG_LINE, "%Y-%m-%dT%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _open_dashboard(options: Options, home: Path) -> None:
    in_browser = "TEXTUAL_DRIVER" in os.environ  # as textual-serve starts a dashboard
    if not in_browser and not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise Failure(
            "The dashboard needs a terminal for input, output and standard error, on which it draws;"
            " without one use a verb, such as `triggerdesk trigger` or `triggerdesk history`."
        )
    if sys.platform != "win32" and (term := os.environ.get("TERM", "")) in _NO_TERMINALS:
        raise Failure(
            f"The dashboard cannot draw on this terminal (TERM is {term or 'not set'}). Use another terminal, set TERM to"
            " what it is, such as xterm-256color, or use a verb."
        )
    if lookup(sys.stdout.encoding).name != "utf-8":
        raise Failure(
            f"The dashboard draws in UTF-8, but this locale is {sys.stdout.encoding}. Set LC_ALL to a UTF-8 locale, such as"
            " C.UTF-8."
        )
    with on_ctrl_c(exit_at_once):
        from app.tui.app import TriggerDeskApp  # noqa: PLC0415 - Textual is for the dashboard only

        settings = options.settings()
        profiles = Profiles(settings, in_browser)
        profiles.check(settings.profile)
        app = TriggerDeskApp(
            profiles,
            open_mask=lambda: open_mask(home),
            masked=options.masked,
            theme=settings.theme,
            keymap=settings.keymap,
        )

        async def run() -> object:
            on_ending_signals(lambda number: app.call_later(app.leave, 128 + number))
            return await app.run_async()

        failure = asyncio.run(run())
    if isinstance(failure, Exception):
        raise failure
    sys.exit(app.return_code or 0)
