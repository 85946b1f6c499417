"""A line to type in. The value stays as it was typed; unsafe characters, which Textual would draw raw, become visible."""

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Input

from app.domain.text import count
from app.tui.text import sanitize, visible

SHOWN_LINES = 3
MAX_PASTE = 100_000


class _Visible(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = visible(text.plain)


class SafeInput(Input):
    """One line of text; each unsafe character is drawn as one visible character."""

    DEFAULT_CSS = """
    SafeInput, SafeInput:focus { border: none; height: 1; padding: 0; }
    """
    virtual_size = reactive(Size(0, 0))  # what one types never changes the size of the line

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - the name that every Textual widget gives it
        personal: bool = True,
    ) -> None:
        """`personal`: the value may belong to a person and can be hidden."""
        super().__init__(
            value,
            placeholder=placeholder,
            highlighter=_Visible(),
            id=id,
            select_on_focus=True,
        )
        self.cursor_blink = False  # an idle screen repaints nothing
        self._is_personal = personal

    def _on_paste(self, event: events.Paste) -> None:
        """Pastes the first line; a message shows the lines that were left out. Rejects a text that would freeze the line."""
        if len(event.text) > MAX_PASTE:
            message = f"{len(event.text):,} characters are too many for one line. Nothing was pasted."
            event.text = ""
            self.notify(message, severity="warning", markup=False)
            return
        lines = [line for line in event.text.splitlines() if line]
        if not lines:
            return
        event.text, *left_out = lines
        if not left_out:
            return
        number = f"{count(len(left_out), 'more line')} left out"
        if self.password:
            message = f"The first line was pasted; {number}."
        else:
            shown = " ".join(sanitize(line, 60) for line in left_out[:SHOWN_LINES])
            more = " …" if len(left_out) > SHOWN_LINES else ""
            message = f"Pasted: {sanitize(event.text, 60)}\n{number}: {shown}{more}"
        self.notify(message, title="One line only", severity="warning", markup=False)

    def cover(self, covered: bool) -> None:
        """Draws dots or the text; the value stays."""
        self.password = covered and self._is_personal
