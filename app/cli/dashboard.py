"""The dashboard's own command; separate because it is all that a start without arguments needs."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.mask import Mask
    from app.settings import Settings


def at_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual draws on the standard error stream."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def open_dashboard(settings: "Settings", open_mask: "Callable[[], Mask]", *, masked: bool) -> None:
    """Runs the dashboard until it is left. Raises the DeskError that kept it from opening."""
    from app.bootstrap import Profiles  # noqa: PLC0415 - the dashboard's weight is its own
    from app.tui.app import TriggerDeskApp  # noqa: PLC0415 - the same
    from app.tui.veil import Veil  # noqa: PLC0415 - the same

    desk = TriggerDeskApp(
        Profiles(settings),
        veil=Veil(open_mask),
        masked=masked,
        theme=settings.theme,
        keymap=settings.keymap,
    )
    if (failure := desk.run()) is not None:
        raise failure
