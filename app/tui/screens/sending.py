"""What the dashboard does to send: the form, the questions before a real trigger, the safety catch, stopping."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.worker import Worker

from app.domain.errors import DeskError
from app.domain.model import Attempt, TriggerRequest
from app.domain.reference import reference_of
from app.service import Arming, GuardError, NotRecordedError, TriggerService
from app.tui.keymap import key_of
from app.tui.notices import send_question
from app.tui.screens.confirm import Confirm
from app.tui.screens.seeing import SeeingScreen
from app.tui.text import clean
from app.tui.veil import Veil
from app.tui.widgets.form_messages import FormMessages

if TYPE_CHECKING:
    from app.tui.screens.arm import Armed

Send = Callable[[asyncio.Event], Awaitable[Attempt]]


class SendingScreen(SeeingScreen):
    """A screen that sends what its form asks for."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._stop: asyncio.Event | None = None
        self._sending: Worker[None] | None = None
        self._parent_id: str | None = None
        profile = service.profile
        self._arming = Arming(profile.name) if profile.is_production else None

    @property
    def sending(self) -> bool:
        """Whether a trigger is under way."""
        return self._stop is not None

    @property
    def in_the_way(self) -> str:
        """Why nothing can be sent just now, whatever is typed; '' where nothing is."""
        return self._looking if self.armed_s == 0 else ""

    @property
    def _looking(self) -> str:
        return f"Looking only; {key_of(self, 'arm')} arms sending."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        match action:
            case "send":
                return True if self.stands and not self.form.obstacle else None
            case "stop":
                return self.sending
            case "arm":
                return self._arming is not None
            case _:
                return super().check_action(action, parameters)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        match action:
            case "send":
                return self.form.obstacle
            case "stop":
                return "Nothing is under way."
            case "arm":
                return "This account mails nobody real, so that nothing need be armed."
            case _:
                return super().why_off(action)

    @on(FormMessages.SendPressed)
    def action_send(self) -> None:
        if reason := self.form.send():
            self.say("Not sent", reason)

    def action_stop(self) -> None:
        if self._stop is not None:
            self._stop.set()

    async def end_sending(self) -> None:
        """Stops waiting for a reply, and waits until that is recorded."""
        if self._stop is not None and self._sending is not None:
            self._stop.set()
            await self._sending.wait()

    @on(FormMessages.Submitted)
    def _submitted(self, message: FormMessages.Submitted) -> None:
        try:
            earlier = None if message.is_rehearsed else self._service.knowledge.second_send(message.request)
        except DeskError as error:
            self.form.finished()
            self.tell_fault(f"Nothing was sent. {error}")
            return
        if self._arming is None and earlier is None:
            self._send_submitted(message, True)
            return
        shown = self._veil.request(message.request)
        name = self._service.lists.event_name(shown.event_id)
        question = send_question(shown, name, self._service, earlier, datetime.now(UTC))
        self.app.push_screen(
            Confirm(question, yes="Send again" if earlier else "Send", no="Do not send"),
            partial(self._send_submitted, message),
        )

    def _send_submitted(self, message: FormMessages.Submitted, yes: bool | None) -> None:
        if not yes:
            self.form.finished()
            self.form.forget_last()
            return
        request, attempt_id = message.request, message.attempt_id
        permit, parent_id = self.permit, self._parent_id
        self.begin(
            request,
            lambda stop: self._service.send(
                request, attempt_id, stop, parent_id=parent_id, production=permit
            ),
        )
        self.continue_from(None)

    def continue_from(self, attempt_id: str | None) -> None:
        """What the form sends next names this attempt as the one that it sends again; None: no one."""
        self._parent_id = attempt_id
        again = f"  {clean(reference_of(attempt_id))} again: change it, then send" if attempt_id else ""
        self.form.border_title = Content(f"Trigger{again}").markup

    def begin(self, request: TriggerRequest, send: Send) -> None:
        """Sends `request` by `send`, unless what allowed it has run out while it was asked about."""
        if self.armed_s == 0:
            self.form.finished()
            self.tell_fault(f"Nothing was sent. {self._looking}")
            return
        self._stop = asyncio.Event()
        self.app.clear_notifications()
        self.tell(lambda panel: panel.show_sending(self._veil.request(request)))
        if self.has_class("-narrow"):
            self.reply.focus()
        self._sending = self._send(send, self._stop)

    @work(group="send")
    async def _send(self, send: Send, stop: asyncio.Event) -> None:
        try:
            await self.open_way()
            self.call_later(self.show_history)
            if stop.is_set():
                self.tell_fault("Stopped. Nothing was sent.")
            else:
                self.tell_attempt(await send(stop))
        except NotRecordedError as error:
            self.tell_attempt(error.attempt, fault=str(error))
        except GuardError as error:
            self.tell_fault(f"Nothing was sent. {error.why}")
        except DeskError as error:
            self.tell_fault(f"Nothing was sent. {error}")
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
        from app.tui.screens.arm import ArmScreen

        self.app.push_screen(ArmScreen(self.profile_name), self._arm)

    def _arm(self, armed: "Armed | None") -> None:
        if armed is not None and self._arming is not None:
            self._arming.arm(armed.name, armed.minutes, datetime.now(UTC))
        self.armed_changed()

    def armed_changed(self) -> None:
        """Shows whether sending to a real account is armed; looking only, Send is off."""
        self.status.armed_s = self.armed_s
        self.block()

    def block(self) -> None:
        """Send is off while something is in the way, and for whom the profile may not trigger."""
        request = self.form.request()
        refused = self._service.refusal(request) if request.external_id else None
        self.form.blocked = self.in_the_way or refused or ""
