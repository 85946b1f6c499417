"""Presenting: every reply, every failure and a fresh start at will, on the built-in account only."""

from collections.abc import Callable, Iterator
from functools import partial

from app.domain.errors import AppError
from app.domain.model import TriggerRequest
from app.domain.reply_codes import describe
from app.service.scenarios import FAILURES, REPLIES, Failure, Scenarios
from app.tui.screens.advising import Advising
from app.tui.screens.confirm import Confirm
from app.tui.screens.desk import Desk
from app.tui.screens.searching import Searching

FRESH = "Forget the trigger ids that were accepted and the failures that are set"

Entry = tuple[str, str, Callable[[], object]]
"""What the palette offers: its name, what it does, and how."""


class Rehearsing:
    """The account as a stage, where it may be one."""

    def __init__(self, desk: Desk, searching: Searching, advising: Advising) -> None:
        self._desk = desk
        self._searching = searching
        self._advising = advising

    @property
    def _stage(self) -> Scenarios | None:
        return self._desk.service.scenarios

    def entries(self) -> Iterator[Entry]:
        """All that can be rehearsed here."""
        if self._stage is None:
            return
        for code in REPLIES:
            yield f"Produce reply {code}", describe(code) or "", partial(self.produce_reply, code)
        for failure in FAILURES:
            yield f"Produce failure: {failure.name}", failure.title, partial(self.produce_failure, failure)
        yield "Reset the account", "Its history stays", partial(self.reset_account, with_history=False)
        yield (
            "Reset the account and its history",
            "Every attempt on it is deleted",
            partial(self.reset_account, with_history=True),
        )

    def produce_reply(self, code: int) -> None:
        """Fills the form so that it is answered with this reply code, and sends it."""
        if self._stage is not None:
            self.fill_and_send(self._stage.request_for(code))

    def produce_failure(self, failure: Failure) -> None:
        """Fills the form, and sends it into this failure."""
        if self._stage is not None and not self._desk.form.sending:
            self.fill_and_send(self._stage.fail_next(failure))

    def fill_and_send(self, request: TriggerRequest) -> None:
        """Fills the form with a request, and sends it."""
        form = self._desk.form
        if form.sending or form.blocked:
            self._desk.say("Not sent", form.obstacle)
            return
        form.fill(request)
        form.forget_last()
        self._desk.screen.call_after_refresh(partial(form.send, rehearsed=True))

    def reset_account(self, *, with_history: bool) -> None:
        """The account as it began, once that was confirmed."""
        question = f"{FRESH}, and delete the history of this account?" if with_history else f"{FRESH}?"
        self._desk.push(
            Confirm(question, yes="Reset", no="Keep"), partial(self._reset, with_history=with_history)
        )

    def _reset(self, yes: bool | None, *, with_history: bool) -> None:
        if not yes or self._stage is None:
            return
        try:
            self._stage.reset(with_history=with_history)
        except AppError as error:
            self._desk.tell_fault(str(error))
        else:
            if with_history:
                self._desk.tell(lambda panel: panel.show_nothing())
        self._searching.show()
        self._advising.predict()
