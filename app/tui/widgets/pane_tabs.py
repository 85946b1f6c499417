"""The tabs of a screen that is too narrow for its panes; the function keys lead to them, so they take no focus."""

from collections.abc import Mapping

from textual.content import Content
from textual.reactive import reactive

from app.tui.widgets.label_line import Label, LabelLine


class PaneTabs(LabelLine):
    """The titles of the panes, the active one told by more than its colour."""

    active: reactive[str] = reactive("")
    """The id of the pane that is shown."""

    def __init__(self, panes: Mapping[str, str], active: str) -> None:
        super().__init__(id="tabs")
        self._panes = panes
        self.set_reactive(PaneTabs.active, active)
        self.watch_active()

    def watch_active(self) -> None:
        self.labels = tuple(
            Label(Content.styled(f" {title} ", "bold reverse $primary" if pane == self.active else ""), pane)
            for pane, title in self._panes.items()
        )
