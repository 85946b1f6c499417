"""What the dashboard knows and does about what is typed: the reply to come, and each remedy on a key or a button.

A remedy changes the form or asks the account; sending stays with whoever presses Send.
"""

from collections.abc import Sequence

from app.domain.diagnosis import Fetch, FormPatch, QuickFix
from app.domain.recipient import DataUse, Recipient
from app.tui.screens.caching import Caching
from app.tui.screens.desk import Desk
from app.tui.screens.sending import Sending
from app.tui.widgets.prediction import offers_of

NOTHING_TO_MEND = "Nothing is known that would have to be mended."


class Advising:
    """Says beforehand what will be answered, and mends what is asked for."""

    def __init__(self, desk: Desk, sending: Sending, caching: Caching) -> None:
        self._desk = desk
        self._sending = sending
        self._caching = caching
        self._data_use: DataUse | None = None

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """What can be done now, the best first: about what is to be sent, else about what was answered to it."""
        return self._desk.preflight.remedies or self._desk.reply.remedies

    @property
    def why_not(self) -> str:
        """Why nothing can be mended, '' where something can."""
        return "" if self.remedies else NOTHING_TO_MEND

    def predict(self) -> None:
        """Shows what will be answered to what the form asks for, and offers what can be done."""
        self._sending.block()
        desk = self._desk
        request = desk.form.request()
        asked = bool(request.event_id or request.external_id)
        chosen = desk.form.draft().contact_id
        known = desk.service.preflight.check(request, chosen, self._data_use) if asked else None
        self._data_use = known.data_use if known else self._data_use
        desk.form.name_recipient(known.recipient if known else Recipient())
        is_begun = not request.external_id and not chosen
        desk.preflight.show(request, known, desk.form.filled(), is_begun=is_begun)
        self._offer_after(chosen)

    def _offer_after(self, chosen: str) -> None:
        """Offers what can be done about the reply for as long as the form asks for what was answered."""
        desk, attempt = self._desk, self._desk.answered
        if attempt is None:
            return
        asked, was = desk.form.request(), attempt.request
        same = (asked.event_id, asked.key_id, asked.external_id) == (
            was.event_id,
            was.key_id,
            was.external_id,
        )
        advice = desk.service.preflight.advice(attempt, chosen) if same else None
        desk.reply.offer(offers_of(desk.veil.remedies(advice, was)))

    def mend(self) -> None:
        """The best remedy there is."""
        if self.remedies:
            self.do(self.remedies[0])

    def do(self, remedy: QuickFix) -> None:
        """This remedy."""
        match remedy.change:
            case FormPatch() as change:
                self._desk.form.change(change)
                self._desk.form.focus_next()
            case Fetch.LOOK_UP:
                self._desk.form.focus_next()
                self._caching.look_up()
            case Fetch.REFRESH:
                self._caching.refresh()
