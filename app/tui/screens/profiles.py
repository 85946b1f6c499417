"""The profiles of the home, to go to another one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.tui.text import Live, account_labels
from app.tui.widgets.choice_list import ChoiceList

HOW = "enter goes there, esc goes back; `triggerdesk profile add` adds one"


class ProfileList(ModalScreen[str | None]):
    """Answers the name of the profile that was chosen; None on Esc, and for the one that is live."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, the profile stays", id="profiles.back"),
    ]

    def __init__(self, profiles: Sequence[Live], live: str) -> None:
        super().__init__()
        self._profiles = profiles
        self._live = live

    def compose(self) -> ComposeResult:
        names = [profile.name for profile in self._profiles]
        with Vertical(id="profiles") as pane:
            pane.border_title = "Profiles"
            options = ChoiceList(*map(self._option, self._profiles), id="profile-list", compact=True)
            options.highlighted = names.index(self._live) if self._live in names else 0
            yield options
            yield Static(Content.styled(HOW, "$quiet"), markup=False)

    def _option(self, profile: Live) -> Option:
        here = "● " if profile.name == self._live else "  "
        return Option(Content.assemble(here, account_labels(profile)[0]), id=profile.name)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        name = event.option.id
        self.dismiss(None if name == self._live else name)
