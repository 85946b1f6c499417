"""The options that stand before the verb and serve every verb."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from app.domain.mask import NO_MASK, Mask
from app.service import TriggerService
from app.service.masking import open_mask
from app.settings import Settings, home_folder, load_settings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Options:
    """What was given before the verb."""

    profile: str | None = None
    account: Path | None = None
    masked: bool = False

    def settings(self) -> Settings:
        """The settings under these options. Raises SettingsError."""
        return load_settings(os.environ, self.profile, self.account)

    def mask(self) -> Mask:
        """What personal data is shown through. Raises MaskKeyError."""
        return open_mask(home_folder(os.environ)) if self.masked else NO_MASK

    def run(self, action: Callable[[TriggerService], Awaitable[Result]], *, filled: bool = True) -> Result:
        """Runs `action` on the live account; the cache of a sandbox is filled first where it is empty or of other files.

        Not `filled`: whatever the cache holds will do.
        """
        return asyncio.run(self._with_service(action, filled))

    async def _with_service(
        self, action: Callable[[TriggerService], Awaitable[Result]], filled: bool
    ) -> Result:
        from app.bootstrap import open_service  # noqa: PLC0415 - `--help` opens nothing

        service = open_service(self.settings())
        try:
            if filled:
                await service.fill_where_needed()
            return await action(service)
        finally:
            await service.close()


pass_options = click.make_pass_decorator(Options)
