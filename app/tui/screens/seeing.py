"""What the dashboard does to show a request without sending it: the one in the form, or one that was sent before."""

from dataclasses import replace

from app.domain.errors import AppError
from app.domain.model import TriggerRequest, new_attempt_id
from app.domain.short_id import short_id
from app.tui.screens.desk import Desk
from app.tui.screens.request import RequestScreen
from app.tui.text import sanitize

NOT_YET = "Nothing was sent. The trigger id is this copy's own: every trigger gets another."
AGAIN = "Whoever runs this triggers once more, with the same trigger id, what was sent as"
CREDENTIALS = "*** stands for credentials."
INSIDE = "This address answers in here only; triggerdesk sandbox serves the account on a port."
MASKED = "Persons are masked."


class Seeing:
    """The exact request."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def see_form(self) -> None:
        """Shows the request that the form asks for."""
        form = self._desk.form
        if form.fault:
            self._desk.say("Not shown", form.fault)
        else:
            self._see(replace(form.request(), trigger_id=new_attempt_id()), NOT_YET)

    def see_attempt(self, attempt_id: str) -> None:
        """Shows the request of an attempt."""
        attempt = self._desk.service.history.attempt(attempt_id)
        if attempt is None:
            self._desk.say("Not shown", "This attempt is no longer in the history.")
        else:
            self._see(attempt.request, f"{AGAIN} {sanitize(short_id(attempt_id))}.")

    def _see(self, request: TriggerRequest, said: str) -> None:
        self._desk.screen.run_worker(self._shown(request, said), group="see", exclusive=True)

    async def _shown(self, request: TriggerRequest, said: str) -> None:
        """Shows a request as it is, or would be, sent with the live profile."""
        desk = self._desk
        try:
            await desk.open_way()
            described = desk.service.describe(desk.veil.request(request))
        except AppError as error:
            desk.say("Not shown", str(error))
        else:
            is_inside = desk.service.profile.is_sandbox
            facts = (said, INSIDE if is_inside else CREDENTIALS, MASKED if desk.veil.is_on else "")
            desk.push(RequestScreen(described, " ".join(filter(None, facts)), desk.copy))
