"""What the dashboard does with triggers: sends the form, stops waiting, settles and sends again what was sent before.

Separate from `dashboard`, which arranges the panes and fills them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from textual import on, work
from textual.widgets import Button

from app.domain.errors import DeskError
from app.domain.model import Attempt, TriggerRequest, new_attempt_id
from app.service import Arming, AttemptRow, Failure, NotRecordedError, TriggerService
from app.tui.notices import again_question, real_question
from app.tui.screens.attempt import AttemptScreen, Choice
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.panes import PanedScreen
from app.tui.text import clean
from app.tui.widgets.reply_panel import ReplyPanel
from app.tui.widgets.trigger_form import TriggerForm
from app.tui.widgets.windowed_table import WindowedTable

Send = Callable[[asyncio.Event], Awaitable[Attempt]]

NOTE = "a note, may be empty; enter goes on, esc goes back"
ARMED_MINUTES = 10
FRESH = "Forget the trigger ids that were accepted and the failures that are set"


class SendingScreen(PanedScreen):
    """A screen with a form, a reply panel and a history, over one service."""

    def __init__(self, service: TriggerService) -> None:
        super().__init__()
        self._service = service
        self._stop: asyncio.Event | None = None
        profile = service.profile
        self._arming = Arming(profile.name, ARMED_MINUTES) if profile.is_production else None

    @property
    def form(self) -> TriggerForm:
        """The trigger form."""
        return self.query_one(TriggerForm)

    @property
    def reply(self) -> ReplyPanel:
        """The reply to the last trigger."""
        return self.query_one(ReplyPanel)

    def show_history(self) -> None:
        """Shows the attempts as they are now."""
        raise NotImplementedError

    def say(self, title: str, sentence: str) -> None:
        """A short message that goes away by itself."""
        self.app.clear_notifications()
        self.notify(clean(sentence, 500), title=title, severity="warning", markup=False, timeout=4)

    # Sending

    @property
    def sending(self) -> bool:
        """Whether a trigger is under way."""
        return self._stop is not None

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        if reason := self.form.send():
            self.say("Not sent", reason)

    def action_stop(self) -> None:
        if self._stop is not None:
            self._stop.set()

    @on(TriggerForm.Submitted)
    def _submitted(self, message: TriggerForm.Submitted) -> None:
        if self._arming is None:
            self._send_submitted(message, True)
            return
        question = real_question(
            message.request, self._service.event_name(message.request.event_id), self._service
        )
        self.app.push_screen(
            Confirm(question, yes="Send", no="Do not send"), partial(self._send_submitted, message)
        )

    def _send_submitted(self, message: TriggerForm.Submitted, yes: bool | None) -> None:
        if not yes:
            self.form.finished()
            return
        request, attempt_id, permit = message.request, message.attempt_id, self.permit
        self._begin(request, lambda stop: self._service.send(request, attempt_id, stop, production=permit))

    def _begin(self, request: TriggerRequest, send: Send) -> None:
        self._stop = asyncio.Event()
        self.app.clear_notifications()
        self.reply.show_sending(request)
        if self.has_class("-narrow"):
            self.reply.focus()
        self._send(send, self._stop)

    @work(group="send")
    async def _send(self, send: Send, stop: asyncio.Event) -> None:
        self.call_later(self.show_history)
        try:
            self.reply.show_attempt(await send(stop))
        except NotRecordedError as error:
            self.reply.show_attempt(error.attempt, fault=str(error))
        except DeskError as error:
            self.reply.show_fault(f"Nothing was sent. {error}")
        finally:
            self._stop = None
            self.form.finished()
        self.show_history()

    # The safety catch of a production account

    @property
    def permit(self) -> str | None:
        """What the guard is given: the name of the profile while sending to it is armed."""
        return self._arming.permit(datetime.now(UTC)) if self._arming else None

    @property
    def armed_s(self) -> int | None:
        """Seconds of the countdown; 0: looking only; None where nothing need be armed."""
        return self._arming.left_s(datetime.now(UTC)) if self._arming else None

    def action_arm(self) -> None:
        """Asks for the profile's name, which arms sending; armed, it goes back to looking only."""
        if self._arming is None:
            return
        if self.permit:
            self._arming.disarm()
            self.armed_changed()
            return
        name = self._service.profile.name
        question = (
            f"{clean(name)} is a real account: real people are mailed.\n"
            f"Type its name to arm sending for {ARMED_MINUTES} minutes."
        )
        self.app.push_screen(Ask(question), self._arm)

    def _arm(self, typed: str | None) -> None:
        if typed is None or self._arming is None:
            return
        if not self._arming.arm(typed, datetime.now(UTC)):
            self.say("Not armed", "That is not the name of this profile.")
        self.armed_changed()

    def armed_changed(self) -> None:
        """Shows whether sending is armed."""
        raise NotImplementedError

    # What was sent before

    @on(WindowedTable.Selected, "#history-table")
    def _look_at(self, message: WindowedTable.Selected[AttemptRow]) -> None:
        attempt = self._service.attempt(message.row.attempt_id)
        if attempt is not None:
            body = self._service.request_body(attempt.attempt_id)
            screen = AttemptScreen(attempt, body, self._service.field_name)
            self.app.push_screen(screen, partial(self._follow, attempt))

    def _follow(self, attempt: Attempt, choice: Choice | None) -> None:
        match choice:
            case Choice.ARRIVED | Choice.DID_NOT:
                arrived = choice is Choice.ARRIVED
                question = f"It {'arrived' if arrived else 'did not arrive'}: how do you know?"
                self.app.push_screen(Ask(question, NOTE), partial(self._settle, attempt, arrived))
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                same = choice is Choice.SAME_TRIGGER
                question = again_question(attempt, self._service.field_name, same_trigger=same)
                self.app.push_screen(
                    Confirm(question, yes="Send again", no="Do not send"),
                    partial(self._send_again, attempt, same),
                )
            case None:
                pass

    def _settle(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            self._service.settle(attempt.attempt_id, arrived=arrived, note=note)
        except DeskError as error:
            self.reply.show_fault(str(error))
        self.show_history()

    def _send_again(self, attempt: Attempt, same_trigger: bool, yes: bool | None) -> None:
        if not yes:
            return
        if self.form.sending or self.form.blocked:
            self.say("Not sent", self.form.obstacle)
            return
        self.form.sending = True
        attempt_id, permit = new_attempt_id(), self.permit
        self._begin(
            attempt.request,
            lambda stop: self._service.resend(
                attempt.attempt_id,
                same_trigger=same_trigger,
                new_attempt_id=attempt_id,
                stop=stop,
                production=permit,
            ),
        )

    # Presenting on the built-in account

    @property
    def can_present(self) -> bool:
        """Whether every reply and every failure can be produced here."""
        return self._service.rehearsal is not None

    def produce_reply(self, code: int) -> None:
        """Fills the form so that it is answered with this reply code, and sends it."""
        if self._service.rehearsal is not None:
            self._fill_and_send(self._service.rehearsal.request_for(code))

    def produce_failure(self, failure: Failure) -> None:
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
            self.reply.show_fault(str(error))
        self.show_history()

    def _fill_and_send(self, request: TriggerRequest) -> None:
        if self.form.sending or self.form.blocked:
            self.say("Not sent", self.form.obstacle)
            return
        self.form.fill(request)
        self.form.forget_last()
        self.call_after_refresh(self.action_send)
