"""The screen of one account: its service, its panes, and the way to its endpoint.

What can be done there stands in the modules that build on this one: `sending`, `following`, `rehearsing`, `caching`.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, cast

from app.domain.errors import DeskError
from app.domain.model import Attempt
from app.service import TriggerService
from app.tui.copying import copy
from app.tui.screens.panes import PanedScreen
from app.tui.text import clean
from app.tui.veil import Veil
from app.tui.widgets.safe_input import SafeInput
from app.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from app.tui.widgets.preflight import PreflightPane
    from app.tui.widgets.reply_panel import ReplyPanel
    from app.tui.widgets.trigger_form import TriggerForm


class AccountScreen(PanedScreen):
    """A screen with a status line, a form, a reply panel and a history, over one service."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__()
        self._service = service
        self._veil = veil or Veil()
        self._told: Callable[[ReplyPanel], None] | None = None
        self._opening = asyncio.Lock()
        self._is_open = False
        self._standing = asyncio.Event()

    @property
    def stands(self) -> bool:
        """Whether every pane is there, as it is just after the first frame."""
        return self._standing.is_set()

    def stand(self) -> None:
        """Every pane is there now."""
        self._standing.set()
        self.refresh_bindings()

    async def standing(self) -> None:
        """Returns once every pane is there."""
        await self._standing.wait()

    @property
    def profile_name(self) -> str:
        """The profile whose account this is."""
        return self._service.profile.name

    @property
    def form(self) -> "TriggerForm":
        """The trigger form."""
        return cast("TriggerForm", self.query_one("#trigger"))

    @property
    def reply(self) -> "ReplyPanel":
        """The reply to the last trigger."""
        return cast("ReplyPanel", self.query_one("#reply"))

    @property
    def preflight(self) -> "PreflightPane":
        """What will be answered."""
        return cast("PreflightPane", self.query_one("#preflight"))

    @property
    def status(self) -> StatusLine:
        """The first line."""
        return self.query_one(StatusLine)

    def show_history(self) -> None:
        """Shows the attempts as they are now."""
        raise NotImplementedError

    def predict(self) -> None:
        """Shows what will be answered to what the form asks for."""
        raise NotImplementedError

    def tell(self, show: Callable[["ReplyPanel"], None]) -> None:
        """Shows something in the reply panel, and again when the mask is put on or taken off."""
        self._told = show
        show(self.reply)

    @property
    def has_told(self) -> bool:
        """Whether something stands in the reply panel that is worth keeping there."""
        return self._told is not None

    def tell_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows the finished attempt in the reply panel."""
        self.tell(lambda panel: panel.show_attempt(self._veil.attempt(attempt), fault))

    def tell_fault(self, fault: str) -> None:
        """Says in the reply panel why nothing was sent or refreshed."""
        value = self.form.request().external_id
        self.tell(lambda panel: panel.show_fault(self._veil.words(fault, value)))

    def action_mask(self) -> None:
        """Puts the mask on everything that is shown of persons, or takes it off."""
        try:
            self._veil.switch()
        except DeskError as error:
            self.say("Not masked", str(error))
        else:
            self.app.clear_notifications()
            self.veil_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        if action == "mask":
            return True if self._veil.can_be_on else None
        return super().check_action(action, parameters)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        return "There is no mask here." if action == "mask" else ""

    def veil_changed(self) -> None:
        """Draws everything again that may speak of persons."""
        is_on = self.status.is_masked = self._veil.is_on
        for field in self.query(SafeInput):
            field.cover(is_on)
        self.form.veil_changed()
        if self._told is not None:
            self._told(self.reply)

    def copy(self, text: str) -> None:
        """Copies a text as it is shown, and says where it is."""
        try:
            said = copy(self.app, text, self._service.keep_copy)
        except DeskError as error:
            self.say("Not copied", str(error))
        else:
            self.say("Copied", said, "information")

    def say(self, title: str, sentence: str, severity: Literal["information", "warning"] = "warning") -> None:
        """A short message that goes away by itself, later where it takes longer to read."""
        self.app.clear_notifications()
        shown = clean(self._veil.words(sentence, self.form.request().external_id), 500)
        lasts_s = max(4, len(shown) / 15)
        self.notify(shown, title=title, severity=severity, markup=False, timeout=lasts_s)

    def _open_client(self) -> None:
        self._service.client  # noqa: B018 - opened when it is first asked for

    async def open_way(self) -> None:
        """Opens the way to the endpoint, once. Raises SettingsError where the secret cannot be had.

        In a thread: much is imported for it, and its secret may be asked of a command that takes its time.
        """
        async with self._opening:
            if not self._is_open:
                await asyncio.to_thread(self._open_client)
                self._is_open = True
