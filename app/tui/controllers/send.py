"""Sending: questions before a trigger, the lock of a live account, stopping, resending."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
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
from app.service.attempts import offers_same_trigger
from app.service.guard import GuardError, ProductionLock
from app.service.history import AttemptRow
from app.service.masking import masked_preflight
from app.service.preflight import Preflight
from app.service.session import (
    DamagedHistoryError,
    HistoryReplacedError,
    NotRecordedError,
    SentMeanwhileError,
    set_aside,
)
from app.tui.bindings import key_of
from app.tui.controllers import View
from app.tui.screens.confirm import Confirm, UnlockScreen
from app.tui.text import sanitize, send_question
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.history import HistoryPane

DOUBLE_PRESS_S = 1.0
SENDING = "Sending… {}"
SENT_JUST_NOW = "you sent this a moment ago. Press Send once more to send it again."
LOADING = "Loading the lists. Sending is possible in a moment."
NOT_PICKED = "you typed in {} but did not pick a row. Enter picks, Esc clears."
RECIPIENT_CHANGED = "another program changed the local list, and with it the recipient. Check it, then send."
RECORDING = "Still being recorded."
REOPENED = "Nothing was sent. The history is open again: you can send now."
SET_ASIDE = "Rename the damaged file and start a new history? Nothing is deleted."
STOP_WAITING = "Stop waiting for the reply? Emarsys may receive the trigger all the same; its outcome is recorded as unknown."
LISTS = (FilteredList, HistoryPane, OptionList, Select)
"""Widgets that use Esc themselves."""


@dataclass(frozen=True, slots=True)
class _Trigger:
    """A request to send: that of the form, or that of the attempt `again`.

    `is_rehearsed`: the presenter asked for its reply, so repeats need no question.
    """

    request: TriggerRequest
    again: Attempt | None = None
    same_trigger: bool = False
    is_rehearsed: bool = False


class SendController:
    """Sends the form, and resends attempts; one trigger at a time."""

    def __init__(self, view: View, is_loading: Callable[[], bool]) -> None:
        """`is_loading` says whether the lists are loaded for the first time."""
        self.view, self.session, self.privacy = view, view.session, view.privacy
        self.form = view.trigger_form
        self.clock: Callable[[], float] = time.monotonic
        self.is_recording = False
        """Whether a reply waits to be recorded."""
        self.parent_id: str | None = None
        """The attempt that the form sends again."""
        self._is_loading = is_loading
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
        return self._blocked or self.privacy.mask.text(self.form.fault, value)

    @property
    def _waited(self) -> str:
        """How long the trigger has been sent, and how long that may take, such as `3 s of 30 s`."""
        waited = 0 if self._began_at is None else int(self.clock() - self._began_at)
        return f"{waited} s of {self.session.profile.deadline_s:g} s"

    @property
    def closed(self) -> str:
        """Why nothing can be sent, whatever the form holds; '' if nothing is in the way."""
        if self._is_loading():
            return LOADING
        if self._lock is not None and self.permit is None:
            return f"Read-only. {key_of(self.view.screen, 'unlock_sending')} unlocks sending."
        return ""

    def show(self) -> None:
        """Shows how long sending stays unlocked, and why the form cannot be sent, or not to this contact."""
        self.view.status_line.unlocked_s = self._lock.left_s(datetime.now(UTC)) if self._lock else None
        request = self.form.request()
        refusal = self.session.refusal(request) if request.external_id else None
        self._blocked = self.closed or refusal or ""
        self.form.show_obstacle(self.obstacle)

    def forget_last(self) -> None:
        """Accepts the next press of Send even if the same was sent a moment ago."""
        self._last_sent = None

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
            self.view.open(UnlockScreen(self.session.profile.name), partial(self._unlock, self._lock))

    def _unlock(self, lock: ProductionLock, minutes: int) -> None:
        lock.arm(self.session.profile.name, minutes, datetime.now(UTC))
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
        self._last_sent = request, self.clock()
        self._start(_Trigger(request, is_rehearsed=rehearsed))

    def _pressed_twice(self, request: TriggerRequest) -> str:
        sent, at = self._last_sent or (None, 0.0)
        return SENT_JUST_NOW if sent == request and self.clock() - at < DOUBLE_PRESS_S else ""

    @property
    def _not_picked(self) -> str:
        """A sentence if the user typed in a list and its cursor is not on the form's row; else ''."""
        chosen: Mapping[FilteredList[Any], str] = {
            self.view.event_list: self.form.event_id,
            self.view.contact_list: self.form.draft().contact_id,
        }
        for pane, row_id in chosen.items():
            row = pane.row
            is_open = pane.is_open or pane.has_focus_within
            if is_open and pane.filter.value and (row is None or row.id != row_id):
                return NOT_PICKED.format((pane.id or "").title())
        return ""

    def form_changed(self) -> None:
        """Drops the text typed in a list once the form has changed."""
        request, (event_id, external_id) = self.form.request(), self._asked
        self._asked = request.event_id, request.external_id
        if request.event_id != event_id:
            self.view.event_list.is_open = False
        if request.external_id != external_id:
            self.view.contact_list.is_open = False

    def continue_from(self, attempt_id: str | None) -> None:
        """Sets the attempt that the form sends again; None for no attempt."""
        self.parent_id = attempt_id
        again = f" · sends {sanitize(short_id(attempt_id))} again" if attempt_id else ""
        self.form.border_title = Content(f"Trigger{again}").markup

    def resend(self, attempt: Attempt, same_trigger: bool) -> None:
        if self.is_busy or self.closed:
            self.view.say("Not sent", self.closed or self.obstacle)
        else:
            self._start(_Trigger(attempt.request, attempt, same_trigger))

    def _start(self, trigger: _Trigger) -> None:
        self._began_at = self.clock()
        self.show()
        self._worker = self.view.screen.run_worker(self._run(trigger), group="send")

    async def _run(self, trigger: _Trigger) -> None:
        while await self._ask_and_send(trigger):
            pass
        self._began_at = None
        if self._last_sent is not None:
            self._last_sent = self._last_sent[0], self.clock()  # the time of a double press begins again
        if self.view.screen.is_running:
            self.show()

    async def _ask_and_send(self, trigger: _Trigger) -> bool:
        """Returns whether to ask again, because another window has sent the same meanwhile."""
        attempt_id = new_attempt_id()
        if trigger.again is None:
            trigger = replace(trigger, request=replace(trigger.request, trigger_id=attempt_id))
        try:
            known = self.session.preflight.check(trigger.request)
            is_seen = trigger.again is not None or trigger.is_rehearsed
            if not is_seen and [one.id for one in known.contacts] != self.form.named_ids:
                self.forget_last()
                self.view.lists_changed()
                self.view.say("Not sent", RECIPIENT_CHANGED)
                return False
            if self.session.team is not None:
                known = known._replace(colleague=await self.session.team.look(trigger.request))
            agreed = await self._ask(trigger, known)
        except AppError as error:
            self.view.show_fault(f"Nothing was sent. {error}")
            return False
        if agreed is None:
            self.forget_last()
            return False
        self.view.show_history_alone(False)
        if self.closed:
            self.view.show_fault(f"Nothing was sent. {self.closed}")
            return False
        meanwhile = await self._send(agreed, known, attempt_id)
        if trigger.again is None and not meanwhile:
            self.continue_from(None)
        return meanwhile

    # The questions

    async def _ask(self, trigger: _Trigger, known: Preflight) -> _Trigger | None:
        """What the user agrees to send: the trigger, or the unknown attempt that it would repeat; None for nothing."""
        if trigger.is_rehearsed:
            known = known._replace(second_send=None)
        again, is_repeat = trigger.again, bool(known.second_send or known.colleague)
        if again is None and not self.session.profile.is_production and not is_repeat:
            return trigger
        unknown = None if again else self._unknown(known.second_send)
        yes, other = "Send again" if is_repeat else "Send", ""
        if again is not None:
            yes = "Resend" if trigger.same_trigger else "Send as new"
        elif unknown is not None:
            yes, other = "Resend (same trigger id)", "Send as new"
        worded = partial(self._question_about, trigger, known)
        event_id = trigger.request.event_id
        screen = Confirm(worded(self.session.mails.known_use(event_id)), yes=yes, other=other)
        self._complete(screen, worded, event_id)
        answer = await self.view.screen.app.push_screen_wait(screen)
        if answer and unknown is not None:
            return replace(trigger, again=unknown, same_trigger=True)
        return None if answer is None else trigger

    def _question_about(self, trigger: _Trigger, known: Preflight, use: EventUse | None) -> str:
        session, mask, request = self.session, self.privacy.mask, trigger.request
        return send_question(
            mask.request(request),
            session.events.name(request.event_id),
            session,
            masked_preflight(mask, known, request),
            datetime.now(UTC),
            use=use,
            again=trigger.again,
            same_trigger=trigger.same_trigger,
        )

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

    # One trigger

    async def _send(self, trigger: _Trigger, known: Preflight, attempt_id: str) -> bool:
        """Sends and shows the reply; returns whether another window has sent the same meanwhile."""
        view, stop, request = self.view, asyncio.Event(), trigger.request
        self._stop, self._began_at = stop, self.clock()
        view.show_reply(lambda panel: panel.show_sending(self.privacy.mask.request(request), self._waited))
        if view.screen.has_class("-narrow"):
            view.go("reply")
        send = self._sender(trigger, known, attempt_id, stop)
        try:
            await view.connect()
            view.screen.call_later(view.show_history)
            if stop.is_set():
                view.show_fault("Stopped. Nothing was sent.")
            else:
                view.answered(await send(), None)
        except NotRecordedError as error:
            view.answered(error.attempt, str(error))
        except AppError as error:
            view.show_fault(f"Nothing was sent. {error.why if isinstance(error, GuardError) else error}")
            if isinstance(error, HistoryReplacedError):
                question = f"Nothing was sent. {sanitize(str(error), 2000)}"
                view.ask(question, "Open again", self._reopen)
                return False
            if isinstance(error, SentMeanwhileError) and not stop.is_set():
                return True
        finally:
            self._stop = None
            self.is_recording = False
            if self._question is not None:
                self._question.withdraw()
        view.show_history()
        return False

    def _sender(
        self, trigger: _Trigger, known: Preflight, attempt_id: str, stop: asyncio.Event
    ) -> Callable[[], Awaitable[Attempt]]:
        """What sends the trigger, with the permit and the parent of this moment."""
        agreed: dict[str, Any] = {
            "stop": stop,
            "production": self.permit,
            "asked_about": known.second_send and known.second_send.attempt_id,
            "claim_seen": known.colleague and known.colleague.attempt_id,
            "unrecorded": self.show_unrecorded,
        }
        if trigger.again is not None:
            agreed |= {"same_trigger": trigger.same_trigger, "new_attempt_id": attempt_id}
            return partial(self.session.resend, trigger.again.attempt_id, **agreed)
        agreed |= {"parent_id": self.parent_id, "repeats": trigger.is_rehearsed}
        return partial(self.session.send, trigger.request, attempt_id, **agreed)

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
            self.view.screen.app.push_screen(self._question, partial(self._stop_if, self._stop))

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

    def _reopen(self, damaged: DamagedHistoryError | None = None) -> None:
        """Opens the history again, once a `damaged` one is renamed."""
        try:
            if damaged is not None:
                set_aside(damaged.path)
            self.session.reopen_history()
        except DamagedHistoryError as error:
            question = f"{sanitize(str(error), 2000)} {SET_ASIDE}"
            self.view.ask(question, "Rename", partial(self._reopen, error))
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self.forget_last()
            self.view.show_reply(lambda panel: panel.show_fault(REOPENED))
            self.view.show_history()
