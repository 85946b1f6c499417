"""The event data: an editor, the JSON check as one types, and hints about what is unusual.

What was typed by hand is never replaced: an example fills the editor only while it still holds the last filling.
"""

import json

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static, TextArea

from app.domain.event_data import EventDataError, data_hints, parse_event_data
from app.domain.model import JsonObject
from app.domain.placeholders import placeholders_in
from app.tui.keymap import key_of
from app.tui.text import lines, sanitize
from app.tui.widgets.json_area import JsonArea


class DataEditor(Vertical):
    """JSON text, and the object it holds or the fault that it has."""

    class Changed(Message):
        """The text is another one now."""

    def __init__(self) -> None:
        super().__init__(id="data")
        self._filled: str | None = ""
        self._example: str | None = None
        self._for_event = ""
        self._read = ""
        self._value: JsonObject | None = None
        self._fault: EventDataError | None = None
        self._has_placeholders = False

    def compose(self) -> ComposeResult:
        with Container(id="data-head"):
            yield Static(markup=False, id="data-check")
            with Horizontal(id="data-tools"):
                yield Button(
                    "Fill…",
                    id="data-fill",
                    compact=True,
                    tooltip="Example, last used, templates (f8)",
                    action="screen.do('data')",
                )
                yield Button("Format", id="data-format", compact=True, tooltip="Indent the JSON (f11)")
        yield JsonArea(id="event-data")

    def on_mount(self) -> None:
        for tool in self.query(Button):
            tool.can_focus = False  # their keys lead there; tab goes on to the text
        self._check()

    @property
    def text(self) -> str:
        """The text as it was typed."""
        return self._area.text

    @property
    def value(self) -> JsonObject | None:
        """The object in the text, its placeholders unfilled; None for none, and where there is a `fault`."""
        self._parse()
        return self._value

    @property
    def fault(self) -> EventDataError | None:
        """Why the text cannot be sent; None where it can."""
        self._parse()
        return self._fault

    @property
    def has_placeholders(self) -> bool:
        """Whether there is something to be filled from the contact or the event."""
        self._parse()
        return self._has_placeholders

    @property
    def has_example(self) -> bool:
        """Whether there is an example that the editor does not show."""
        return self._example is not None and self._example != self.text

    def offer(self, event_id: str, example: JsonObject | None) -> None:
        """The example of another event: shown at once unless something was typed by hand."""
        is_another = event_id != self._for_event
        self._belong_to(event_id, example)
        if is_another and self.text in (self._filled, self._example):
            self.fill(self._example or "")
        self._check()

    def fill_for(self, event_id: str, example: JsonObject | None, data: JsonObject | None) -> None:
        """Exactly these data for an event, also where its example is another."""
        self._belong_to(event_id, example)
        self.fill("" if data is None else _indented(data))

    def _belong_to(self, event_id: str, example: JsonObject | None) -> None:
        self._for_event = event_id
        self._example = None if example is None else _indented(example)

    def fill(self, text: str) -> None:
        """This text, as a filling that another may replace; undo brings the old text back."""
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

    def format(self) -> str:
        """Indents the JSON; why it cannot be indented, else ''."""
        if self.fault is not None:
            return str(self.fault)
        if self._value is not None:
            text = _indented(self._value)
            if text != self.text:
                self._area.replace_all(text)
        return ""

    @property
    def _area(self) -> JsonArea:
        return self.query_one(JsonArea)

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._check()
        self.post_message(self.Changed())

    @on(Button.Pressed, "#data-format")
    def _format_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.format()  # a fault stands above the text already

    def _parse(self) -> None:
        """Reads the text, once for each text: it is asked for at every key, and may be long."""
        text = self.text
        if text == self._read:
            return
        self._read, self._value, self._fault = text, None, None
        try:
            self._value = parse_event_data(text)
        except EventDataError as fault:
            self._fault = fault
        self._has_placeholders = bool(placeholders_in(self._value))

    def _check(self) -> None:
        said = Content.assemble(("Event data    ", "$quiet"), self._verdict(), self._offer())
        hints = [Content.styled(f"! {sanitize(hint)}", "$text-warning") for hint in data_hints(self.value)]
        self.query_one("#data-check", Static).update(lines([said, *hints]))

    def _offer(self) -> Content:
        if self.fault is not None or not self.has_example:
            return Content("")
        said = f"   {key_of(self, 'event_data')} has the example of {sanitize(self._for_event, 12)}"
        return Content.styled(said, "$quiet")

    def _verdict(self) -> Content:
        if self.fault is not None:
            return Content.styled(f"✗ {sanitize(str(self.fault))}", "$outcome-rejected")
        if self._value is None:
            return Content.styled("none will be sent", "$quiet")
        return Content.styled("✓ JSON object", "$outcome-accepted")


def _indented(data: JsonObject) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
