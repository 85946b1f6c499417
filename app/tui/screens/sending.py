"""What the dashboard does to send: the form, the questions before a real trigger, stopping."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from textual.content import Content
from textual.widgets import OptionList, Select
from textual.worker import Worker

from app.domain.errors import AppError
from app.domain.model import Attempt, TriggerRequest
from app.domain.short_id import short_id
from app.service.guard import GuardError
from app.service.resolution import offers_same_trigger
from app.service.session import NotRecordedError
from app.service.stored import AttemptRow, HistoryReplacedError, SentMeanwhileError
from app.tui.notices import send_question
from app.tui.screens.arming import SafetyCatch
from app.tui.screens.caching import Caching
from app.tui.screens.confirm import Confirm, ConfirmSendAgain, SendAgain
from app.tui.screens.desk import Desk
from app.tui.screens.reopening import Reopening
from app.tui.screens.searching import Searching
from app.tui.text import sanitize
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.history_table import HistoryPane

FILLING = "The lists are being filled; one moment."
RECORDING = "Still being recorded."
STOP_WAITING = "Stop waiting for the reply? Emarsys may receive the trigger all the same; its outcome is recorded as unknown."
LISTS = (FilteredList, HistoryPane, OptionList, Select)
"""Where Esc has a use of its own."""

Send = Callable[[asyncio.Event], Awaitable[Attempt]]


class Sending:
    """Sends what the form asks for, and what is sent again; one trigger at a time."""

    def __init__(
        self,
        desk: Desk,
        caching: Caching,
        searching: Searching,
        answered: Callable[[Attempt, str | None], None],
    ) -> None:
        """`answered` is told each finished attempt, and what went wrong beside it."""
        self._desk = desk
        self._caching = caching
        self._searching = searching
        self._answered = answered
        self._asked = "", ""
        self._stop: asyncio.Event | None = None
        self._question: Confirm | None = None
        self._worker: Worker[None] | None = None
        self.is_recording = False
        """Whether a reply is here that could not be recorded yet."""
        self.parent_id: str | None = None
        """The attempt that the form sends again."""
        self.catch = SafetyCatch(desk, self.block)
        self._reopening = Reopening(desk, searching)

    @property
    def is_under_way(self) -> bool:
        """Whether a trigger is under way."""
        return self._stop is not None

    @property
    def in_the_way(self) -> str:
        """Why nothing can be sent just now, whatever is typed; '' where nothing is."""
        return FILLING if self._caching.is_filling else self.catch.in_the_way

    def block(self) -> None:
        """Send is off while something is in the way, and for whom the profile may not trigger."""
        desk = self._desk
        desk.status.armed_s = self.catch.left_s
        request = desk.form.request()
        refused = desk.service.refusal(request) if request.external_id else None
        desk.form.blocked = self.in_the_way or refused or ""

    def send(self) -> None:
        """Sends what the form asks for; says why not, where it does not."""
        is_sending = self._desk.form.sending
        if reason := ("" if is_sending else self._unchosen) or self._desk.form.send():
            self._desk.say("Sending" if is_sending else "Not sent", reason)

    @property
    def _unchosen(self) -> str:
        """That what one is looking for is not what would be sent, '' where that is not so."""
        desk, contact_id = self._desk, self._desk.form.draft().contact_id
        for pane, title, chosen in (
            (desk.events, "Events", desk.form.event_id),
            (desk.contacts, "Contacts", contact_id),
        ):
            found = pane.table.row
            is_open = pane.is_open or pane.has_focus_within
            if is_open and pane.filter.value and (found is None or found.id != chosen):
                return f"What is typed in {title} was not chosen yet: Enter chooses a row, Esc clears the filter."
        return ""

    def form_changed(self) -> None:
        """What is changed in the form itself is decided there, whatever was typed in a list before."""
        request, (event_id, external_id) = self._desk.form.request(), self._asked
        self._asked = request.event_id, request.external_id
        if request.event_id != event_id:
            self._desk.events.is_open = False
        if request.external_id != external_id:
            self._desk.contacts.is_open = False

    @property
    def why_no_stop(self) -> str:
        """Why Esc does not stop the waiting: it clears or closes a list that has the focus; '' if it does."""
        focused = self._desk.screen.focused
        in_list = focused is not None and any(isinstance(node, LISTS) for node in focused.ancestors_with_self)
        return "Esc clears or closes the list that has the focus." if in_list else ""

    def stop(self) -> None:
        """Asks whether to stop waiting for the reply, which closes the question when it arrives."""
        if self._stop is not None:
            self._question = Confirm(STOP_WAITING, yes="Stop waiting", no="Keep waiting")
            self._desk.push(self._question, partial(self._stop_if, self._stop))

    def _stop_if(self, stop: asyncio.Event, yes: bool | None) -> None:
        self._question = None
        if yes:
            stop.set()

    async def end(self) -> None:
        """Stops waiting for a reply, and waits until that is recorded."""
        if self._stop is not None and self._worker is not None:
            self._stop.set()
            await self._worker.wait()

    def continue_from(self, attempt_id: str | None) -> None:
        """What the form sends next names this attempt as the one that it sends again; None: no one."""
        self.parent_id = attempt_id
        again = f"  {sanitize(short_id(attempt_id))} again, changed or not" if attempt_id else ""
        self._desk.form.border_title = Content(f"Trigger{again}").markup

    def submitted(self, message: FormMessages.Submitted) -> None:
        """Sends what was submitted, once what is to be asked before was answered."""
        desk = self._desk
        try:
            known = desk.service.preflight.check(message.request)
            unknown = None if message.is_rehearsed else self._unknown(known.second_send)
        except AppError as error:
            desk.form.finished()
            desk.tell_fault(f"Nothing was sent. {error}")
            return
        if message.is_rehearsed:
            known = replace(known, second_send=None)
        if not desk.service.profile.is_production and known.second_send is None:
            self._send_submitted(message, None, True)
            return
        shown = desk.veil.request(message.request)
        known = desk.veil.preflight(known, message.request)
        name = desk.service.events.name(shown.event_id)
        question = send_question(shown, name, desk.service, known, datetime.now(UTC))
        earlier = known.second_send
        if earlier is not None and unknown is not None:
            desk.push(ConfirmSendAgain(question), partial(self._answer_again, message, earlier, unknown))
        else:
            desk.push(
                Confirm(question, yes="Send again" if earlier else "Send", no="Do not send"),
                partial(self._send_submitted, message, earlier),
            )

    def _unknown(self, earlier: AttemptRow | None) -> Attempt | None:
        """The attempt of this row, if it may be resent because nobody knows whether it arrived."""
        attempt = earlier and self._desk.service.history.attempt(earlier.attempt_id)
        return attempt if attempt and offers_same_trigger(attempt) else None

    def _answer_again(
        self,
        message: FormMessages.Submitted,
        earlier: AttemptRow,
        unknown: Attempt,
        answer: SendAgain | None,
    ) -> None:
        """Resends the unknown attempt, or sends the form's request as a new trigger."""
        if answer is SendAgain.RESEND:
            again = partial(self._ask_again, message, self.parent_id)
            self.resend(unknown, message.attempt_id, same_trigger=True, asked_about=earlier, ask_again=again)
            self.continue_from(None)
        else:
            self._send_submitted(message, earlier, answer is not None)

    def resend(
        self,
        attempt: Attempt,
        new_attempt_id: str,
        *,
        same_trigger: bool,
        asked_about: AttemptRow | None,
        ask_again: Callable[[], None],
    ) -> None:
        """Sends the request of an attempt again, as a new attempt that names it."""
        permit = self.catch.permit
        self.begin(
            attempt.request,
            lambda stop: self._desk.service.resend(
                attempt.attempt_id,
                same_trigger=same_trigger,
                new_attempt_id=new_attempt_id,
                stop=stop,
                production=permit,
                asked_about=asked_about and asked_about.attempt_id,
                unrecorded=self.show_unrecorded,
            ),
            ask_again,
        )

    def _send_submitted(
        self, message: FormMessages.Submitted, asked_about: AttemptRow | None, yes: bool | None
    ) -> None:
        if not yes:
            self._desk.form.finished()
            self._desk.form.forget_last()
            return
        request, attempt_id = message.request, message.attempt_id
        permit, parent_id = self.catch.permit, self.parent_id
        self.begin(
            request,
            lambda stop: self._desk.service.send(
                request,
                attempt_id,
                stop,
                parent_id=parent_id,
                production=permit,
                asked_about=asked_about and asked_about.attempt_id,
                repeats=message.is_rehearsed,
                unrecorded=self.show_unrecorded,
            ),
            partial(self._ask_again, message, parent_id),
        )
        self.continue_from(None)

    def _ask_again(self, message: FormMessages.Submitted, parent_id: str | None) -> None:
        """Asks about what another window has sent meanwhile."""
        self._desk.form.sending = True
        self.continue_from(parent_id)
        self.submitted(message)

    def show_unrecorded(self, attempt: Attempt, error: AppError) -> None:
        """Shows a reply that cannot be recorded yet."""
        self.is_recording = True
        self._desk.tell_attempt(attempt, f"{RECORDING} {error}")

    def begin(self, request: TriggerRequest, send: Send, ask_again: Callable[[], None]) -> None:
        """Sends `request` by `send`, with the reply in view, unless what allowed it has run out meanwhile.

        `ask_again` is called where another window has sent the same meanwhile.
        """
        desk = self._desk
        desk.show_whole(False)
        if self.catch.in_the_way:
            desk.form.finished()
            desk.tell_fault(f"Nothing was sent. {self.catch.in_the_way}")
            return
        self._stop = asyncio.Event()
        desk.tell(lambda panel: panel.show_sending(desk.veil.request(request)))
        if desk.screen.has_class("-narrow"):
            desk.screen.action_go("reply")
        self._worker = desk.screen.run_worker(self._send(send, self._stop, ask_again), group="send")

    async def _send(self, send: Send, stop: asyncio.Event, ask_again: Callable[[], None]) -> None:
        desk = self._desk
        then: Callable[[], None] = self._searching.show
        try:
            await desk.open_way()
            desk.screen.call_later(self._searching.show)
            if stop.is_set():
                desk.tell_fault("Stopped. Nothing was sent.")
            else:
                self._answered(await send(stop), None)
        except NotRecordedError as error:
            self._answered(error.attempt, str(error))
        except SentMeanwhileError as error:
            desk.tell_fault(f"Nothing was sent. {error}")
            then = ask_again
        except HistoryReplacedError as error:
            desk.tell_fault(f"Nothing was sent. {error}")
            then = partial(self._reopening.offer, error)
        except GuardError as error:
            desk.tell_fault(f"Nothing was sent. {error.why}")
        except AppError as error:
            desk.tell_fault(f"Nothing was sent. {error}")
        finally:
            self._stop = None
            self.is_recording = False
            if self._question is not None:
                self._question.withdraw()
            desk.form.finished()
        then()
