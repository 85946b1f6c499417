"""One line of words that can be clicked: the keys below every pane, the tabs of a narrow screen.

One widget draws them all, because a widget for each word would cost more than all the panes above it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

WIDEST_GAP = 2


class Label(NamedTuple):
    """Words, what they stand for, and what the mouse is told over them; `at_end` puts them at the right edge."""

    text: Content
    target: str
    tooltip: str = ""
    at_end: bool = False


class LabelLine(Widget):
    """Labels beside each other, as far apart as the width allows."""

    ALLOW_SELECT = False

    labels: reactive[Sequence[Label]] = reactive((), always_update=True)
    """Always drawn anew: Content that differs only in its style counts as equal."""

    under_mouse: reactive[str | None] = reactive(None)
    """The target of the label that the mouse is over."""

    class Picked(Message):
        """A label was clicked."""

        def __init__(self, line: "LabelLine", target: str) -> None:
            super().__init__()
            self.line = line
            self.target = target

        @property
        def control(self) -> "LabelLine":
            """The line that sent the message."""
            return self.line

    def render(self) -> Content:
        said, end = Content(""), 0
        for x, label in self._placed():
            text = (
                label.text.stylize("$foreground on $block-hover-background")
                if self._is_hot(label)
                else label.text
            )
            said, end = Content.assemble(said, " " * (x - end), text), x + label.text.cell_length
        return said

    def _is_hot(self, label: Label) -> bool:
        return label.target == self.under_mouse

    def _placed(self) -> Iterator[tuple[int, Label]]:
        """Each label that fits, with the cell where it begins."""
        width = self.content_size.width
        first = [label for label in self.labels if not label.at_end]
        last = [label for label in self.labels if label.at_end]
        room = width - sum(label.text.cell_length for label in self.labels) - len(self.labels) + 1
        gap = WIDEST_GAP if room >= len(first) else 1
        start_of_last = width - sum(label.text.cell_length for label in last) - max(0, len(last) - 1)
        x = 0
        for label in first:
            if x + label.text.cell_length > start_of_last - (1 if last else 0):
                break
            yield x, label
            x += label.text.cell_length + gap
        x = start_of_last
        for label in last:
            yield x, label
            x += label.text.cell_length + 1

    def _label_at(self, event: events.MouseEvent) -> Label | None:
        offset = event.get_content_offset(self)
        if offset is None:
            return None
        return next(
            (label for x, label in self._placed() if x <= offset.x < x + label.text.cell_length), None
        )

    def on_click(self, event: events.Click) -> None:
        if (label := self._label_at(event)) is not None:
            self.post_message(self.Picked(self, label.target))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        label = self._label_at(event)
        self.under_mouse = label.target if label else None
        self.tooltip = label.tooltip or None if label else None

    def on_leave(self) -> None:
        self.under_mouse = None
