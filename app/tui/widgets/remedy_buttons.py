"""What can be done about a refusal, as buttons: each changes the form or asks the account, none sends."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button

from app.domain.diagnosis import FormPatch, QuickFix
from app.domain.recipient import contact_name
from app.tui.bindings import key_of
from app.tui.text import sanitize

Offer = tuple[QuickFix, Content]
"""A remedy and what stands on its button."""


class _RemedyButton(Button):
    def __init__(self, remedy: QuickFix, words: Content) -> None:
        super().__init__(words, compact=True, tooltip="Changes the form or asks the account; nothing is sent")
        self.remedy = remedy


class RemedyButtons(Vertical):
    """One button a remedy, the best first; there are none where there is nothing to be mended."""

    offers: reactive[tuple[Offer, ...]] = reactive((), recompose=True)

    class Chosen(Message):
        """This is to be done."""

        def __init__(self, remedy: QuickFix) -> None:
            super().__init__()
            self.remedy = remedy

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """What is offered."""
        return [remedy for remedy, _ in self.offers]

    def compose(self) -> ComposeResult:
        for number, (remedy, words) in enumerate(self.offers):
            hint = "" if number else f"  {key_of(self, 'fix')}"
            yield _RemedyButton(remedy, Content.assemble("▸ ", words, (hint, "bold $primary")))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, _RemedyButton):
            self.post_message(self.Chosen(event.button.remedy))


def offers_of(remedies: Iterable[QuickFix]) -> tuple[Offer, ...]:
    """The remedies under their own words; one that decides who gets the trigger names that contact."""
    return tuple((one, _words(one)) for one in remedies)


def _words(one: QuickFix) -> Content:
    change, words, contact = one.change, sanitize(one.words), one.contact
    if contact is None:
        return Content(words)
    person = ", ".join(filter(None, (sanitize(contact_name(contact), 60), f"contact {sanitize(contact.id)}")))
    by_id = isinstance(change, FormPatch) and change.key_id == "id"
    return Content.assemble(f"Send to {person}", ("" if by_id else f"  {words}", "$quiet"))
