"""Questions above the desk: yes or no before something is lost, and a line to be typed."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.resources import styles
from app.tui.keymap import key_of
from app.tui.widgets.safe_input import SafeInput


class Confirm(ModalScreen[bool]):
    """Answers True for yes; Esc is no, and no has the focus.

    Letters do nothing: who did not notice the question goes on typing, and a word must not answer it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", "No", tooltip="Go back", id="confirm.no"),
        Binding("ctrl+y", "answer(True)", "Yes", tooltip="Do it", id="confirm.yes"),
        Binding("left,right", "app.focus_next", "The other", show=False, tooltip="To the other answer"),
    ]
    AUTO_FOCUS = "#no"
    # The other screens' sheets are read after the first frame, and this one may be what that shows.
    CSS_PATH = styles() / "confirm.tcss"

    def __init__(self, question: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._no = no

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


class Ask(ModalScreen[str | None]):
    """Answers what was typed, on Enter or the button; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing is done", id="ask.back"),
    ]

    def __init__(
        self,
        question: str,
        placeholder: str = "",
        *,
        yes: str = "Keep",
        value: str = "",
        covered: bool = False,
    ) -> None:
        """`value` is there to be changed; `covered`: the mask is on, and what is typed may speak of a person."""
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
                yield Button("Back  esc", id="back", compact=True)
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
