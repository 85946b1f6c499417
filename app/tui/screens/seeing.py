"""What the dashboard does to show a request without sending it: the one in the form, or one that was sent before."""

from dataclasses import replace

from textual import on, work

from app.domain.errors import DeskError
from app.domain.model import TriggerRequest, new_attempt_id
from app.domain.reference import reference_of
from app.tui.screens.account import AccountScreen
from app.tui.text import clean
from app.tui.widgets.form_messages import FormMessages

NOT_YET = "Nothing was sent. The trigger id is this copy's own: every trigger gets another."
AGAIN = "Whoever runs this triggers once more, with the same trigger id, what was sent as"
CREDENTIALS = "*** stands for credentials."
INSIDE = "This address answers in here only; triggerdesk sandbox serves the account on a port."
MASKED = "Persons are masked."


class SeeingScreen(AccountScreen):
    """A screen that shows the exact request."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        if action == "request" and not self.stands:
            return None
        return super().check_action(action, parameters)

    @on(FormMessages.RequestPressed)
    def action_request(self) -> None:
        """Shows the request that the form asks for."""
        if self.form.fault:
            self.say("Not shown", self.form.fault)
        else:
            self.see(replace(self.form.request(), trigger_id=new_attempt_id()), NOT_YET)

    def see_attempt(self, attempt_id: str) -> None:
        """Shows the request of an attempt."""
        attempt = self._service.past.attempt(attempt_id)
        if attempt is None:
            self.say("Not shown", "This attempt is no longer in the history.")
        else:
            self.see(attempt.request, f"{AGAIN} {clean(reference_of(attempt_id))}.")

    @work(group="see", exclusive=True)
    async def see(self, request: TriggerRequest, said: str) -> None:
        """Shows a request as it is, or would be, sent with the live profile."""
        try:
            await self.open_way()
            described = self._service.describe(self._veil.request(request))
        except DeskError as error:
            self.say("Not shown", str(error))
        else:
            is_inside = self._service.profile.is_sandbox
            facts = (said, INSIDE if is_inside else CREDENTIALS, MASKED if self._veil.is_on else "")
            from app.tui.screens.request import RequestScreen

            self.app.push_screen(RequestScreen(described, " ".join(filter(None, facts)), self.copy))
