"""The event data: an editor, and the JSON check as one types.

What was typed by hand is never replaced: an example fills the editor only while it still holds the last filling.
"""

import json

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from app.domain.event_data import EventDataError, parse_event_data
from app.domain.model import JsonObject
from app.tui.keymap import key_of
from app.tui.text import clean
from app.tui.widgets.safe_text_area import SafeTextArea


class DataEditor(Vertical):
    """JSON text, and the object it holds or the fault that it has."""

    class Changed(Message):
        """The text is another one now."""

    def __init__(self) -> None:
        super().__init__(id="data")
        self._filled: str | None = ""
        self._example: str | None = None
        self._for_event = ""

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="data-check")
        yield SafeTextArea(id="event-data")

    def on_mount(self) -> None:
        self._check()

    @property
    def text(self) -> str:
        """The text as it was typed."""
        return self._area.text

    @property
    def has_example(self) -> bool:
        """Whether there is an example that the editor does not show."""
        return self._example is not None and self._example != self.text

    def data(self) -> JsonObject | None:
        """The object to send; None for none. Raises EventDataError."""
        return parse_event_data(self.text)

    def offer(self, event_id: str, example: JsonObject | None) -> None:
        """The example of another event: shown at once unless something was typed by hand."""
        self._for_event = event_id
        self._example = None if example is None else json.dumps(example, indent=2, ensure_ascii=False)
        if self.text == self._filled:
            self.fill(self._example or "")
        self._check()

    def take_example(self) -> None:
        """The example in place of what was typed; undo brings that back."""
        if self._example is not None:
            self.fill(self._example)

    def fill(self, text: str) -> None:
        """This text, as a filling that another may replace."""
        self._filled = text
        if text != self.text:
            self._area.replace_all(text)

    def put_back(self, text: str, *, also_empty: bool = False) -> None:
        """This text as if it were typed by hand: no filling replaces it; an empty one only where `also_empty`."""
        if also_empty:
            self._filled = None
        if text != self.text:
            self._area.replace_all(text)

    def cover(self, covered: bool) -> None:
        """Draws dots for what may belong to a person, or the text as it is; the text stays."""
        self._area.cover(covered)

    @property
    def _area(self) -> SafeTextArea:
        return self.query_one(SafeTextArea)

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._check()
        self.post_message(self.Changed())

    def _check(self) -> None:
        said = self._verdict()
        if self.has_example and self._example is not None:
            hint = f"   {key_of(self, 'take_example')} takes the example of {clean(self._for_event, 12)}"
            said = Content.assemble(said, (hint, "$quiet"))
        self.query_one("#data-check", Static).update(Content.assemble(("Event data    ", "$quiet"), said))

    def _verdict(self) -> Content:
        try:
            data = self.data()
        except EventDataError as fault:
            return Content.styled(f"✗ {clean(str(fault))}", "$outcome-rejected")
        if data is None:
            return Content.styled("none will be sent", "$quiet")
        return Content.styled("✓ JSON object", "$outcome-accepted")
