"""Menus above the dashboard: one thing out of a few, a profile, or event data to insert."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from app.domain.model import DataChoice
from app.resources import style
from app.tui.privacy import covered
from app.tui.text import Live, account_labels, lines, sanitize, sanitize_block

Value = TypeVar("Value")

Entries = Sequence[tuple[Content, Value] | None]
"""The words of each entry and its value; None is a line between groups."""

PREVIEW_LINES = 8


class MenuScreen(ModalScreen[Value | None], Generic[Value]):
    """What the menus look like."""

    DEFAULT_CSS = style("menu")


class Menu(MenuScreen[Value]):
    """Returns the value of the entry that was picked; None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing changes", id="menu.back"),
    ]

    def __init__(self, title: str, entries: Entries[Value]) -> None:
        super().__init__()
        self._title = title
        self._entries = entries

    def compose(self) -> ComposeResult:
        menu = _options((entry and entry[0] for entry in self._entries), "menu")
        menu.border_title = self._title
        yield menu

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        values = [entry[1] for entry in self._entries if entry is not None]
        self.dismiss(values[event.option_index])


def _options(words: Iterable[Content | None], name: str) -> OptionList:
    return OptionList(
        *(None if one is None else Option(one) for one in words), markup=False, compact=True, id=name
    )


class ProfileList(MenuScreen[str]):
    """Returns the name of the profile that was picked; None on Esc, and for the one in use."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, keep the profile", id="profiles.back"),
    ]

    def __init__(self, profiles: Sequence[Live], live: str) -> None:
        super().__init__()
        self._profiles = profiles
        self._live = live

    def compose(self) -> ComposeResult:
        names = [profile.name for profile in self._profiles]
        with Vertical(id="profiles") as pane:
            pane.border_title = "Profiles"
            profiles = _options(map(self._words, self._profiles), "profile-list")
            profiles.highlighted = names.index(self._live) if self._live in names else 0
            yield profiles
            hint = "Enter switches, Esc goes back. `triggerdesk profile add` adds a profile."
            yield Static(Content.styled(hint, "$quiet"), markup=False)

    def _words(self, profile: Live) -> Content:
        mark = "● " if profile.name == self._live else "  "
        return Content.assemble(mark, account_labels(profile)[0])

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        name = self._profiles[event.option_index].name
        self.dismiss(None if name == self._live else name)


class DataMenu(MenuScreen[tuple[str, DataChoice | None]]):
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
        super().__init__()
        self._title = title
        self._choices = choices
        self._can_keep = can_keep
        self._is_covered = is_covered

    def compose(self) -> ComposeResult:
        nothing = "No example, nothing sent before, no templates."
        with Vertical(id="data-menu") as pane:
            pane.border_title = sanitize(self._title)
            yield _options(map(_choice_words, self._choices), "data-choices")
            yield Static(Content.styled(nothing, "$quiet"), markup=False, id="data-preview")
            with Horizontal():
                yield Button("Save as template  s", id="keep", compact=True, disabled=not self._can_keep)
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
    def _preview(self) -> None:
        if (choice := self._highlighted) is None:
            return
        text = sanitize_block(choice.data_text).split("\n")
        shown = text[:PREVIEW_LINES] + (["…"] if len(text) > PREVIEW_LINES else [])
        preview = lines(Content(covered(line) if self._is_covered else line) for line in shown)
        self.query_one("#data-preview", Static).update(preview)
        self.query_one("#drop", Button).disabled = choice.kind != "template"

    @on(OptionList.OptionSelected)
    def _take(self) -> None:
        self.dismiss(("insert", self._highlighted))

    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        if self._can_keep:
            self.dismiss(("save", None))
        else:
            self._warn("No event data to save.")

    @on(Button.Pressed, "#drop")
    def action_drop(self) -> None:
        choice = self._highlighted
        if choice is not None and choice.kind == "template":
            self.dismiss(("delete", choice))
        else:
            self._warn("Only a template can be deleted.")

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)

    def _warn(self, sentence: str) -> None:
        self.notify(sentence, severity="warning", markup=False)


def _choice_words(choice: DataChoice) -> Content:
    kind = {"last": "   as sent", "template": "   template"}.get(choice.kind, "")
    if choice.kind == "last" and "{{" in choice.data_text:
        kind = "   with placeholders"
    return Content.assemble(sanitize(choice.name, 60), (kind, "$quiet"))
