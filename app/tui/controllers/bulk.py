"""Bulk runs: sends one at a time in the background, and asks before the contacts after the canary."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.worker import Worker

from app.domain.bulk import RowState, Run, accepted_question
from app.domain.history_query import HistoryQuery
from app.domain.text import count, short_id
from app.service.bulk import Planning
from app.service.bulk_sending import Sending
from app.tui.controllers import View
from app.tui.screens.bulk import BulkScreen
from app.tui.screens.confirm import Ask

ONE = "Another run is being sent. Pause it first."


class BulkController:
    """Opens the runs and sends them, also while their screen is closed."""

    def __init__(
        self,
        view: View,
        permit: Callable[[], str | None],
        closed: Callable[[], str],
        shown: Callable[[], tuple[str, HistoryQuery]],
    ) -> None:
        """`permit` is the name of the profile while sending is unlocked; `closed` says why nothing can be sent, or ''.

        `shown` is the query of the history.
        """
        self.view, self.session = view, view.session
        self._permit, self._closed, self._shown = permit, closed, shown
        self._stop = asyncio.Event()
        self._is_leaving = False
        self._worker: Worker[None] | None = None
        self._screen: BulkScreen | None = None

    @property
    def is_sending(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    def open(self) -> None:
        request, draft = self.view.trigger_form.request(), self.view.trigger_form.draft()
        planning = Planning(request.event_id, request.key_id, Path(), template=draft.data_text or None)
        self._screen = BulkScreen(self.session, self.view.privacy, planning, self._shown(), self._start)
        self.view.open(self._screen)

    def _show(self) -> None:
        self.view.show_history()
        screen = self._screen
        # A screen that was closed loses its widgets one by one, and is attached until the last one is gone.
        if screen is not None and screen.is_mounted and screen in self.view.screen.app.screen_stack:
            screen.look()

    def _start(self, run: Run, again: bool) -> None:
        """Sends what is left of a run or, `again`, its unknown contacts; one run at a time."""
        if reason := ONE if self.is_sending else self._closed():
            self.view.say("Not sent", reason)
            return
        self._stop = asyncio.Event()
        self._worker = self.view.screen.run_worker(self._send(run, again), group="bulk")

    async def _send(self, run: Run, again: bool) -> None:
        bulk = self.session.bulk
        sending = Sending(
            confirm=partial(self._confirm, again),
            stop=self._stop,
            permit=self._permit,
            keep_trying=lambda: not self._is_leaving,
        )
        with self.view.saying("Bulk", unasked=True):
            await self.view.connect()
            ended = await (bulk.resend_unknown(run, sending) if again else bulk.run(run, sending))
            numbers = f"{ended.count(RowState.ACCEPTED):,} of {count(ended.rows, 'contact')} accepted"
            title, reason = f"Run {short_id(run.run_id)} {ended.state}", ended.pause_reason or ""
            self.view.say(title, f"{numbers}. {reason}".rstrip(), unasked=True)
            if self.view.reply_panel.is_free:
                self.view.show_reply(
                    lambda panel: panel.show_run(f"{title}: {numbers}.", self.view.privacy.mask.text(reason))
                )
        self._show()

    async def _confirm(self, again: bool, run: Run, left: int) -> bool:
        """Asks for the number of contacts that are left; False if the dashboard closes meanwhile."""
        question = f"{accepted_question(run, left, self.session.profile.name, again=again)} Type {left}."
        words = question
        while (typed := await self._answer(Ask(words, yes="Send"))) is not None:
            if typed.strip().replace(",", "") == str(left):
                return True
            words = f"That is not {left}. {question}"
        return False

    async def _answer(self, question: Ask) -> str | None:
        """What was typed; None on Esc, and if the dashboard closes meanwhile."""
        answered = self.view.screen.app.push_screen(question, wait_for_dismiss=True)
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((answered, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return answered.result() if answered.done() else None

    async def shutdown(self) -> None:
        """Pauses the run and returns once the batch under way is recorded."""
        self._stop.set()
        self._is_leaving = True
        if self.is_sending and self._worker is not None:
            self.view.say("Bulk", "The run pauses after the batch under way…", unasked=True)
            await self._worker.wait()
