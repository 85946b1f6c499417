"""The reply to the last trigger: outcome, codes, meaning, what to do, and whether it was predicted."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from app.domain.diagnosis import QuickFix
from app.domain.model import Attempt, Outcome, TriggerRequest
from app.domain.text import short_id
from app.tui.bindings import key_of
from app.tui.text import lines, outcome_label, reply_lines, request_label, sanitize
from app.tui.widgets.prediction import Offer, RemedyButtons
from app.tui.widgets.text_block import TextBlock

NOTHING_YET = Content.styled("Nothing sent in this session", "$quiet")
WAITING = Content.styled(
    "Waiting for the reply. Esc stops waiting, unless a list or filter has the focus.", "$quiet"
)


class ReplyPanel(VerticalScroll):
    """The last reply, that a trigger is being sent, or why nothing was sent."""

    def __init__(self, field_name: Callable[[str], str | None]) -> None:
        super().__init__(id="reply", classes="pane")
        self.border_title = "Reply"
        self._field_name = field_name
        self._state = "nothing"

    def compose(self) -> ComposeResult:
        yield TextBlock(NOTHING_YET, id="reply-text")
        yield RemedyButtons(id="reply-remedies", classes="remedies")

    @property
    def remedies(self) -> Sequence[QuickFix]:
        """The fixes that are offered."""
        return self.query_one(RemedyButtons).remedies

    def offer(self, offers: tuple[Offer, ...]) -> None:
        """Offers these fixes for the reply."""
        self.query_one(RemedyButtons).offers = offers

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
        """Why nothing was sent or refreshed."""
        self._update("fault", [_fault(fault)])

    def _how_to_resolve(self, attempt: Attempt) -> Content | None:
        if attempt.outcome is not Outcome.UNKNOWN or attempt.settlement is not None:
            return None
        history = key_of(self, "history")
        return Content.styled(f"Once you know whether it arrived, mark it in History ({history}).", "$quiet")

    def _request(self, request: TriggerRequest) -> Content:
        return Content.styled(request_label(request, self._field_name), "$quiet")

    def _update(self, state: str, parts: list[Content | None]) -> None:
        self.remove_class(f"-{self._state}").add_class(f"-{state}")
        self._state = state
        self.query_one("#reply-text", TextBlock).show(lines(parts))
        self.offer(())
        self.scroll_home(animate=False)


def _fault(fault: str) -> Content:
    return Content.styled(f"! {sanitize(fault, 2000)}", "bold $text-error")
