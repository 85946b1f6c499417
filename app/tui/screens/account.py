"""The screen of one account: its service, its panes, and the way to its endpoint.

What can be done there stands in the modules that build on this one: `sending`, `following`, `rehearsing`, `caching`.
"""

import asyncio
from typing import Literal

from app.service import TriggerService
from app.tui.screens.panes import PanedScreen
from app.tui.text import clean
from app.tui.veil import Veil
from app.tui.widgets.reply_panel import ReplyPanel
from app.tui.widgets.status_line import StatusLine
from app.tui.widgets.trigger_form import TriggerForm


class AccountScreen(PanedScreen):
    """A screen with a status line, a form, a reply panel and a history, over one service."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__()
        self._service = service
        self._veil = veil or Veil()
        self._opening = asyncio.Lock()
        self._is_open = False

    @property
    def profile_name(self) -> str:
        """The profile whose account this is."""
        return self._service.profile.name

    @property
    def form(self) -> TriggerForm:
        """The trigger form."""
        return self.query_one(TriggerForm)

    @property
    def reply(self) -> ReplyPanel:
        """The reply to the last trigger."""
        return self.query_one(ReplyPanel)

    @property
    def status(self) -> StatusLine:
        """The first line."""
        return self.query_one(StatusLine)

    def show_history(self) -> None:
        """Shows the attempts as they are now."""
        raise NotImplementedError

    def say(self, title: str, sentence: str, severity: Literal["information", "warning"] = "warning") -> None:
        """A short message that goes away by itself, later where it takes longer to read."""
        self.app.clear_notifications()
        shown = clean(sentence, 500)
        lasts_s = max(4, len(shown) / 15)
        self.notify(shown, title=title, severity=severity, markup=False, timeout=lasts_s)

    def _open_client(self) -> None:
        self._service.client  # noqa: B018 - opened when it is first asked for

    async def open_way(self) -> None:
        """Opens the way to the endpoint, once. Raises SettingsError where the secret cannot be had.

        That of a real account in a thread: its secret may be asked of a keyring, or of a command that takes its time.
        """
        async with self._opening:
            if not self._is_open:
                if self._service.profile.is_sandbox:
                    self._open_client()
                else:
                    await asyncio.to_thread(self._open_client)
                self._is_open = True
