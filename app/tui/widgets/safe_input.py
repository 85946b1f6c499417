"""A field for typing that shows what cannot be seen: the value stays as it was typed or pasted, the screen stays safe.

Separate from the forms because every place where one types or pastes needs it: Textual draws control and
bidirectional characters raw.
"""

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.widgets import Input

from app.tui.text import sanitize, visible

COMPACT = "-textual-compact"
"""The class that `compact` gives itself; set by it, it styles each field twice more before it is mounted."""

SHOWN_LINES = 3


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
            select_on_focus=True,
        )
        self.set_reactive(Input.compact, True)
        self.add_class(COMPACT, update=False)
        self.cursor_blink = False  # an idle desk repaints nothing
        self._is_personal = personal

    def _on_paste(self, event: events.Paste) -> None:
        """Says what of several lines finds no place; the line that does is then pasted as any other."""
        lines = [line for line in event.text.splitlines() if line]
        if not lines:
            return
        event.text, *left_out = lines
        if not left_out:
            return
        number = f"{len(left_out):,} more {'line was' if len(left_out) == 1 else 'lines were'} left out"
        if self.password:
            said = f"The first line was taken; {number}."
        else:
            shown = " ".join(sanitize(line, 60) for line in left_out[:SHOWN_LINES])
            more = " …" if len(left_out) > SHOWN_LINES else ""
            said = f"Taken: {sanitize(event.text, 60)}\n{number}: {shown}{more}"
        self.notify(said, title="One line only", severity="warning", markup=False)

    def cover(self, covered: bool) -> None:
        """Draws a dot for each character, or what was typed; the value stays."""
        self.password = covered and self._is_personal
