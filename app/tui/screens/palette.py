"""The palette: what the desk and its panes can do, then presenting, then what Textual offers, in this order."""

from typing import Any

from textual.command import Hits, Provider
from textual.screen import Screen
from textual.style import Style
from textual.system_commands import SystemCommandsProvider

from app.tui.screens.commands import DeskCommands
from app.tui.screens.rehearsing import RehearsalCommands


class Palette(Provider):
    """One provider for all: of several, Textual shows first what comes first."""

    def __init__(self, screen: Screen[Any], match_style: Style | None = None) -> None:
        super().__init__(screen, match_style)
        offered = (DeskCommands, RehearsalCommands, SystemCommandsProvider)
        self._parts = [part(screen, match_style) for part in offered]

    async def discover(self) -> Hits:
        """All, before anything is typed."""
        for part in self._parts:
            async for hit in part.discover():
                yield hit

    async def search(self, query: str) -> Hits:
        """What matches what is typed."""
        for part in self._parts:
            async for hit in part.search(query):
                yield hit
