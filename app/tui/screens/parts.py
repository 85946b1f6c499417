"""The parts of the dashboard that are not needed for its first frame, what keys do with them, and what passes between them.

Each is a plain object with what it needs handed to it; they are imported and made once every pane is there.
"""

from collections.abc import Callable, Sequence

from app.domain.errors import AppError
from app.domain.model import Attempt
from app.tui.screens.actions import Action
from app.tui.screens.advising import Advising
from app.tui.screens.caching import Caching
from app.tui.screens.desk import Desk
from app.tui.screens.drafting import Drafts
from app.tui.screens.following import Following
from app.tui.screens.rehearsing import Rehearsing
from app.tui.screens.searching import Searching
from app.tui.screens.seeing import Seeing
from app.tui.screens.sending import Sending
from app.tui.screens.switching import Switching
from app.tui.text import Live
from app.tui.widgets.safe_input import SafeInput


class Parts:
    """All that can be done on the dashboard."""

    def __init__(
        self,
        desk: Desk,
        caching: Caching,
        searching: Searching,
        known: Callable[[], Sequence[Live]],
        leave: Callable[[str], object],
    ) -> None:
        """`known` and `leave` as Switching wants them."""
        self._desk = desk
        self._caching = caching
        seeing = Seeing(desk)
        self.sending = Sending(desk, caching, searching, self._answered)
        self.advising = Advising(desk, self.sending, caching)
        self.drafts = Drafts(desk, self.sending)
        self.following = Following(desk, searching, self.sending, seeing, self._settled)
        self.rehearsing = Rehearsing(desk, searching, self.advising)
        switching = Switching(desk, self.sending, known, leave)
        catch = self.sending.catch
        self.actions = {
            "send": Action(self.sending.send, lambda: desk.form.obstacle),
            "stop": Action(self._stop, self._why_no_stop, is_hidden=True),
            "arm": Action(catch.switch, lambda: catch.why_not, is_hidden=True),
            "refresh": Action(caching.refresh),
            "lookup": Action(caching.look_up),
            "data": Action(self.drafts.offer),
            "format": Action(self.drafts.format),
            "remedy": Action(self.advising.mend, lambda: self.advising.why_not),
            "request": Action(seeing.see_form),
            "switch": Action(switching.ask),
            "mask": Action(self._mask, lambda: "" if desk.veil.can_be_on else "There is no mask here."),
            "clear": Action(self.drafts.clear),
            "unsettled": Action(searching.show_unsettled),
        }
        """What a key does, by the name in its `do('NAME')`."""

    def begin(self) -> None:
        """Takes up what was typed, and shows what is known about it."""
        self.drafts.take_up()
        self._show_fields()
        self.advising.predict()
        if self._desk.veil.is_on:
            self._veil_changed()

    async def wind_up(self) -> None:
        """Ends what is under way, so that it is recorded, and keeps what was typed."""
        await self.sending.end()
        await self._caching.end()
        self.drafts.keep()

    # What passes between them

    def form_changed(self) -> None:
        """The form asks for something else now."""
        self.sending.form_changed()
        self.drafts.changed()
        self.advising.predict()

    def _answered(self, attempt: Attempt, fault: str | None) -> None:
        self._desk.tell_attempt(attempt, fault)
        self.advising.predict()
        self._caching.show_events()
        self.drafts.answered(attempt)

    def _settled(self, attempt: Attempt) -> None:
        answered = self._desk.answered
        if answered is not None and answered.attempt_id == attempt.attempt_id:
            self._desk.tell_attempt(attempt)
        self.advising.predict()

    def cache_changed(self) -> None:
        """The cache may be another one now."""
        self._caching.show()
        self._show_fields()
        self.advising.predict()

    def _show_fields(self) -> None:
        self._desk.form.offer_fields(self._desk.service.contacts.fields())

    def _mask(self) -> None:
        try:
            self._desk.veil.switch()
        except AppError as error:
            self._desk.say("Not masked", str(error))
        else:
            self._desk.screen.app.clear_notifications()
            self._veil_changed()

    def _veil_changed(self) -> None:
        desk = self._desk
        is_on = desk.status.is_masked = desk.veil.is_on
        for field in desk.screen.query(SafeInput):
            field.cover(is_on)
        desk.form.veil_changed()
        desk.tell_again()
        desk.contacts.table.refresh()
        desk.history.veil_changed()
        self.advising.predict()

    def _stop(self) -> None:
        part = self.sending if self.sending.is_under_way else self._caching
        part.stop()

    def _why_no_stop(self) -> str:
        if self.sending.is_under_way:
            return self.sending.why_no_stop
        return "" if self._caching.is_under_way else "Nothing is under way."
