"""Unlocking a live account: type its name, and for how many minutes."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.resources import style
from app.tui.text import sanitize
from app.tui.widgets.inputs import SafeInput

MINUTES = 10
MAX_MINUTES = 60
NOT_THE_NAME = "That is not the name of this profile."
NO_MINUTES = f"Enter whole minutes from 1 to {MAX_MINUTES}."


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
