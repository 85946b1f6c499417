"""The command line: parse, build, print. Nothing here imports Textual but the dashboard's own command."""

import gc
import os
import sys
from pathlib import Path

from app.cli.dashboard import at_terminal, open_dashboard
from app.cli.log import log_nowhere
from app.cli.options import Options, tighten_home
from app.domain.errors import AppError
from app.settings.permissions import PRIVATE


def main() -> None:
    """The entry point `triggerdesk`."""
    # The start makes much that stays and no garbage; whoever stays longer turns it on again.
    gc.disable()
    os.umask(PRIVATE)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Closed by who started this: no file that is opened later may take its place.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # always text streams here
    if sys.argv[1:] or not at_terminal():
        from app.cli.program import program  # noqa: PLC0415 - where nothing is to be parsed, the parser is not loaded

        program(prog_name="triggerdesk")
    else:
        sys.exit(_dashboard())


def _dashboard() -> int:
    """Opens the dashboard as it is opened without any option; the exit code."""
    options = Options()
    log_nowhere()
    tighten_home()
    try:
        return open_dashboard(options.settings(), options.any_mask, masked=options.masked)
    except AppError as error:
        from app.cli.failures import ExitCode, complain  # noqa: PLC0415 - as above

        complain(str(error))
        return ExitCode.USAGE
