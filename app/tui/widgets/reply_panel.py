"""The reply to the last trigger: outcome, codes, what they mean, what to do, and whether it was predicted."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.domain.diagnosis import QuickFix
from app.domain.model import Attempt, Outcome, TriggerRequest
from app.domain.short_id import short_id
from app.tui.bindings import key_of
from app.tui.notices import settled
from app.tui.text import (
    answer_code,
    answer_description,
    answer_head,
    compared,
    key_label,
    lines,
    outcome_label,
    remedy,
    sanitize,
)
from app.tui.widgets.remedy_buttons import Offer, RemedyButtons

NOTHING_YET = Content.styled("Nothing was sent yet.", "$quiet")


class ReplyPanel(VerticalScroll):
    """What came back, or that something is under way, or why nothing could be sent."""

    def __init__(self, field_name: Callable[[str], str | None]) -> None:
        super().__init__(id="reply", classes="pane")
        self.border_title = "Reply"
        self._field_name = field_name
        self._state = "nothing"

    def compose(self) -> ComposeResult:
        yield Static(NOTHING_YET, markup=False, id="reply-text")
        yield RemedyButtons(id="reply-remedies", classes="remedies")

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """What is offered to be done about the reply."""
        return self._buttons.remedies

    def offer(self, offers: tuple[Offer, ...]) -> None:
        """What can be done about the reply that is shown."""
        self._buttons.offers = offers

    @property
    def _buttons(self) -> RemedyButtons:
        return self.query_one(RemedyButtons)

    def show_welcome(self, words: str) -> None:
        """What to know at the very first start; it stays until there is something else to say."""
        self._say("nothing", [NOTHING_YET, Content(""), Content(words)])

    def show_nothing(self) -> None:
        """Nothing was sent, or nothing is known of it any more."""
        self._say("nothing", [NOTHING_YET])

    def show_sending(self, request: TriggerRequest) -> None:
        """A trigger is under way."""
        self._say(
            "sending",
            [
                outcome_label(Outcome.SENDING),
                self._what(request),
                Content.styled(
                    "Waiting for the reply. Esc, outside a list or filter, stops waiting.", "$quiet"
                ),
            ],
        )

    def show_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """The finished attempt; `fault` says what went wrong beside it."""
        self._say(
            attempt.outcome.value.replace("_", "-"),
            [
                answer_head(attempt),
                answer_code(attempt),
                answer_description(attempt),
                settled(attempt.settlement) or remedy(attempt.remedy),
                compared(attempt),
                self._what(attempt.request),
                _reference(attempt),
                self._to_be_settled(attempt),
                _fault(fault),
            ],
        )

    def show_fault(self, fault: str) -> None:
        """Why nothing was sent or refreshed."""
        self._say("fault", [_fault(fault)])

    def _to_be_settled(self, attempt: Attempt) -> Content | None:
        if attempt.outcome is not Outcome.UNKNOWN or attempt.settlement is not None:
            return None
        history = key_of(self, "history")
        return Content.styled(f"Once you know whether it arrived, settle it in History, {history}.", "$quiet")

    def _what(self, request: TriggerRequest) -> Content:
        key = key_label(request.key_id, self._field_name)
        said = f"event {sanitize(request.event_id)} to {sanitize(key)} {sanitize(request.external_id)}"
        return Content.styled(said, "$quiet")

    def _say(self, state: str, parts: list[Content | None]) -> None:
        self.remove_class(f"-{self._state}").add_class(f"-{state}")
        self._state = state
        self.query_one("#reply-text", Static).update(lines(parts))
        self.offer(())
        self.scroll_home(animate=False)


def _reference(attempt: Attempt) -> Content:
    return Content.assemble(("reference ", "$quiet"), (sanitize(short_id(attempt.attempt_id)), "bold"))


def _fault(fault: str | None) -> Content | None:
    return None if fault is None else Content.styled(f"! {sanitize(fault, 2000)}", "bold $text-error")
