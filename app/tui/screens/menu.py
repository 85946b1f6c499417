"""Menus above the dashboard: one thing out of a few, a profile, or event data to insert."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from app.domain.model import DataChoice
from app.domain.text import sanitize_block
from app.service.session import Profile
from app.tui.privacy import covered
from app.tui.screens import Overlay
from app.tui.text import account_labels, lines, sanitize

Value = TypeVar("Value")

Entries = Sequence[tuple[Content, Value] | None]
"""The words of each entry and its value; None is a line between groups."""

PREVIEW_LINES = 8


class Menu(Overlay[Value]):
    """Returns the value of the entry that was picked; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing changes", id="menu.back"),
    ]

    def __init__(self, title: str, entries: Entries[Value]) -> None:
        super().__init__()
        self._title = title
        self._values = [entry[1] for entry in entries if entry is not None]
        options = (None if entry is None else Option(entry[0]) for entry in entries)
        self._list = OptionList(*options, markup=False, compact=True, id="menu")

    def compose(self) -> ComposeResult:
        self._list.border_title = self._title
        yield self._list

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._values[event.option_index])


class ProfileList(Menu[str | None]):
    """Returns the name of the profile that was picked; None on Esc, and for the one in use."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, keep the profile", id="profiles.back"),
    ]

    def __init__(self, profiles: Sequence[Profile], live: str) -> None:
        names = [None if one.name == live else one.name for one in profiles]
        words = [
            Content.assemble("● " if one.name == live else "  ", account_labels(one)[0]) for one in profiles
        ]
        super().__init__("Profiles", list(zip(words, names, strict=True)))
        self._list.highlighted = names.index(None) if None in names else 0

    def compose(self) -> ComposeResult:
        with Vertical(id="profiles") as pane:
            pane.border_title = self._title
            yield self._list
            hint = "Enter switches, Esc goes back. `triggerdesk profile add` adds a profile."
            yield Static(Content.styled(hint, "$quiet"), markup=False)


class DataMenu(Menu[tuple[str, DataChoice | None]]):
    """Returns `insert` or `delete` and which event data, or `save` and None; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f8", "dismiss(None)", "Back", tooltip="Go back, keep the event data", id="data.back"),
        Binding("s", "keep", "Save as template", tooltip="Save the event data under a name", id="data.keep"),
        Binding("delete,d", "drop", "Delete template", tooltip="Delete the highlighted template", id="data.drop"),
    ]  # fmt: skip

    def __init__(
        self, title: str, choices: Sequence[DataChoice], *, can_keep: bool, is_covered: bool
    ) -> None:
        """`can_keep`: there is event data to save; `is_covered`: personal data is hidden."""
        super().__init__(sanitize(title), [(_choice_words(one), ("insert", one)) for one in choices])
        self._choices = choices
        self._can_keep = can_keep
        self._is_covered = is_covered

    def compose(self) -> ComposeResult:
        nothing = "No example, nothing sent before, no templates."
        with Vertical(id="data-menu") as pane:
            pane.border_title = self._title
            yield self._list
            yield Static(Content.styled(nothing, "$quiet"), markup=False, id="data-preview")
            with Horizontal():
                yield Button(
                    "Save as template  s", action="screen.keep", compact=True, disabled=not self._can_keep
                )
                yield Button("Delete  d", id="drop", action="screen.drop", compact=True, disabled=True)
                yield Button("Back  Esc", action="screen.dismiss(None)", compact=True)

    def on_mount(self) -> None:
        if self._choices:
            self._list.highlighted = 0

    @property
    def _highlighted(self) -> DataChoice | None:
        index = self._list.highlighted
        return None if index is None else self._choices[index]

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        if (choice := self._highlighted) is None:
            return
        text = sanitize_block(choice.data_text).split("\n")
        shown = text[:PREVIEW_LINES] + (["…"] if len(text) > PREVIEW_LINES else [])
        preview = lines(Content(covered(line) if self._is_covered else line) for line in shown)
        self.query_one("#data-preview", Static).update(preview)
        self.query_one("#drop", Button).disabled = choice.kind != "template"

    def action_keep(self) -> None:
        if self._can_keep:
            self.dismiss(("save", None))
        else:
            self.notify("No event data to save.", severity="warning", markup=False)

    def action_drop(self) -> None:
        choice = self._highlighted
        if choice is not None and choice.kind == "template":
            self.dismiss(("delete", choice))
        else:
            self.notify("Only a template can be deleted.", severity="warning", markup=False)


def _choice_words(choice: DataChoice) -> Content:
    kind = {"last": "   as sent", "template": "   template"}.get(choice.kind, "")
    if choice.kind == "last" and "{{" in choice.data_text:
        kind = "   with placeholders"
    return Content.assemble(sanitize(choice.name, 60), (kind, "$quiet"))
