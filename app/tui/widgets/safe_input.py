"""Fields for typing that show what cannot be seen: the value stays as it was typed or pasted, the screen stays safe.

Separate from the forms because every place where one types or pastes needs it: Textual draws control and
bidirectional characters raw.
"""

from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult

from app.tui.text import visible
from app.tui.veil import covered

MAX_PASTE = 1_100_000
LONGEST_WRAPPED = 4_000
COMPACT = "-textual-compact"
"""What `compact` makes of itself; there from the beginning, or each field is styled once more before it is mounted."""


class _Visible(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = visible(text.plain)


class SafeInput(Input):
    """One line of text; unsafe characters are drawn as visible ones of the same number."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - the name that every Textual widget gives it
        personal: bool = True,
    ) -> None:
        """`personal`: what is typed may belong to a person, so that the mask covers it."""
        super().__init__(
            value,
            placeholder=placeholder,
            highlighter=_Visible(),
            id=id,
            classes=COMPACT,
            compact=True,
            select_on_focus=True,
        )
        self.cursor_blink = False  # an idle desk repaints nothing
        self._is_personal = personal

    def cover(self, covered: bool) -> None:
        """Draws a dot for each character, or what was typed; the value stays."""
        self.password = covered and self._is_personal


class SafeTextArea(TextArea):
    """Many lines of text, without a language: the parser behind highlighting can take the program down."""

    # Textual's own key for it is one of the desk's function keys.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+a", "select_all", "Select all", tooltip="Select all that is typed here", show=False, id="text.select_all"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=COMPACT, compact=True, soft_wrap=True, show_line_numbers=False)
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
