"""Questions above the dashboard: yes or no, a line to type, and whether to unlock a live account."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.resources import style
from app.tui.bindings import key_of
from app.tui.text import sanitize
from app.tui.widgets.inputs import SafeInput

MINUTES = 10
MAX_MINUTES = 60
NOT_THE_NAME = "That is not the name of this profile."
NO_MINUTES = f"Enter whole minutes from 1 to {MAX_MINUTES}."


class Confirm(ModalScreen[bool | None]):
    """Returns True for `yes`, False for `other`; None on Esc and Cancel, which has the focus.

    Only `yes` has a key. Letters do nothing, so that typing ahead never answers a question.
    """

    DEFAULT_CSS = style("confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", tooltip="Go back, nothing changes", id="confirm.no"),
        Binding("ctrl+y", "dismiss(True)", "Yes", tooltip="Do it", id="confirm.yes"),
        Binding("right", "app.focus_next", "Next", show=False, tooltip="To the next button"),
        Binding("left", "app.focus_previous", "Previous", show=False, tooltip="To the previous button"),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, *, yes: str, no: str, other: str = "") -> None:
        super().__init__(classes="-three" if other else None)
        self._question = question
        self._words = {"no": no, "yes": yes, "other": other}
        self._is_over = False

    def compose(self) -> ComposeResult:
        keys = {
            "no": f"  {key_of(self, 'confirm.no')}",
            "yes": f"  {key_of(self, 'confirm.yes')}",
            "other": "",
        }
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                for name, words in self._words.items():
                    if words:
                        yield Button(f"{words}{keys[name]}", id=name, compact=True)

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

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss({"yes": True, "other": False}.get(event.button.id or ""))


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


class UnlockScreen(ModalScreen[int | None]):
    """Returns the minutes once the name of the profile is right; None on Esc."""

    DEFAULT_CSS = style("unlock")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, stay read-only", id="unlock.back"),
    ]
    AUTO_FOCUS = "#unlock-name"

    def __init__(self, profile: str) -> None:
        super().__init__()
        self._profile = profile

    def compose(self) -> ComposeResult:
        name = sanitize(self._profile)
        with Vertical(id="unlock"):
            yield Static(
                f"{name} is a live account: triggers reach real customers.\nType its name to unlock sending.",
                markup=False,
            )
            with Horizontal():
                yield Static("Name", classes="name")
                yield SafeInput(placeholder=name, id="unlock-name", personal=False)
            with Horizontal():
                yield Static("Minutes", classes="name")
                yield SafeInput(str(MINUTES), id="unlock-minutes", personal=False)
            yield Static(markup=False, id="unlock-fault")
            with Horizontal(id="unlock-answers"):
                yield Button("Cancel", id="unlock-back", compact=True)
                yield Button("Unlock sending", id="unlock-now", compact=True)

    @on(Button.Pressed, "#unlock-back")
    def _back(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#unlock-now")
    def _unlock(self) -> None:
        name, minutes = (self.query_one(field, Input) for field in ("#unlock-name", "#unlock-minutes"))
        if name.value != self._profile:
            self._reject(NOT_THE_NAME, name)
        elif not (
            minutes.value.isascii() and minutes.value.isdigit() and 1 <= int(minutes.value) <= MAX_MINUTES
        ):
            self._reject(NO_MINUTES, minutes)
        else:
            self.dismiss(int(minutes.value))

    def _reject(self, why: str, field: Input) -> None:
        self.query_one("#unlock-fault", Static).update(f"✗ {why}")
        field.focus()
        field.select_all()  # the next try replaces this one
