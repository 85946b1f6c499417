"""The dashboard's own command; separate because it is all that a start without arguments needs."""

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.cli.signals import exit_at_once, on_ctrl_c, on_ending_signals
from app.domain.errors import AppError
from app.domain.masking import Mask

if TYPE_CHECKING:
    from app.settings import Settings
    from app.tui.app import TriggerDeskApp


def at_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual draws on the standard error stream."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def open_dashboard(settings: "Settings", open_mask: "Callable[[], Mask]", *, masked: bool) -> int:
    """Runs the dashboard until it ends; the exit code. Raises the AppError that kept it from opening."""
    with on_ctrl_c(exit_at_once):
        from app.bootstrap import Profiles  # noqa: PLC0415 - the dashboard's weight is its own
        from app.tui.app import TriggerDeskApp  # noqa: PLC0415 - the same
        from app.tui.privacy import PrivacyMode  # noqa: PLC0415 - the same

        desk = TriggerDeskApp(
            Profiles(settings),
            veil=PrivacyMode(open_mask),
            masked=masked,
            theme=settings.theme,
            keymap=settings.keymap,
        )
        failure = asyncio.run(_run(desk))
    if failure is not None:
        raise failure
    return desk.return_code or 0


async def _run(desk: "TriggerDeskApp") -> "AppError | None":
    on_ending_signals(lambda number: desk.call_later(desk.leave, 128 + number))
    return await desk.run_async()
