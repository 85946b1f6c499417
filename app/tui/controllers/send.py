"""Sending: questions before a trigger, the lock of a live account, stopping, resending."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from textual.content import Content
from textual.widgets import OptionList, Select
from textual.worker import Worker

from app.domain.errors import AppError
from app.domain.mails import EventUse
from app.domain.model import Attempt, TriggerRequest, new_attempt_id
from app.domain.text import short_id
from app.service.guard import GuardError, ProductionLock
from app.service.history import AttemptRow, offers_same_trigger
from app.service.preflight import Preflight
from app.service.session import (
    DamagedHistoryError,
    HistoryReplacedError,
    NotRecordedError,
    SentMeanwhileError,
    Session,
    set_aside,
)
from app.tui.bindings import key_of
from app.tui.controllers import View
from app.tui.privacy import PrivacyMode
from app.tui.screens.confirm import Confirm, UnlockScreen
from app.tui.text import again_question, sanitize, send_question
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.form import TriggerForm
from app.tui.widgets.history import HistoryPane
from app.tui.widgets.status import StatusLine

DOUBLE_PRESS_S = 1.0
SENDING = "Sending… {}"
SENT_JUST_NOW = "you sent this a moment ago. Press Send once more to send it again."
LOADING = "Loading the lists. Sending is possible in a moment."
TEST_ACCOUNT = "Test account: sending is always unlocked."
NOT_PICKED = "you typed in {} but did not pick a row. Enter picks, Esc clears."
RECORDING = "Still being recorded."
REOPENED = "Nothing was sent. The history is open again: you can send now."
SET_ASIDE = "Rename the damaged file and start a new history? Nothing is deleted."
STOP_WAITING = "Stop waiting for the reply? Emarsys may receive the trigger all the same; its outcome is recorded as unknown."
LISTS = (FilteredList, HistoryPane, OptionList, Select)
"""Widgets that use Esc themselves."""

Send = Callable[[asyncio.Event], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class _Submission:
    """A request of the form. `is_rehearsed`: the presenter asked for its reply, so repeats need no question."""

    request: TriggerRequest
    attempt_id: str
    is_rehearsed: bool


@dataclass(eq=False, kw_only=True)
class SendController:
    """Sends the form, and resends attempts; one trigger at a time."""

    view: View
    session: Session
    privacy: PrivacyMode
    form: TriggerForm
    status: StatusLine
    lists: Mapping[str, FilteredList[Any]]
    is_loading: Callable[[], bool]
    answered: Callable[[Attempt, str | None], None]
    """Called with each finished attempt, and with the fault if recording failed."""
    history_changed: Callable[[], None]
    clock: Callable[[], float] = time.monotonic

    is_recording: bool = field(default=False, init=False)
    """Whether a reply waits to be recorded."""
    parent_id: str | None = field(default=None, init=False)
    """The attempt that the form sends again."""

    def __post_init__(self) -> None:
        self._asked = "", ""
        self._began_at: float | None = None
        self._last_sent: tuple[TriggerRequest, float] | None = None
        self._blocked = ""
        self._stop: asyncio.Event | None = None
        self._question: Confirm | None = None
        self._worker: Worker[None] | None = None
        profile = self.session.profile
        self._lock = ProductionLock(profile.name) if profile.is_production else None

    @property
    def is_sending(self) -> bool:
        return self._stop is not None

    @property
    def is_busy(self) -> bool:
        """Whether a trigger is asked about or being sent."""
        return self._began_at is not None

    # Whether something can be sent

    @property
    def obstacle(self) -> str:
        """Why the form cannot be sent; '' if it can."""
        if self.is_busy:
            return SENDING.format(self._waited)
        value = self.form.request().external_id
        return self._blocked or self.privacy.words(self.form.fault, value)

    @property
    def _waited(self) -> str:
        """How long the trigger has been sent, and how long that may take, such as `3 s of 30 s`."""
        waited = 0 if self._began_at is None else int(self.clock() - self._began_at)
        return f"{waited} s of {self.session.profile.deadline_s:g} s"

    @property
    def closed(self) -> str:
        """Why nothing can be sent, whatever the form holds; '' if nothing is in the way."""
        if self.is_loading():
            return LOADING
        if self._lock is not None and self.permit is None:
            return f"Read-only. {key_of(self.view.screen, 'unlock_sending')} unlocks sending."
        return ""

    def show(self) -> None:
        """Shows how long sending stays unlocked, and why the form cannot be sent, or not to this contact."""
        self.status.unlocked_s = self._lock.left_s(datetime.now(UTC)) if self._lock else None
        request = self.form.request()
        refusal = self.session.refusal(request) if request.external_id else None
        self._blocked = self.closed or refusal or ""
        self.form.show_obstacle(self.obstacle)

    def _begin_to_ask(self) -> None:
        self._began_at = self.clock()
        self.show()

    def _end(self) -> None:
        """Sending is over; the time of a double press begins again."""
        self._began_at = None
        if self._last_sent is not None:
            self._last_sent = self._last_sent[0], self.clock()
        if self.view.screen.is_running:
            self.show()

    def forget_last(self) -> None:
        """Accepts the next press of Send even if the same was sent a moment ago."""
        self._last_sent = None

    @property
    def why_no_unlock(self) -> str:
        """Why sending cannot be unlocked; '' if it can."""
        return "" if self._lock else TEST_ACCOUNT

    @property
    def permit(self) -> str | None:
        """The name of a live account's profile while sending is unlocked."""
        return self._lock.permit(datetime.now(UTC)) if self._lock else None

    def unlock(self) -> None:
        """Asks for the profile's name and unlocks sending; locks it if it is unlocked."""
        if self._lock is None:
            return
        if self.permit:
            self._lock.disarm()
            self.show()
        else:
            self.view.push(UnlockScreen(self.session.profile.name), self._unlock)

    def _unlock(self, minutes: int | None) -> None:
        if minutes is not None and self._lock is not None:
            self._lock.arm(self.session.profile.name, minutes, datetime.now(UTC))
        self.show()

    # Sending the form

    def send(self, *, rehearsed: bool = False) -> None:
        """Sends the form once the user has answered the questions about it, or says why not.

        `rehearsed`: the presenter picked the reply, which filled the form, whatever is typed in a list.
        """
        if self.is_busy:
            self.view.say("", self.obstacle)
            return
        request = self.form.request()
        not_picked = "" if rehearsed else self._not_picked
        if reason := not_picked or self.obstacle or self._pressed_twice(request):
            self.view.say("Not sent", reason)
            return
        self._begin_to_ask()
        self._last_sent = request, self.clock()
        attempt_id = new_attempt_id()
        self._submit(_Submission(replace(request, trigger_id=attempt_id), attempt_id, rehearsed))

    def _pressed_twice(self, request: TriggerRequest) -> str:
        sent, at = self._last_sent or (None, 0.0)
        return SENT_JUST_NOW if sent == request and self.clock() - at < DOUBLE_PRESS_S else ""

    @property
    def _not_picked(self) -> str:
        """A sentence if the user typed in a list and its cursor is not on the form's row; else ''."""
        draft = self.form.draft()
        chosen = {"Events": self.form.event_id, "Contacts": draft.contact_id}
        for title, pane in self.lists.items():
            row = pane.row
            is_open = pane.is_open or pane.has_focus_within
            if is_open and pane.filter.value and (row is None or row.id != chosen[title]):
                return NOT_PICKED.format(title)
        return ""

    def form_changed(self) -> None:
        """Drops the text typed in a list once the form has changed."""
        request, (event_id, external_id) = self.form.request(), self._asked
        self._asked = request.event_id, request.external_id
        if request.event_id != event_id:
            self.lists["Events"].is_open = False
        if request.external_id != external_id:
            self.lists["Contacts"].is_open = False

    def continue_from(self, attempt_id: str | None) -> None:
        """Sets the attempt that the form sends again; None for no attempt."""
        self.parent_id = attempt_id
        again = f" · sends {sanitize(short_id(attempt_id))} again" if attempt_id else ""
        self.form.border_title = Content(f"Trigger{again}").markup

    def _submit(self, submission: _Submission) -> None:
        self._check(submission.request, partial(self._ask, submission))

    def _check(self, request: TriggerRequest, then: Callable[[Preflight], None]) -> None:
        """Calls `then` with the checks, and with a colleague's attempt if the profile has a team."""
        try:
            known = self.session.preflight.check(request)
            if self.session.team is None:
                then(known)
                return
        except AppError as error:
            self._nothing_sent(error)
            return
        looking = self._look(self.session.team.look(request), known, then)
        self.view.screen.run_worker(looking, group="team")

    async def _look(
        self, look: Awaitable[AttemptRow | None], known: Preflight, then: Callable[[Preflight], None]
    ) -> None:
        try:
            then(replace(known, colleague=await look))
        except AppError as error:
            self._nothing_sent(error)

    def _nothing_sent(self, why: object) -> None:
        self._end()
        self.view.show_fault(f"Nothing was sent. {why}")

    def _ask(self, submission: _Submission, known: Preflight) -> None:
        """Asks what is to be asked about a request, and sends it."""
        session, request = self.session, submission.request
        if submission.is_rehearsed:
            known = replace(known, second_send=None)
        is_again = bool(known.second_send or known.colleague)
        if not session.profile.is_production and not is_again:
            self._send_submitted(submission, known, True)
            return
        shown, drawn = self.privacy.request(request), self.privacy.preflight(known, request)
        name, now = session.events.name(shown.event_id), datetime.now(UTC)

        def worded(use: EventUse | None) -> str:
            return send_question(shown, name, session, drawn, now, use=use)

        question = worded(session.mails.known_use(shown.event_id))
        unknown = self._unknown(known.second_send)
        if unknown is not None:
            screen = Confirm(question, yes="Resend (same trigger id)", other="Send as new", no="Cancel")
            self.view.push(screen, partial(self._answer_again, submission, known, unknown))
        else:
            screen = Confirm(question, yes="Send again" if is_again else "Send", no="Cancel")
            self.view.push(screen, partial(self._send_submitted, submission, known))
        self._complete(screen, worded, shown.event_id)

    def _complete(self, screen: Confirm, worded: Callable[[EventUse | None], str], event_id: str) -> None:
        """Adds to an open question about a live account what the event starts, once the account has told it."""

        async def complete() -> None:
            with contextlib.suppress(AppError):  # said when something is sent
                await self.view.connect()
                screen.change(worded(await self.session.mails.use(event_id)))

        if self.session.profile.is_production and not self.session.mails.is_asked(event_id):
            self.view.screen.run_worker(complete(), group="use")

    def _unknown(self, earlier: AttemptRow | None) -> Attempt | None:
        """The attempt of this row if its outcome is unknown and it can be resent."""
        attempt = earlier and self.session.history.attempt(earlier.attempt_id)
        return attempt if attempt and offers_same_trigger(attempt) else None

    def _answer_again(
        self, submission: _Submission, known: Preflight, unknown: Attempt, same_trigger: bool | None
    ) -> None:
        if not same_trigger:
            self._send_submitted(submission, known, same_trigger is False)
            return
        again = partial(self._ask_again, submission, self.parent_id)
        self._resend(unknown, submission.attempt_id, known, same_trigger=True, ask_again=again)
        self.continue_from(None)

    def _send_submitted(self, submission: _Submission, known: Preflight, yes: bool | None) -> None:
        if not yes:
            self._end()
            self.forget_last()
            return
        permit, parent_id = self.permit, self.parent_id
        self._begin(
            submission.request,
            lambda stop: self.session.send(
                submission.request,
                submission.attempt_id,
                stop,
                parent_id=parent_id,
                production=permit,
                asked_about=_id_of(known.second_send),
                claim_seen=_id_of(known.colleague),
                repeats=submission.is_rehearsed,
                unrecorded=self.show_unrecorded,
            ),
            partial(self._ask_again, submission, parent_id),
        )
        self.continue_from(None)

    def _ask_again(self, submission: _Submission, parent_id: str | None) -> None:
        """Asks about the same trigger that another window sent meanwhile; its id may be given back to the team."""
        self._begin_to_ask()
        self.continue_from(parent_id)
        attempt_id = new_attempt_id()
        again = replace(submission.request, trigger_id=attempt_id)
        self._submit(replace(submission, request=again, attempt_id=attempt_id))

    # Resending an attempt

    def resend(self, attempt: Attempt, same_trigger: bool) -> None:
        if self.is_busy or self.closed:
            self.view.say("Not sent", self.closed or self.obstacle)
            return
        self._check(attempt.request, partial(self._ask_resend, attempt, same_trigger))

    def _ask_resend(self, attempt: Attempt, same_trigger: bool, known: Preflight) -> None:
        session, event_id = self.session, attempt.request.event_id
        shown, now = self.privacy.attempt(attempt), datetime.now(UTC)

        def worded(use: EventUse | None) -> str:
            return again_question(
                shown,
                session.contacts.field_name,
                known,
                now,
                same_trigger=same_trigger,
                real_account=session.profile.name if session.profile.is_production else None,
                use=use,
            )

        yes = "Resend" if same_trigger else "Send as new"
        screen = Confirm(worded(session.mails.known_use(event_id)), yes=yes, no="Cancel")
        self.view.push(screen, partial(self._resend_if, attempt, same_trigger, known))
        self._complete(screen, worded, event_id)

    def _resend_if(self, attempt: Attempt, same_trigger: bool, known: Preflight, yes: bool | None) -> None:
        if not yes or self.is_busy:
            return
        self._begin_to_ask()
        again = partial(self.resend, attempt, same_trigger)
        self._resend(attempt, new_attempt_id(), known, same_trigger=same_trigger, ask_again=again)

    def _resend(
        self,
        attempt: Attempt,
        attempt_id: str,
        known: Preflight,
        *,
        same_trigger: bool,
        ask_again: Callable[[], None],
    ) -> None:
        permit = self.permit
        self._begin(
            attempt.request,
            lambda stop: self.session.resend(
                attempt.attempt_id,
                same_trigger=same_trigger,
                new_attempt_id=attempt_id,
                stop=stop,
                production=permit,
                asked_about=_id_of(known.second_send),
                claim_seen=_id_of(known.colleague),
                unrecorded=self.show_unrecorded,
            ),
            ask_again,
        )

    # One trigger

    def _begin(self, request: TriggerRequest, send: Send, ask_again: Callable[[], None]) -> None:
        """Starts `send` and shows the reply pane, unless sending was locked meanwhile.

        Calls `ask_again` if another window sent the same meanwhile.
        """
        view = self.view
        view.show_history_alone(False)
        if self.closed:
            self._nothing_sent(self.closed)
            return
        self._stop, self._began_at = asyncio.Event(), self.clock()
        view.show_reply(lambda panel: panel.show_sending(self.privacy.request(request), self._waited))
        if view.screen.has_class("-narrow"):
            view.go("reply")
        self._worker = view.screen.run_worker(self._send(send, self._stop, ask_again), group="send")

    async def _send(self, send: Send, stop: asyncio.Event, ask_again: Callable[[], None]) -> None:
        view = self.view
        then = self.history_changed
        try:
            await view.connect()
            view.screen.call_later(self.history_changed)
            if stop.is_set():
                view.show_fault("Stopped. Nothing was sent.")
            else:
                self.answered(await send(stop), None)
        except NotRecordedError as error:
            self.answered(error.attempt, str(error))
        except SentMeanwhileError as error:
            view.show_fault(f"Nothing was sent. {error}")
            then = ask_again
        except HistoryReplacedError as error:
            view.show_fault(f"Nothing was sent. {error}")
            then = partial(self._offer_reopening, error)
        except GuardError as error:
            view.show_fault(f"Nothing was sent. {error.why}")
        except AppError as error:
            view.show_fault(f"Nothing was sent. {error}")
        finally:
            self._stop = None
            self.is_recording = False
            if self._question is not None:
                self._question.withdraw()
            self._end()
        then()

    def show_unrecorded(self, attempt: Attempt, error: AppError) -> None:
        self.is_recording = True
        self.view.show_attempt(attempt, f"{RECORDING} {error}")

    # Stopping

    @property
    def why_no_stop(self) -> str:
        """Why Esc does not stop the wait: the focused list uses Esc itself. '' if it does."""
        focused = self.view.screen.focused
        in_list = focused is not None and any(isinstance(node, LISTS) for node in focused.ancestors_with_self)
        return "Esc clears or closes the list that has the focus." if in_list else ""

    def stop(self) -> None:
        """Asks whether to stop waiting for the reply; the reply closes the question."""
        if self._stop is not None:
            self._question = Confirm(STOP_WAITING, yes="Stop waiting", no="Keep waiting")
            self.view.push(self._question, partial(self._stop_if, self._stop))

    def _stop_if(self, stop: asyncio.Event, yes: bool | None) -> None:
        self._question = None
        if yes:
            stop.set()

    async def shutdown(self) -> None:
        """Stops waiting for the reply and returns once the attempt is recorded."""
        if self._stop is not None and self._worker is not None:
            self._stop.set()
            await self._worker.wait()

    # A history that was removed or replaced

    def _offer_reopening(self, replaced: HistoryReplacedError) -> None:
        question = f"Nothing was sent. {sanitize(str(replaced), 2000)}"
        self.view.ask(question, "Open again", self._reopen)

    def _reopen(self) -> None:
        try:
            self.session.reopen_history()
        except DamagedHistoryError as error:
            question = f"{sanitize(str(error), 2000)} {SET_ASIDE}"
            self.view.ask(question, "Rename", partial(self._set_aside, error))
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self.forget_last()
            self.view.show_reply(lambda panel: panel.show_fault(REOPENED))
            self.history_changed()

    def _set_aside(self, damaged: DamagedHistoryError) -> None:
        try:
            set_aside(damaged.path)
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self._reopen()


def _id_of(row: AttemptRow | None) -> str | None:
    return None if row is None else row.attempt_id
