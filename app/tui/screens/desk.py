"""What every part of the dashboard works with: one account, the panes that show it, and how something is said there.

What can be done there stands in modules of their own, which `parts` puts together.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from textual.screen import Screen

from app.domain.errors import AppError
from app.domain.model import Attempt, Outcome
from app.service.session import Session
from app.tui.copying import copy
from app.tui.keymap import key_of
from app.tui.messages import reading_s
from app.tui.past import Past
from app.tui.privacy import PrivacyMode
from app.tui.screens.panes import PanedScreen
from app.tui.text import outcome_label, sanitize
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from app.tui.widgets.fetch_bar import FetchBar
    from app.tui.widgets.preflight import PreflightPane
    from app.tui.widgets.reply_panel import ReplyPanel
    from app.tui.widgets.trigger_form import TriggerForm

Result = TypeVar("Result")
Severity = Literal["information", "warning"]

WHOLE = "-whole"
WAITING_AFTER_S = 2.0


class Desk:
    """One account on a screen."""

    form: "TriggerForm"
    preflight: "PreflightPane"
    reply: "ReplyPanel"
    bar: "FetchBar"

    def __init__(self, screen: PanedScreen, service: Session, veil: PrivacyMode) -> None:
        self.screen = screen
        self.service = service
        self.veil = veil
        self.past = Past(service, veil)
        self.status = StatusLine(service.profile)
        self.events = EventList(service.events.search, service.events.name)
        self.contacts = ContactList(service.contacts.search, veil)
        self.history = HistoryPane(service.contacts.field_name, veil, self.past.ask)
        self.answered: Attempt | None = None
        """The attempt whose reply is shown."""
        self.told: Callable[[ReplyPanel], None] | None = None
        """What the reply panel shows that is worth keeping there."""
        self._opening = asyncio.Lock()
        self._is_open = False

    # Its panes

    def make_rest(self) -> None:
        """Makes the panes that the first frame does without."""
        from app.tui.widgets.fetch_bar import FetchBar
        from app.tui.widgets.preflight import PreflightPane
        from app.tui.widgets.reply_panel import ReplyPanel
        from app.tui.widgets.trigger_form import TriggerForm

        name = self.service.contacts.field_name
        self.form = TriggerForm(self.service, self.veil)
        self.preflight, self.reply = PreflightPane(self.veil), ReplyPanel(name)
        self.bar = FetchBar()

    def show_whole(self, whole: bool) -> None:
        """Gives the history the whole screen, or takes it away again."""
        if whole != self.history.whole:
            self.history.whole = whole
            self.screen.set_class(whole, WHOLE)

    def push(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Lays a screen over this one; `then` is told what it is left with."""
        self.screen.app.push_screen(screen, then)

    # What is said

    def tell(self, show: Callable[["ReplyPanel"], None]) -> None:
        """Shows something in the reply panel, and again when the mask is put on or taken off."""
        self.answered = None
        self.told = show
        show(self.reply)

    def tell_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows the finished attempt in the reply panel, and where that is not in view, in a message too."""
        self.tell(lambda panel: panel.show_attempt(self.veil.attempt(attempt), fault))
        self.answered = attempt
        if not self._reply_is_in_view:
            from app.tui.notices import answered

            said = answered(self.veil.attempt(attempt), self.service.contacts.field_name)
            severity: Severity = "information" if attempt.outcome is Outcome.ACCEPTED else "warning"
            shows = f"{key_of(self.screen, 'reply')} shows it."
            self.say(outcome_label(attempt.outcome).plain, f"{said} {shows}", severity, unasked=True)

    @property
    def _reply_is_in_view(self) -> bool:
        side_by_side = self.screen.has_class("-wide") and not self.history.whole
        return self.screen.is_active and (side_by_side or self.screen.pane == "reply")

    def tell_fault(self, fault: str) -> None:
        """Says in the reply panel why something was not done, and where that is not in view, in a message too."""
        value = self.form.request().external_id
        self.tell(lambda panel: panel.show_fault(self.veil.words(fault, value)))
        if not self._reply_is_in_view:
            self.say("Not done", fault, unasked=True)

    def tell_again(self) -> None:
        """Draws the reply panel again: the mask was put on or taken off."""
        if self.told is not None:
            self.told(self.reply)

    def copy(self, text: str) -> None:
        """Copies a text as it is shown, and says where it is."""
        try:
            said = copy(self.screen.app, text, self.service.keep_copy)
        except AppError as error:
            self.say("Not copied", str(error))
        else:
            self.say("Copied", said, "information")

    def say(
        self, title: str, sentence: str, severity: Severity = "warning", *, unasked: bool = False
    ) -> None:
        """A short message; `unasked` where no key is answered by it, and nothing is to take it away unread."""
        shown = sanitize(self.veil.words(sentence, self.form.request().external_id), 500)
        lasts_s = reading_s(shown) if unasked else None
        self.screen.notify(shown, title=title, severity=severity, markup=False, timeout=lasts_s)

    # The way to the endpoint

    async def open_way(self) -> None:
        """Opens the way to the endpoint, once. Raises SettingsError where the secret cannot be had.

        Says that it is waiting where the keyring or a command takes its time to give the secret.
        """
        async with self._opening:
            if self._is_open:
                return
            notice = self.screen.set_timer(WAITING_AFTER_S, self._say_waiting)
            try:
                await self.service.open_client()
            finally:
                notice.stop()
            self._is_open = True

    def _say_waiting(self) -> None:
        profile = self.service.profile
        if profile.auth != "none":
            self.say("Waiting", f"Waiting for the secret of the profile {profile.name!r}…", unasked=True)
