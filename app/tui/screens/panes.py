"""A screen of panes: side by side where there is room, one at a time under tabs where there is not.

The panes are mounted once; classes of the screen decide what the sheet shows. Separate from the dashboard
because moving about has nothing to do with sending.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from textual import events, on
from textual.geometry import Size
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from app.tui.widgets.pane_tabs import PaneTabs

Pane = TypeVar("Pane", bound=Widget)


class PanedScreen(Screen[None]):
    """The pane with the focus is the active one."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - declared by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - declared by Textual
    PANES: Mapping[str, str] = {}
    """Id and title of each pane, the first one first shown; an action `go('ID')` goes to each."""
    SHOWN: Mapping[str, Sequence[str]] = {}
    """The ids of what is shown with each pane; these get the class `-at-PANE`, which costs less than the screen."""

    pane: reactive[str] = reactive("", init=False)

    def __init__(self) -> None:
        super().__init__()
        self.set_reactive(PanedScreen.pane, next(iter(self.PANES), ""))
        self._is_new = True

    def fit(self, size: Size) -> None:
        """Take the classes of this size before being mounted: taken later, they style every widget once more."""
        for measure, breakpoints in (
            (size.width, self.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS),
        ):
            self.add_class(max(point for point in breakpoints if point[0] <= measure)[1], update=False)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Shown for the first time, everything has been styled as it was mounted, and need not be once more."""
        if self._is_new:
            self._is_new = event.refresh_styles = False

    def first_shown(self, widget: Pane) -> Pane:
        """The widget with the class that shows it with the first pane: given later, it is styled once more."""
        if widget.id in self.SHOWN.get(self.pane, ()):
            widget.add_class(f"-at-{self.pane}", update=False)
        return widget

    def title_panes(self) -> None:
        """Write into each pane's border the key that leads there."""
        keys = {active.binding.action: active.binding for active in self.active_bindings.values()}
        for pane in self.PANES:
            if binding := keys.get(f"go('{pane}')"):
                for widget in self.query(f"#{pane}"):
                    widget.border_subtitle = self.app.get_key_display(binding)

    def action_go(self, pane: str) -> None:
        """Show this pane and put the focus where one begins in it."""
        self.pane = pane
        self.enter(pane)

    def enter(self, pane: str) -> None:
        """Put the focus where one begins in this pane."""
        self.query_one(f"#{pane}").focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for node in event.widget.ancestors_with_self:
            if node.id in self.PANES:
                self.pane = node.id or ""

    @on(PaneTabs.Picked, "#tabs")
    def _tab_clicked(self, message: PaneTabs.Picked) -> None:
        self.action_go(message.target)

    def watch_pane(self, old: str, new: str) -> None:
        # Side by side every pane is shown anyway, and a class restyles all that is in the pane.
        restyle = self.has_class("-narrow")
        for pane in self.SHOWN.get(old, ()):
            self.query_one(f"#{pane}").remove_class(f"-at-{old}", update=restyle)
        for pane in self.SHOWN.get(new, ()):
            self.query_one(f"#{pane}").add_class(f"-at-{new}", update=restyle)
        self.query_one(PaneTabs).active = new
