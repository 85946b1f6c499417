"""What the dashboard knows and does about what is typed: the reply to come, and each remedy on a key or a button.

A remedy changes the form or asks the account; sending stays with whoever presses Send.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on

from app.domain.model import Attempt
from app.service import TriggerService
from app.tui.screens.caching import CachingScreen
from app.tui.veil import Veil
from app.tui.widgets.form_messages import FormMessages

if TYPE_CHECKING:
    from app.domain.remedies import Remedy
    from app.tui.widgets.remedy_buttons import RemedyButtons
    from app.tui.widgets.reply_panel import ReplyPanel


class AdvisingScreen(CachingScreen):
    """A screen that says beforehand what will be answered, and mends what is asked for."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._answered: Attempt | None = None

    @property
    def remedies(self) -> Sequence[Remedy]:
        """What can be done now, the best first: about what is to be sent, else about what was answered to it."""
        return self.preflight.remedies or self.reply.remedies

    @on(FormMessages.Changed)
    def predict(self) -> None:
        """Shows what will be answered to what the form asks for."""
        self.block()
        request = self.form.request()
        asked = bool(request.event_id or request.external_id)
        self.preflight.show(
            request, self._service.knowledge.check(request) if asked else None, self.form.filled()
        )
        self._offer_after()

    def tell(self, show: Callable[[ReplyPanel], None]) -> None:
        """Shows something in the reply panel, and again when the mask is put on or taken off."""
        self._answered = None
        super().tell(show)

    def tell_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows the finished attempt in the reply panel, with what can be done about it."""
        super().tell_attempt(attempt, fault)
        self._answered = attempt
        self.predict()
        self.show_events()

    def _offer_after(self) -> None:
        """Offers what can be done about the reply for as long as the form asks for what was answered."""
        attempt = self._answered
        if attempt is None:
            return
        asked, was = self.form.request(), attempt.request
        same = (asked.event_id, asked.key_id, asked.external_id) == (
            was.event_id,
            was.key_id,
            was.external_id,
        )
        advice = self._service.knowledge.advice(attempt) if same else None
        self.reply.offer(self._veil.remedies(advice, was))

    # Remedies

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        if action == "remedy":
            return True if self.stands and self.remedies else None
        return super().check_action(action, parameters)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        return (
            "Nothing is known that would have to be mended."
            if action == "remedy"
            else super().why_off(action)
        )

    def action_remedy(self) -> None:
        """The best remedy there is."""
        if self.remedies:
            self._do(self.remedies[0])

    def on_remedy_buttons_chosen(self, message: RemedyButtons.Chosen) -> None:
        self._do(message.remedy)

    def _do(self, remedy: Remedy) -> None:
        from app.domain.remedies import Fetch, FormChange

        match remedy.change:
            case FormChange() as change:
                self.form.change(change)
                self.action_go("trigger")
            case Fetch.LOOK_UP:
                self.action_go("trigger")
                self.action_lookup()
            case Fetch.REFRESH:
                self.action_refresh()
