"""The last line of the screen: the keys that work now, each also a place for the mouse."""

from collections.abc import Iterable, Iterator
from typing import Any

from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen

from app.tui.keymap import active_in_order
from app.tui.widgets.label_line import Label, LabelLine


class KeyLine(LabelLine):
    """Follows the focus; a click on a key presses it, and so also says why one that is dimmed does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[ActiveBinding] = []

    def on_mount(self) -> None:
        self._show(self.screen)
        self.screen.bindings_updated_signal.subscribe(self, self._show)

    def _show(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen and (active := active_in_order(screen)) != self._shown:
            self._shown = active
            self.labels = tuple(self._labels(active))

    def _labels(self, shown: Iterable[ActiveBinding]) -> Iterator[Label]:
        palette = self.app.COMMAND_PALETTE_BINDING
        for active in shown:
            if active.binding.key == palette:
                yield self._label(active, at_end=True)
            elif active.binding.show:
                yield self._label(active, at_end=active.node is self.app)

    def _label(self, active: ActiveBinding, *, at_end: bool = False) -> Label:
        binding = active.binding
        dimmed = "" if active.enabled else "dim "
        text = Content.assemble(
            (self.app.get_key_display(binding), f"{dimmed}bold $footer-key-foreground"),
            (f" {binding.description}", f"{dimmed}$footer-description-foreground"),
        )
        return Label(text, binding.key, active.tooltip or binding.description, at_end)

    def on_label_line_picked(self, message: LabelLine.Picked) -> None:
        message.stop()
        self.app.simulate_key(message.target)
