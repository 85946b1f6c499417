"""The prediction beside the form: the reply to expect, why, what was sent before, and the fixes as buttons."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button

from app.domain.diagnosis import FormPatch, QuickFix
from app.domain.event_data import EventDataError, Filled
from app.domain.mails import EventUse
from app.domain.model import TriggerRequest
from app.domain.recipient import contact_name
from app.service.preflight import Preflight
from app.tui.bindings import key_of
from app.tui.privacy import PrivacyMode
from app.tui.text import (
    NO_VALUE,
    carried_data,
    last_sent,
    lines,
    prediction_label,
    remedy,
    sanitize,
    second_send_label,
    use_label,
)
from app.tui.widgets.text_block import TextBlock

ABOUT_THE_VALUE = (2008, 2010, 2012)
"""Replies about the external id; they say nothing while it is empty."""

PICK_A_CONTACT, PICK_AN_EVENT = Content("Pick a contact."), Content("Pick an event.")
NOT_VALID_JSON = Content.styled("✗ Not valid JSON", "bold $outcome-rejected")
START = lines(
    Content.assemble((f"{number}  ", "bold $primary"), step)
    for number, step in enumerate(
        (
            "Pick an event: type in Events, Enter.",
            "Pick a contact: type in Contacts, Enter.",
            "Read the prediction here.",
            "Send: Enter on the button, or its key below.",
        ),
        1,
    )
)

Offer = tuple[QuickFix, Content]
"""A fix and the words on its button."""


class _FixButton(Button):
    def __init__(self, fix: QuickFix, words: Content) -> None:
        super().__init__(words, compact=True, tooltip="Changes the form or asks the account; never sends")
        self.fix = fix


class RemedyButtons(Vertical):
    """One button for each fix, the best first."""

    offers: reactive[tuple[Offer, ...]] = reactive((), recompose=True)

    class Chosen(Message):
        """A person chose this fix."""

        def __init__(self, remedy: QuickFix) -> None:
            super().__init__()
            self.remedy = remedy

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """The fixes on the buttons."""
        return [fix for fix, _ in self.offers]

    def compose(self) -> ComposeResult:
        for number, (fix, words) in enumerate(self.offers):
            hint = "" if number else f"  {key_of(self, 'fix')}"
            yield _FixButton(fix, Content.assemble("▸ ", words, (hint, "bold")))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, _FixButton):
            self.post_message(self.Chosen(event.button.fix))


def offers_of(fixes: Iterable[QuickFix]) -> tuple[Offer, ...]:
    """The fixes with their words; one that picks the recipient names the contact."""
    return tuple((fix, _words(fix)) for fix in fixes)


def _words(fix: QuickFix) -> Content:
    words, contact = sanitize(fix.words), fix.contact
    if contact is None:
        return Content(words)
    person = ", ".join(filter(None, (sanitize(contact_name(contact), 60), f"contact {sanitize(contact.id)}")))
    by_id = isinstance(fix.change, FormPatch) and fix.change.key_id == "id"
    return Content(f"Send to {person}{'' if by_id else f'  {words}'}")


class PreflightPane(VerticalScroll):
    """The prediction for what the form holds."""

    def __init__(self, veil: PrivacyMode) -> None:
        super().__init__(id="preflight", classes="pane")
        self.border_title = "Prediction"
        self._privacy = veil

    def compose(self) -> ComposeResult:
        yield TextBlock(id="preflight-text")
        yield RemedyButtons(id="preflight-remedies", classes="remedies")
        yield TextBlock(id="preflight-more")

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """The fixes that are offered."""
        return self.query_one(RemedyButtons).remedies

    def show(
        self,
        request: TriggerRequest,
        known: Preflight | None,
        filled: Filled,
        use: EventUse | None = None,
        *,
        is_begun: bool,
    ) -> None:
        """Shows the prediction, and what the event starts if that is known; None shows the first steps.

        `is_begun`: there is no contact yet, which is not a mistake.
        """
        if known is None:
            self._update(START, (), None)
            return
        shown = self._privacy.preflight(known, request)
        now = datetime.now(UTC)
        if not request.event_id:
            self._update(PICK_AN_EVENT, (), last_sent(shown.last, now))
            return
        missing = is_begun and shown.prediction is not None and shown.prediction.code == NO_VALUE
        more = [
            use_label(use, shown.prediction),
            carried_data(shown, now),
            None if missing else _reply_text(shown),
            self._placeholders(filled),
            second_send_label(shown.second_send, now),
            None if shown.second_send else last_sent(shown.last, now),
        ]
        self._update(
            PICK_A_CONTACT if missing else lines([prediction_label(shown.prediction), remedy(shown.remedy)]),
            offers_of(shown.advice.remedies if shown.advice else ()),
            lines(more),
        )

    def show_fault(self, fault: EventDataError, fixes: Iterable[QuickFix]) -> None:
        """Shows that the event data is faulty, where and why."""
        self._update(lines([NOT_VALID_JSON, Content(sanitize(str(fault)))]), offers_of(fixes), None)

    def _update(self, headline: Content, offers: tuple[Offer, ...], more: Content | None) -> None:
        self.query_one("#preflight-text", TextBlock).show(headline)
        self.query_one(RemedyButtons).offers = offers
        below = self.query_one("#preflight-more", TextBlock)
        below.display = bool(more)
        below.show(more or "")

    def _placeholders(self, filled: Filled) -> Content | None:
        """The value of each placeholder, or why it has none."""
        used = [
            Content.assemble(
                (f"{{{{{sanitize(name, 40)}}}}} ", "$primary"), sanitize(self._privacy.value(value), 200)
            )
            for name, value in filled.used.items()
        ]
        missing = [
            Content.styled(f"✗ {sanitize(name, 44)}: {sanitize(why)}", "$outcome-rejected")
            for name, why in filled.missing.items()
        ]
        return lines([*missing, *used]) if used or missing else None


def _reply_text(known: Preflight) -> Content | None:
    """The reply text of a predicted rejection, and the rules that are broken as well."""
    if known.prediction is None or known.prediction.code == 0:
        return None
    others = [one for one in known.broken if one != known.prediction]
    if known.prediction.code == NO_VALUE:
        others = [one for one in others if one.code not in ABOUT_THE_VALUE]
    then = "; ".join(f"{one.code} {sanitize(one.text)}" for one in others)
    said = [sanitize(known.prediction.text, 2000), f"After that fix: {then}" if then else ""]
    return lines(Content.styled(text, "$quiet") for text in said if text)
