"""Before sending: what will be answered and why, what was sent before, and what to do about it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.domain.diagnosis import QuickFix
from app.domain.model import TriggerRequest
from app.domain.placeholders import Filled
from app.service.preflight import Preflight
from app.tui.notices import carried_data, last_sent, predicted, second_send_label
from app.tui.privacy import PrivacyMode
from app.tui.text import lines, remedy, sanitize
from app.tui.widgets.remedy_buttons import Offer, RemedyButtons, offers_of

NO_VALUE = 2005
OF_THE_VALUE = (2008, 2010, 2012)
"""What is wrong with an external id; nothing yet, while there is none."""


class PreflightPane(VerticalScroll):
    """The prediction, live beside the form."""

    def __init__(self, veil: PrivacyMode) -> None:
        super().__init__(id="preflight", classes="pane")
        self.border_title = "Before sending"
        self._veil = veil

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="preflight-text")
        yield RemedyButtons(id="preflight-remedies", classes="remedies")
        yield Static(markup=False, id="preflight-more")

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """What is offered to be done before sending."""
        return self.query_one(RemedyButtons).remedies

    def show(
        self, request: TriggerRequest, known: Preflight | None, filled: Filled, *, is_begun: bool
    ) -> None:
        """What will be answered to this request; None while there is nothing to say.

        `is_begun`: nobody was chosen or typed yet, which is no mistake.
        """
        if known is None:
            self._say(START, (), None)
            return
        shown = self._veil.preflight(known, request)
        offers = offers_of(shown.advice.remedies if shown.advice else ())
        now = datetime.now(UTC)
        self._say(
            _answer(shown, is_begun=is_begun),
            offers,
            lines(
                [
                    carried_data(shown, now),
                    _because(shown),
                    self._placeholders(filled),
                    second_send_label(shown.second_send, now),
                    None if shown.second_send else last_sent(shown.last, now),
                ]
            ),
        )

    def _say(self, answer: Content, offers: tuple[Offer, ...], more: Content | None) -> None:
        self.query_one("#preflight-text", Static).update(answer)
        self.query_one(RemedyButtons).offers = offers
        below = self.query_one("#preflight-more", Static)
        below.display = bool(more)
        below.update(more or "")

    def _placeholders(self, filled: Filled) -> Content | None:
        """What stands in the place of each placeholder, and why nothing does."""
        used = [
            Content.assemble(
                (f"{{{{{sanitize(name, 40)}}}}} ", "$primary"), sanitize(self._veil.value(value), 200)
            )
            for name, value in filled.used.items()
        ]
        missing = [
            Content.styled(f"✗ {sanitize(name, 44)}: {sanitize(why)}", "$outcome-rejected")
            for name, why in filled.missing.items()
        ]
        return lines([*missing, *used]) if used or missing else None


START = lines(
    [
        Content.assemble(("1  ", "bold $primary"), "Choose an event: type in Events, Enter."),
        Content.assemble(("2  ", "bold $primary"), "Choose a contact: type in Contacts, Enter."),
        Content.assemble(("3  ", "bold $primary"), "Read here what will be answered."),
        Content.assemble(("4  ", "bold $primary"), "Send: Enter on the button, or its key below."),
    ]
)


TO_BE_CHOSEN = "A contact is still to be chosen: type in Contacts, Enter."


def _answer(known: Preflight, *, is_begun: bool) -> Content:
    answer = predicted(known)
    if is_begun and known.prediction is not None and known.prediction.code == NO_VALUE:
        now = Content.styled(f"Sent now, it is answered {NO_VALUE}.", "$quiet")
        answer = lines([Content(TO_BE_CHOSEN), now])
    return lines([answer, remedy(known.remedy)])


def _because(known: Preflight) -> Content | None:
    """The reply text to come, and what will be refused once that is mended."""
    if known.prediction is None or known.prediction.code == 0:
        return None
    others = [one for one in known.broken if one != known.prediction]
    if known.prediction.code == NO_VALUE:
        others = [one for one in others if one.code not in OF_THE_VALUE]
    then = "; ".join(f"{one.code} {sanitize(one.text)}" for one in others)
    said = [sanitize(known.prediction.text, 2000), f"Once that is mended: {then}" if then else ""]
    return lines([Content.styled(text, "$quiet") for text in said if text])
