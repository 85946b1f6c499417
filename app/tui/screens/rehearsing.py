"""Presenting: every reply, every failure and a fresh start from the palette, on the built-in account only."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from app.domain.descriptions import describe
from app.domain.errors import DeskError
from app.domain.model import TriggerRequest
from app.tui.screens.commands import rank
from app.tui.screens.confirm import Confirm
from app.tui.screens.searching import SearchingScreen

if TYPE_CHECKING:
    from app.service import Failure

FRESH = "Forget the trigger ids that were accepted and the failures that are set"

Entry = tuple[str, str, Callable[[], object]]


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

    def _entries(self) -> Iterator[Entry]:
        screen = self.screen
        if not isinstance(screen, PresentingScreen) or not screen.can_present:
            return
        from app.service import FAILURES, REPLIES

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


class PresentingScreen(SearchingScreen):
    """A screen whose account may be a stage."""

    @property
    def can_present(self) -> bool:
        """Whether every reply and every failure can be produced here."""
        return self._service.rehearsal is not None

    def produce_reply(self, code: int) -> None:
        """Fills the form so that it is answered with this reply code, and sends it."""
        if self._service.rehearsal is not None:
            self._fill_and_send(self._service.rehearsal.request_for(code))

    def produce_failure(self, failure: "Failure") -> None:
        """Fills the form, and sends it into this failure."""
        if self._service.rehearsal is not None and not self.sending:
            self._fill_and_send(self._service.rehearsal.fail_next(failure))

    def reset_account(self, *, with_history: bool) -> None:
        """The account as it began, once that was confirmed."""
        question = f"{FRESH}, and delete the history of this account?" if with_history else f"{FRESH}?"
        self.app.push_screen(
            Confirm(question, yes="Reset", no="Keep"), partial(self._reset, with_history=with_history)
        )

    def _reset(self, yes: bool | None, *, with_history: bool) -> None:
        if not yes or self._service.rehearsal is None:
            return
        try:
            self._service.rehearsal.reset(with_history=with_history)
        except DeskError as error:
            self.tell_fault(str(error))
        else:
            if with_history:
                self.tell(lambda panel: panel.show_nothing())
        self.show_history()
        self.predict()

    def _fill_and_send(self, request: TriggerRequest) -> None:
        if self.form.sending or self.form.blocked:
            self.say("Not sent", self.form.obstacle)
            return
        self.form.fill(request)
        self.form.forget_last()
        self.call_after_refresh(partial(self.form.send, rehearsed=True))
