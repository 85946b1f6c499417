"""Questions above the dashboard: yes or no, how to send again, and a line to type."""

from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.resources import styles
from app.tui.bindings import key_of
from app.tui.widgets.inputs import SafeInput


class Confirm(ModalScreen[bool]):
    """Returns True for yes. Esc is no, and no has the focus.

    Letters do nothing, so that typing ahead never answers a question.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", "No", tooltip="Go back", id="confirm.no"),
        Binding("ctrl+y", "answer(True)", "Yes", tooltip="Do it", id="confirm.yes"),
        Binding("left,right", "app.focus_next", "Other button", show=False, tooltip="To the other button"),
    ]
    AUTO_FOCUS = "#no"
    # It may be the first screen that opens.
    CSS_PATH = styles() / "confirm.tcss"

    def __init__(self, question: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._no = no
        self._is_over = False

    def withdraw(self) -> None:
        """Closes the question, which has no object any more, as soon as no other screen lies above it."""
        self._is_over = True
        if self.is_active:
            self.dismiss(False)

    def on_screen_resume(self) -> None:
        if self._is_over:
            self.dismiss(False)

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(f"{self._no}  {key_of(self, 'confirm.no')}", id="no", compact=True)
                yield Button(f"{self._yes}  {key_of(self, 'confirm.yes')}", id="yes", compact=True)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class SendAgain(StrEnum):
    """How to send a request with an unknown outcome again."""

    RESEND = "resend"
    NEW = "new"


class ConfirmSendAgain(ModalScreen[SendAgain | None]):
    """Returns how to send again; None on Esc. Cancel has the focus.

    Only Resend has a key: it cannot trigger the contact twice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer", "Cancel", tooltip="Go back, nothing is sent", id="confirm.no"),
        Binding(
            "ctrl+y",
            "answer('resend')",
            "Resend",
            tooltip="Resend with the same trigger id",
            id="confirm.yes",
        ),
        Binding("right", "app.focus_next", "Next", show=False, tooltip="To the next button"),
        Binding("left", "app.focus_previous", "Previous", show=False, tooltip="To the previous button"),
    ]
    AUTO_FOCUS = "#no"
    CSS_PATH = styles() / "confirm.tcss"

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        cancel, resend = key_of(self, "confirm.no"), key_of(self, "confirm.yes")
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(f"Cancel  {cancel}", id="no", compact=True)
                yield Button(f"Resend (same trigger id)  {resend}", id=SendAgain.RESEND, compact=True)
                yield Button("Send as new", id=SendAgain.NEW, compact=True)

    def action_answer(self, answer: str = "") -> None:
        self.dismiss(SendAgain(answer) if answer else None)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "no" else SendAgain(event.button.id or ""))


class Ask(ModalScreen[str | None]):
    """Returns what was typed, on Enter or the button; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing changes", id="ask.back"),
    ]

    def __init__(
        self,
        question: str,
        placeholder: str = "",
        *,
        yes: str = "Save",
        value: str = "",
        covered: bool = False,
    ) -> None:
        """`value` is the text to change; `covered`: personal data is hidden."""
        super().__init__()
        self._yes = yes
        self._value = value
        self._is_covered = covered
        self._question = question
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False)
            yield SafeInput(self._value, placeholder=self._placeholder, id="answer")
            with Horizontal():
                yield Button("Cancel  esc", id="back", compact=True)
                yield Button(f"{self._yes}  enter", id="yes", compact=True)

    def on_mount(self) -> None:
        self.query_one(SafeInput).cover(self._is_covered)

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _typed(self) -> None:
        self.dismiss(self.query_one(SafeInput).value)

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)
