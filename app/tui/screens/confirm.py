"""Questions above the dashboard: yes or no, a line to type, and whether to unlock a live account."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from app.tui.bindings import key_of
from app.tui.screens import Overlay
from app.tui.text import sanitize
from app.tui.widgets.inputs import SafeInput

MINUTES = 10
MAX_MINUTES = 60
NOT_THE_NAME = "That is not the name of this profile."
NO_MINUTES = f"Enter whole minutes from 1 to {MAX_MINUTES}."


class Confirm(Overlay[bool]):
    """Returns True for `yes`, False for `other`; None on Esc and Cancel, which has the focus.

    Only `yes` has a key. Letters do nothing, so that typing ahead never answers a question.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", tooltip="Go back, nothing changes", id="confirm.no"),
        Binding("ctrl+y", "dismiss(True)", "Yes", tooltip="Do it", id="confirm.yes"),
        Binding("right", "app.focus_next", "Next", show=False, tooltip="To the next button"),
        Binding("left", "app.focus_previous", "Previous", show=False, tooltip="To the previous button"),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, *, yes: str, no: str = "Cancel", other: str = "") -> None:
        super().__init__(classes="-three" if other else None)
        self._question = question
        self._yes, self._no, self._other = yes, no, other
        self._is_over = False

    def compose(self) -> ComposeResult:
        no, yes = (
            f"{words}  {key_of(self, f'confirm.{name}')}"
            for name, words in (("no", self._no), ("yes", self._yes))
        )
        with Vertical(id="confirm"):
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(no, id="no", action="screen.dismiss(None)", compact=True)
                yield Button(yes, id="yes", action="screen.dismiss(True)", compact=True)
                if self._other:
                    yield Button(self._other, id="other", action="screen.dismiss(False)", compact=True)

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


class Ask(Overlay[str]):
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
        self._question = question
        self._yes = yes
        self._line = SafeInput(value, placeholder=placeholder, id="answer")
        self._line.cover(covered)

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False)
            yield self._line
            with Horizontal():
                yield Button(
                    f"Cancel  {key_of(self, 'ask.back')}", action="screen.dismiss(None)", compact=True
                )
                yield Button(f"{self._yes}  Enter", action="screen.take", compact=True)

    @on(Input.Submitted)
    def action_take(self) -> None:
        self.dismiss(self._line.value)


class UnlockScreen(Overlay[int]):
    """Returns the minutes once the name of the profile is right; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, stay read-only", id="unlock.back"),
    ]

    def __init__(self, profile: str) -> None:
        super().__init__()
        self._profile = profile
        self._typed = SafeInput(placeholder=sanitize(profile), id="unlock-name", personal=False)
        self._minutes = SafeInput(str(MINUTES), id="unlock-minutes", personal=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="unlock"):
            yield Static(
                f"{sanitize(self._profile)} is a live account: triggers reach real customers.\n"
                "Type its name to unlock sending.",
                markup=False,
            )
            for title, line in (("Name", self._typed), ("Minutes", self._minutes)):
                with Horizontal():
                    yield Static(title, classes="name")
                    yield line
            yield Static(markup=False, id="unlock-fault")
            with Horizontal():
                yield Button("Cancel", action="screen.dismiss(None)", compact=True)
                yield Button("Unlock sending", action="screen.unlock", compact=True)

    @on(Input.Submitted)
    def action_unlock(self) -> None:
        minutes = self._minutes.value
        if self._typed.value != self._profile:
            self._reject(NOT_THE_NAME, self._typed)
        elif not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes) <= MAX_MINUTES):
            self._reject(NO_MINUTES, self._minutes)
        else:
            self.dismiss(int(minutes))

    def _reject(self, why: str, line: Input) -> None:
        self.query_one("#unlock-fault", Static).update(f"✗ {why}")
        line.focus()
        line.select_all()  # the next try replaces this one
