"""The options that stand before the verb and serve every verb."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from app.cli.failures import complain
from app.cli.signals import exit_at_once, on_ctrl_c
from app.domain.masking import NO_MASK, Mask
from app.settings import Settings, home_folder, load_settings
from app.settings.permissions import tighten

if TYPE_CHECKING:
    from app.service.session import Session

Result = TypeVar("Result")

WAIT_S = 60.0
"""How long a verb waits for files of the home that other programs have locked."""


def tighten_home() -> None:
    """Makes the files of the home the user's alone; says so where other users could read some."""
    home = home_folder(os.environ)
    if exposed := tighten(home):
        from app.cli.failures import complain  # noqa: PLC0415 - the dashboard does without click

        complain(f"Other users had access to {exposed} files and folders of {home}. Now only you have.")


class Options(NamedTuple):
    """What was given before the verb."""

    profile: str | None = None
    account: Path | None = None
    masked: bool = False

    def settings(self) -> Settings:
        """The settings under these options. Raises SettingsError."""
        return load_settings(os.environ, self.profile, self.account)

    def mask(self) -> "Mask":
        """What personal data is shown through. Raises MaskKeyError."""
        return self.any_mask() if self.masked else NO_MASK

    def any_mask(self) -> "Mask":
        """The mask of the home, asked for or not. Raises MaskKeyError."""
        from app.service.masking import open_mask  # noqa: PLC0415 - as above

        return open_mask(home_folder(os.environ))

    def run(self, action: Callable[["Session"], Awaitable[Result]], *, filled: bool = True) -> Result:
        """Runs `action` on the live account; the cache of a sandbox is filled first where it is empty or of other files.

        Not `filled`: whatever the cache holds will do.
        """
        import asyncio  # noqa: PLC0415 - `--help` and the verbs that only print do without it

        return asyncio.run(self._with_service(action, filled))

    async def _with_service(self, action: Callable[["Session"], Awaitable[Result]], filled: bool) -> Result:
        with on_ctrl_c(exit_at_once):
            from app.bootstrap import open_service  # noqa: PLC0415 - `--help` opens nothing

            service = open_service(self.settings(), WAIT_S, complain)
        try:
            if filled:
                await service.refresh.run_if_needed()
            return await action(service)
        finally:
            await service.close()
