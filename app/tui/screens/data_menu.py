"""What the event data can be filled with: the event's example, what was last sent, templates; and keeping a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from app.domain.drafts import DataChoice
from app.tui.privacy import covered
from app.tui.text import lines, sanitize, sanitize_block
from app.tui.widgets.choice_list import ChoiceList

PREVIEW_LINES = 8
NOTHING = "No example, nothing sent before, no template. What is typed can be kept as one."

WHAT = {
    "example": "",
    "last": "   as sent",
    "template": "   template",
}
"""What is said beside the name of a choice, by its kind."""


class Act(Enum):
    """What is to be done."""

    TAKE = "take"
    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of the menu; `choice` is None for KEEP."""

    act: Act
    choice: DataChoice | None = None


class DataMenu(ModalScreen[Wish | None]):
    """Answers the wish; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,f8", "dismiss(None)", "Back", tooltip="The event data stay as they are", id="data.back"
        ),
        Binding("s", "keep", "Keep as template", tooltip="Keep what is typed under a name", id="data.keep"),
        Binding("delete,d", "drop", "Delete template", tooltip="Delete this template", id="data.drop"),
    ]

    def __init__(
        self, title: str, choices: Sequence[DataChoice], *, can_keep: bool, is_covered: bool
    ) -> None:
        """`can_keep`: something is typed; `is_covered`: the mask is on."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._can_keep = can_keep
        self._is_covered = is_covered

    def compose(self) -> ComposeResult:
        with Vertical(id="data-menu") as pane:
            pane.border_title = sanitize(self._title)
            yield ChoiceList(*map(_option, self._choices), id="data-choices", markup=False)
            yield Static(Content.styled(NOTHING, "$quiet"), markup=False, id="data-preview")
            with Horizontal():
                yield Button("Keep as template  s", id="keep", compact=True, disabled=not self._can_keep)
                yield Button("Delete  d", id="drop", compact=True, disabled=True)
                yield Button("Back  esc", id="back", compact=True)

    def on_mount(self) -> None:
        if self._choices:
            self.query_one(OptionList).highlighted = 0

    @property
    def _highlighted(self) -> DataChoice | None:
        index = self.query_one(OptionList).highlighted
        return None if index is None else self._choices[index]

    @on(OptionList.OptionHighlighted)
    def _look_at(self) -> None:
        choice = self._highlighted
        if choice is not None:
            self.query_one("#data-preview", Static).update(self._preview(choice))
            self.query_one("#drop", Button).disabled = choice.kind != "template"

    def _preview(self, choice: DataChoice) -> Content:
        shown = sanitize_block(choice.data_text).split("\n")
        cut = shown[:PREVIEW_LINES] + (["…"] if len(shown) > PREVIEW_LINES else [])
        return lines(Content(covered(line) if self._is_covered else line) for line in cut)

    @on(OptionList.OptionSelected)
    def _take(self) -> None:
        self.dismiss(Wish(Act.TAKE, self._highlighted))

    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        if self._can_keep:
            self.dismiss(Wish(Act.KEEP))
        else:
            self._say("Nothing is typed that could be kept.")

    @on(Button.Pressed, "#drop")
    def action_drop(self) -> None:
        choice = self._highlighted
        if choice is not None and choice.kind == "template":
            self.dismiss(Wish(Act.DROP, choice))
        else:
            self._say("Only a template can be deleted.")

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)

    def _say(self, sentence: str) -> None:
        self.notify(sentence, severity="warning", markup=False)


def _option(choice: DataChoice) -> Option:
    is_open = choice.kind == "last" and "{{" in choice.data_text
    said = "   placeholders as typed" if is_open else WHAT[choice.kind]
    return Option(Content.assemble(sanitize(choice.name, 60), (said, "$quiet")))
