"""Questions above the dashboard: yes or no, how to send again, and a line to type."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.resources import style
from app.tui.bindings import key_of
from app.tui.widgets.inputs import SafeInput

Answer = TypeVar("Answer")


class Question(ModalScreen[Answer | None], Generic[Answer]):
    """Returns the answer of the button that was pressed; None on Esc and Cancel, which has the focus.

    Only the first answer has a key. Letters do nothing, so that typing ahead never answers a question.
    """

    DEFAULT_CSS = style("confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", tooltip="Go back, nothing changes", id="confirm.no"),
        Binding("ctrl+y", "agree", "Yes", tooltip="Do it", id="confirm.yes"),
        Binding("right", "app.focus_next", "Next", show=False, tooltip="To the next button"),
        Binding("left", "app.focus_previous", "Previous", show=False, tooltip="To the previous button"),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, no: str, answers: Mapping[str, tuple[str, Answer]]) -> None:
        """`answers` are the words and the value of each button by its id."""
        super().__init__()
        self._question = question
        self._no = no
        self._answers = answers
        self._is_over = False

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(f"{self._no}  {key_of(self, 'confirm.no')}", id="no", compact=True)
                key = f"  {key_of(self, 'confirm.yes')}"
                for name, (words, _) in self._answers.items():
                    yield Button(f"{words}{key}", id=name, compact=True)
                    key = ""

    def change(self, question: str) -> None:
        """Replaces the text of the question while it is open."""
        if self.is_attached and not self._is_over:
            self.query_one(Static).update(question)

    def withdraw(self) -> None:
        """Closes the question, which no longer matters, as soon as no other screen lies above it."""
        self._is_over = True
        if self.is_active:
            self.dismiss(None)

    def on_screen_resume(self) -> None:
        if self._is_over:
            self.dismiss(None)

    def action_agree(self) -> None:
        _, answer = next(iter(self._answers.values()))
        self.dismiss(answer)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        _, answer = self._answers.get(event.button.id or "", ("", None))
        self.dismiss(answer)


class Confirm(Question[bool]):
    """Returns True for yes."""

    def __init__(self, question: str, *, yes: str, no: str) -> None:
        super().__init__(question, no, {"yes": (yes, True)})


class SendAgain(StrEnum):
    """How to send a request with an unknown outcome again."""

    RESEND = "resend"
    NEW = "new"


class ConfirmSendAgain(Question[SendAgain]):
    """Returns how to send again. The key resends, which cannot trigger the contact twice."""

    DEFAULT_CSS = "ConfirmSendAgain #confirm { width: 78; }"

    def __init__(self, question: str) -> None:
        answers = {
            "resend": ("Resend (same trigger id)", SendAgain.RESEND),
            "new": ("Send as new", SendAgain.NEW),
        }
        super().__init__(question, "Cancel", answers)


class Ask(ModalScreen[str | None]):
    """Returns what was typed, on Enter or the button; None on Esc."""

    DEFAULT_CSS = style("ask")
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
