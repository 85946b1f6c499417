"""The answers beside the form: the prediction and the reply, each with its fixes as buttons.

The prediction is the reply to expect, why, and what was sent before. The reply is that to the last trigger:
outcome, codes, meaning, what to do, and whether it was predicted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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
from app.domain.model import Attempt, FieldNames, Outcome, TriggerRequest
from app.domain.recipient import contact_name
from app.domain.text import short_id
from app.service.masking import masked_preflight
from app.service.preflight import Preflight
from app.tui.bindings import key_of
from app.tui.privacy import PrivacyMode
from app.tui.text import (
    NO_VALUE,
    carried_data,
    last_sent,
    lines,
    outcome_label,
    prediction_label,
    remedy,
    reply_lines,
    request_label,
    sanitize,
    second_send_label,
    use_label,
)
from app.tui.widgets.text_block import TextBlock

ABOUT_THE_VALUE = (2008, 2010, 2012)
"""Replies about the external id; they say nothing while it is empty."""

PICK_A_CONTACT, PICK_AN_EVENT = Content("Pick a contact."), Content("Pick an event.")
NOTHING_YET = Content.styled("Nothing sent in this session", "$quiet")
WAITING = Content.styled(
    "Waiting for the reply. Esc stops waiting, unless a list or filter has the focus.", "$quiet"
)
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


class _FixButton(Button):
    def __init__(self, fix: QuickFix, key: str) -> None:
        content = Content.assemble("▸ ", _words(fix), (f"  {key}" if key else "", "bold"))
        super().__init__(content, compact=True, tooltip="Changes the form or asks the account; never sends")
        self.fix = fix


class RemedyButtons(Vertical):
    """One button for each fix, the best first."""

    remedies: reactive[tuple[QuickFix, ...]] = reactive((), recompose=True)

    @dataclass
    class Chosen(Message):
        """A person chose this fix."""

        remedy: QuickFix

    def compose(self) -> ComposeResult:
        for number, fix in enumerate(self.remedies):
            yield _FixButton(fix, "" if number else key_of(self, "fix"))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        button = event.button
        # The fixes may have changed since the buttons were drawn.
        if isinstance(button, _FixButton) and button.fix in self.remedies:
            self.post_message(self.Chosen(button.fix))


def _words(fix: QuickFix) -> str:
    """The words on its button; a fix that picks the recipient names the contact."""
    words, contact = sanitize(fix.words), fix.contact
    if contact is None:
        return words
    person = ", ".join(filter(None, (sanitize(contact_name(contact), 60), f"contact {sanitize(contact.id)}")))
    by_id = isinstance(fix.change, FormPatch) and fix.change.key_id == "id"
    return f"Pick {person}{'' if by_id else f'  {words}'}"


class PreflightPane(VerticalScroll):
    def __init__(self, veil: PrivacyMode) -> None:
        super().__init__(id="preflight", classes="pane")
        self.border_title = "Prediction"
        self._privacy = veil
        self.fixes = RemedyButtons(id="preflight-remedies", classes="remedies")

    def compose(self) -> ComposeResult:
        yield TextBlock(id="preflight-text")
        yield self.fixes
        yield TextBlock(id="preflight-more")

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
        shown = masked_preflight(self._privacy.mask, known, request)
        now = datetime.now(UTC)
        if not request.event_id:
            self._update(PICK_AN_EVENT, (), last_sent(shown.last, now))
            return
        missing = is_begun and shown.prediction is not None and shown.prediction.code == NO_VALUE
        more = [
            second_send_label(shown.second_send, now),  # first: a small pane cuts off what is below
            use_label(use, shown.prediction),
            carried_data(shown, now),
            None if missing else _reply_text(shown),
            self._placeholders(filled),
            None if shown.second_send else last_sent(shown.last, now),
        ]
        self._update(
            PICK_A_CONTACT if missing else lines([prediction_label(shown.prediction), remedy(shown.remedy)]),
            shown.advice.remedies if shown.advice else (),
            lines(more),
        )

    def show_fault(self, fault: EventDataError, fixes: Iterable[QuickFix]) -> None:
        self._update(lines([NOT_VALID_JSON, Content(sanitize(str(fault)))]), fixes, None)

    def _update(self, headline: Content, fixes: Iterable[QuickFix], more: Content | None) -> None:
        self.query_one("#preflight-text", TextBlock).show(headline)
        self.fixes.remedies = tuple(fixes)
        below = self.query_one("#preflight-more", TextBlock)
        below.display = bool(more)
        below.show(more or "")

    def _placeholders(self, filled: Filled) -> Content | None:
        """The value of each placeholder, or why it has none."""
        used = [
            Content.assemble(
                (f"{{{{{sanitize(name, 40)}}}}} ", "$primary"), sanitize(self._privacy.mask.value(value), 200)
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


class ReplyPanel(VerticalScroll):
    """The last reply, that a trigger is being sent, or why nothing was sent."""

    def __init__(self, fields: FieldNames) -> None:
        super().__init__(id="reply", classes="pane")
        self.border_title = "Reply"
        self._fields = fields
        self._state = "nothing"
        self.fixes = RemedyButtons(id="reply-remedies", classes="remedies")

    def compose(self) -> ComposeResult:
        yield TextBlock(id="reply-text")
        yield self.fixes

    def show_nothing(self, last: Attempt | None, welcome: str = "") -> None:
        """Nothing was sent yet; the last attempt of the profile is shown dimmed."""
        parts = [NOTHING_YET, Content(f"\n{welcome}") if welcome else None]
        if last is not None:
            when = f"{last.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
            shown = [*reply_lines(last), self._request(last.request)]
            parts += [Content(f"\nLast attempt of {sanitize(last.profile)}, {when}"), *shown]
        self._update("nothing", [part and Content.styled(part.plain, "$quiet") for part in parts])

    def show_sending(self, request: TriggerRequest, waited: str) -> None:
        """A trigger is being sent; `waited` says for how long."""
        head = Content.assemble(outcome_label(Outcome.SENDING), f"   {waited}")
        self._update("sending", [head, self._request(request), WAITING])

    def show_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """The finished attempt; `fault` says what else went wrong."""
        reference = Content.assemble(
            ("reference ", "$quiet"), (sanitize(short_id(attempt.attempt_id)), "bold")
        )
        self._update(
            attempt.outcome.value.replace("_", "-"),
            [
                *reply_lines(attempt),
                self._request(attempt.request),
                reference,
                self._how_to_resolve(attempt),
                None if fault is None else _fault(fault),
            ],
        )

    def show_fault(self, fault: str) -> None:
        self._update("fault", [_fault(fault)])

    @property
    def is_free(self) -> bool:
        """Whether it shows no reply and no fault, and no reply is waited for."""
        return self._state in ("nothing", "run")

    def show_run(self, numbers: str, reason: str) -> None:
        """A bulk run has ended, for a reason if it was paused."""
        self._update("run", [Content(numbers), Content.styled(sanitize(reason, 500), "$quiet")])

    def _how_to_resolve(self, attempt: Attempt) -> Content | None:
        if attempt.outcome is not Outcome.UNKNOWN or attempt.settlement is not None:
            return None
        history = key_of(self, "history")
        return Content.styled(f"Once you know whether it arrived, mark it in History ({history}).", "$quiet")

    def _request(self, request: TriggerRequest) -> Content:
        return Content.styled(request_label(request, self._fields), "$quiet")

    def _update(self, state: str, parts: list[Content | None]) -> None:
        self.remove_class(f"-{self._state}").add_class(f"-{state}")
        self._state = state
        self.query_one("#reply-text", TextBlock).show(lines(parts))
        self.fixes.remedies = ()
        self.scroll_home(animate=False)


def _fault(fault: str) -> Content:
    return Content.styled(f"! {sanitize(fault, 2000)}", "bold $text-error")
