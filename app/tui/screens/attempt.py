"""One attempt, whole: what was sent, what came back, what it means."""

from collections.abc import Callable
from datetime import UTC
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from app.domain.model import Attempt, NoReply, Reply
from app.domain.wire import trigger_path
from app.tui.notices import settled
from app.tui.text import (
    answer_code,
    answer_description,
    answer_head,
    clean,
    compared,
    key_label,
    lines,
    pretty,
    remedy,
)
from app.tui.widgets.follow_up import Choice, follow_up_bindings


class AttemptScreen(ModalScreen[Choice | None]):
    """Request and reply of an attempt, and what may follow it; Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss(None)", "Back", tooltip="Back to the desk", id="attempt.back"),
        *follow_up_bindings("attempt"),
    ]

    def __init__(self, attempt: Attempt, body: bytes, field_name: Callable[[str], str | None]) -> None:
        super().__init__()
        self._attempt = attempt
        self._body = body
        self._field_name = field_name

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what fits this attempt."""
        if action == "choose":
            return Choice[str(parameters[0])].fits(self._attempt)
        return super().check_action(action, parameters)

    def action_choose(self, name: str) -> None:
        self.dismiss(Choice[name])

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="attempt") as pane:
            pane.border_title = "Attempt"
            yield Static(self._outcome(), markup=False, classes="part")
            yield Static("What was asked", classes="heading")
            yield Static(self._facts(), markup=False, classes="part")
            yield Static(self._request_heading(), markup=False, classes="heading")
            yield Static(pretty(self._body), markup=False, classes="body")
            yield Static(self._reply_heading(), markup=False, classes="heading")
            yield Static(self._reply_body(), markup=False, classes="body")
        yield Footer(show_command_palette=False)

    def _outcome(self) -> Content:
        attempt = self._attempt
        return lines(
            [
                answer_head(attempt),
                answer_code(attempt),
                answer_description(attempt),
                remedy(attempt.remedy),
                compared(attempt),
                settled(attempt.settlement),
            ]
        )

    def _facts(self) -> Content:
        attempt, request = self._attempt, self._attempt.request
        started = attempt.started_at.astimezone()
        facts = {
            "Event": f"{request.event_id}  {attempt.event_name or 'not known here'}",
            "Key field": key_label(request.key_id, self._field_name),
            "External id": request.external_id,
            "Trigger id": request.trigger_id or "none",
            "Attempt id": attempt.attempt_id,
            "Sent again": f"after attempt {attempt.parent_id}" if attempt.parent_id else "no",
            "Profile": attempt.profile,
            "Started": f"{started:%Y-%m-%d %H:%M:%S} here, {started.astimezone(UTC):%H:%M:%S} UTC",
        }
        return lines(
            Content.assemble((f"{name:<13}", "$quiet"), clean(value, 2000)) for name, value in facts.items()
        )

    def _request_heading(self) -> str:
        return f"Request body of POST {clean(trigger_path(self._attempt.request.event_id))}"

    def _reply_heading(self) -> str:
        match self._attempt.answer:
            case Reply(body=body, body_length=length) if length > len(body):
                return f"Reply body, the first {len(body):,} of {length:,} bytes"
            case _:
                return "Reply body"

    def _reply_body(self) -> Content:
        match self._attempt.answer:
            case Reply(body=body):
                return pretty(body)
            case NoReply(detail=detail):
                return Content(clean(detail, 2000))
            case None:
                return Content("No reply was recorded.")
