"""Before sending: whom the key finds, what will be answered and why, and what to do about it."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.domain.model import Contact, TriggerRequest
from app.service import Preflight
from app.tui.text import clean, contact_label, key_label, lines, predicted_label, remedy

SHOWN_CONTACTS = 5


class PreflightPane(VerticalScroll):
    """The prediction, live beside the form."""

    def __init__(self, field_name: Callable[[str], str | None]) -> None:
        super().__init__(id="preflight", classes="pane")
        self.border_title = "Before sending"
        self._field_name = field_name

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="preflight-text")

    def show(self, request: TriggerRequest | None, known: Preflight | None) -> None:
        """What will be answered to this request; None while there is nothing to say."""
        text = START if request is None or known is None else self._text(request, known)
        self.query_one("#preflight-text", Static).update(text)

    def _text(self, request: TriggerRequest, known: Preflight) -> Content:
        found = _found(known.contacts)
        if known.prediction is None:
            return lines([found, UNPREDICTED])
        if known.prediction.code == 0:
            return lines([found, predicted_label(known.prediction), self._by(request)])
        return lines(
            [
                predicted_label(known.prediction),
                remedy(known.remedy),
                found,
                Content.styled(clean(known.prediction.text, 2000), "$quiet"),
                _also(known),
            ]
        )

    def _by(self, request: TriggerRequest) -> Content:
        return Content.styled(f"found by {clean(key_label(request.key_id, self._field_name))}", "$quiet")


START = lines(
    [
        Content.assemble(("1  ", "bold $primary"), "Choose an event: type in Events, Enter."),
        Content.assemble(("2  ", "bold $primary"), "Choose a contact: type in Contacts, Enter."),
        Content.assemble(("3  ", "bold $primary"), "Read here what will be answered."),
        Content.assemble(("4  ", "bold $primary"), "Send: Enter on the button, or f9."),
    ]
)

UNPREDICTED = lines(
    [
        Content.styled("? what will be answered is not known", "bold $text-warning"),
        Content.styled("The contacts of this account are known here only in part.", "$quiet"),
    ]
)


def _found(contacts: Sequence[Contact]) -> Content | None:
    shown = [contact_label(contact) for contact in contacts[:SHOWN_CONTACTS]]
    if len(contacts) > SHOWN_CONTACTS:
        shown.append(Content.styled("and more", "$quiet"))
    return lines(shown) if shown else None


def _also(known: Preflight) -> Content | None:
    others = [verdict for verdict in known.broken if verdict != known.prediction]
    if not others:
        return None
    said = "; ".join(f"{verdict.code} {clean(verdict.text)}" for verdict in others)
    return Content.styled(f"Once that is mended: {said}", "$quiet")
