"""An exception as the worst of crash reports prints it: with the locals of every frame."""

import traceback

from rich.console import Console
from rich.traceback import Traceback


def with_locals(error: BaseException) -> str:
    """The report of Python and that of Rich, without the frame of the test itself."""
    error = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    plain = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    console = Console(width=400, record=True, quiet=True)
    console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    return "".join(plain) + console.export_text()
