"""The palette: what the desk and its panes can do, then presenting, then what Textual offers, in this order."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape
from textual.screen import Screen
from textual.style import Style
from textual.system_commands import SystemCommandsProvider

from app.tui.screens.commands import DeskCommands, rank
from app.tui.screens.dashboard import Dashboard

if TYPE_CHECKING:
    from app.tui.screens.rehearsing import Entry


class RehearsalCommands(Provider):
    """Offers what can be rehearsed, where it can be."""

    async def discover(self) -> Hits:
        """All of it, before anything is typed."""
        for name, what, run in self._entries():
            yield DiscoveryHit(name, run, help=escape(what))

    async def search(self, query: str) -> Hits:
        """What matches what is typed."""
        matcher = self.matcher(query)
        for name, what, run in self._entries():
            if (score := rank(matcher, name, what)) > 0:
                yield Hit(score, matcher.highlight(name), run, name, escape(what))

    def _entries(self) -> "Iterable[Entry]":
        return self.screen.parts.rehearsing.entries() if isinstance(self.screen, Dashboard) else ()


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
