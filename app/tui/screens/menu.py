"""A small menu above the desk: one thing out of a few."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from app.tui.widgets.choice_list import ChoiceList

Value = TypeVar("Value")

Entries = Sequence[tuple[Content, Value] | None]
"""What is offered, each with what it stands for; None is a line between groups."""


class Menu(ModalScreen[Value | None], Generic[Value]):
    """Answers what was chosen, by Enter or by the mouse; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing is changed", id="menu.back"),
    ]

    def __init__(self, title: str, entries: Entries[Value]) -> None:
        super().__init__()
        self._title = title
        self._entries = entries

    def compose(self) -> ComposeResult:
        options = [
            None if entry is None else Option(entry[0], id=str(number))
            for number, entry in enumerate(self._entries)
        ]
        menu = ChoiceList(*options, markup=False, compact=True, id="menu")
        menu.border_title = self._title
        yield menu

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        entry = self._entries[int(event.option.id or 0)]
        if entry is not None:
            self.dismiss(entry[1])
