"""The options that stand before the verb and serve every verb."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from app.service import TriggerService
from app.settings import Settings, load_settings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Options:
    """What was given before the verb."""

    profile: str | None = None
    account: Path | None = None

    def settings(self) -> Settings:
        """The settings under these options. Raises SettingsError."""
        return load_settings(os.environ, self.profile, self.account)

    def run(self, action: Callable[[TriggerService], Awaitable[Result]]) -> Result:
        """Runs `action` on the live account, its sandbox cache filled first where it is empty or of other files."""
        return asyncio.run(self._with_service(action))

    async def _with_service(self, action: Callable[[TriggerService], Awaitable[Result]]) -> Result:
        from app.bootstrap import open_service  # noqa: PLC0415 - `--help` opens nothing

        service = open_service(self.settings())
        try:
            if service.needs_refresh():
                await service.refresh()
            return await action(service)
        finally:
            await service.close()


pass_options = click.make_pass_decorator(Options)
