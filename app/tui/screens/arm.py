"""The safety catch of a real account taken off: its name to be typed, and for how many minutes."""

from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from app.tui.text import clean
from app.tui.widgets.safe_input import SafeInput

MINUTES = 10
LONGEST = 60
NOT_THE_NAME = "That is not the name of this profile."
NO_MINUTES = f"Minutes are a whole number from 1 to {LONGEST}."


class Armed(NamedTuple):
    """What was typed: the name, and for how many minutes sending is armed."""

    name: str
    minutes: int


class ArmScreen(ModalScreen[Armed | None]):
    """Answers only once the name is right; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, looking only", id="arm.back"),
    ]
    AUTO_FOCUS = "#arm-name"

    def __init__(self, profile: str) -> None:
        super().__init__()
        self._profile = profile

    def compose(self) -> ComposeResult:
        name = clean(self._profile)
        with Vertical(id="arm"):
            yield Static(
                f"{name} is a real account: real people are mailed.\nType its name to arm sending.",
                markup=False,
            )
            with Horizontal():
                yield Static("Name", classes="name")
                yield SafeInput(placeholder=name, id="arm-name", personal=False)
            with Horizontal():
                yield Static("Minutes", classes="name")
                yield SafeInput(str(MINUTES), id="arm-minutes", personal=False)
            yield Static(markup=False, id="arm-fault")
            with Horizontal(id="arm-answers"):
                yield Button("Back", id="arm-back", compact=True)
                yield Button("Arm", id="arm-now", compact=True)

    @on(Button.Pressed, "#arm-back")
    def _back(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#arm-now")
    def _arm(self) -> None:
        name, minutes = (self.query_one(field, Input) for field in ("#arm-name", "#arm-minutes"))
        if name.value != self._profile:
            self._refuse(NOT_THE_NAME, name)
        elif not (minutes.value.isascii() and minutes.value.isdigit() and 1 <= int(minutes.value) <= LONGEST):
            self._refuse(NO_MINUTES, minutes)
        else:
            self.dismiss(Armed(name.value, int(minutes.value)))

    def _refuse(self, why: str, field: Input) -> None:
        self.query_one("#arm-fault", Static).update(f"✗ {why}")
        field.focus()
