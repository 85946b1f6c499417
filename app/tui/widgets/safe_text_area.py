"""An editor that shows what cannot be seen, as `safe_input` does for one line.

Separate from it because the first frame has fields, and no editor: Textual's has its weight.
"""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from app.tui.privacy import covered
from app.tui.text import visible
from app.tui.widgets.safe_input import COMPACT

MAX_PASTE = 1_100_000
LONGEST_WRAPPED = 4_000


class SafeTextArea(TextArea):
    """Many lines of text, without a language: the parser behind highlighting can take the program down."""

    # Textual's own key for it is one of the desk's function keys.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+a", "select_all", "Select all", tooltip="Select all that is typed here", show=False, id="text.select_all"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False)
        self.set_reactive(TextArea.compact, True)
        self.add_class(COMPACT, update=False)
        self.set_reactive(TextArea.cursor_blink, False)
        self.set_reactive(TextArea.match_cursor_bracket, False)
        self._is_covered = False

    def cover(self, covered: bool) -> None:
        """Draws dots for what may belong to a person, or the text as it is; the text stays."""
        self._is_covered = covered
        self.notify_style_update()  # the lines that were drawn are kept until then
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """The line as it is drawn."""
        line = visible(self.document.get_line(line_index))
        return Text(covered(line) if self._is_covered else line, end="", no_wrap=True)

    def edit(self, edit: Edit) -> EditResult:
        """Makes one change; lines too long to wrap in time are scrolled instead."""
        self._wrap_unless_long(edit.text)
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        """Another text, which cannot be undone."""
        self._wrap_unless_long(text)
        super().load_text(text)

    def _wrap_unless_long(self, text: str) -> None:
        if self.soft_wrap and any(len(line) > LONGEST_WRAPPED for line in text.splitlines()):
            self.soft_wrap = False

    async def on_paste(self, event: events.Paste) -> None:
        """Refuses what would freeze the editor; it could not be sent either."""
        if len(event.text) > MAX_PASTE:
            event.prevent_default()
            self.notify(
                f"{len(event.text):,} characters are more than event data can hold. Nothing was pasted.",
                severity="warning",
                markup=False,
            )

    def replace_all(self, text: str) -> None:
        """Other text in place of all; undo brings the old text back."""
        self.soft_wrap = True
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor((0, 0))
