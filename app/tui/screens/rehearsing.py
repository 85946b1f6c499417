"""The palette's entries for presenting: every reply, every failure and a fresh start, on the built-in account only."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from app.domain.descriptions import describe
from app.service import FAILURES, REPLIES
from app.tui.screens.sending import SendingScreen

Entry = tuple[str, str, Callable[[], object]]


class RehearsalCommands(Provider):
    """Offers what can be rehearsed, where it can be."""

    async def discover(self) -> Hits:
        """All of it, before anything is typed."""
        for name, what, run in self._entries():
            yield DiscoveryHit(name, run, help=what)

    async def search(self, query: str) -> Hits:
        """What matches what is typed."""
        matcher = self.matcher(query)
        for name, what, run in self._entries():
            if (score := matcher.match(f"{name} {what}")) > 0:
                yield Hit(score, matcher.highlight(name), run, name, what)

    def _entries(self) -> Iterator[Entry]:
        screen = self.screen
        if not isinstance(screen, SendingScreen) or not screen.can_present:
            return
        for code in REPLIES:
            yield f"Produce reply {code}", describe(code) or "", partial(screen.produce_reply, code)
        for failure in FAILURES:
            yield f"Produce failure: {failure.name}", failure.title, partial(screen.produce_failure, failure)
        yield "Reset the account", "Its history stays", partial(screen.reset_account, with_history=False)
        yield (
            "Reset the account and its history",
            "Every attempt on it is deleted",
            partial(screen.reset_account, with_history=True),
        )
