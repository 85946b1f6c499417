"""The event data: an editor, the JSON check while one types, and hints about unusual data."""

from collections.abc import Iterator
from functools import lru_cache
from typing import ClassVar

from rich.color import Color as RichColor
from rich.style import Style as RichStyle
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, TextArea
from textual.widgets.text_area import Edit, EditResult

from app.domain.event_data import EventDataError, data_hints, parse_event_data, placeholders_in
from app.domain.json_text import indented, written
from app.domain.model import JsonObject
from app.tui.bindings import key_of
from app.tui.privacy import covered
from app.tui.text import lines, sanitize, visible
from app.tui.widgets.text_block import TextBlock, json_parts

MAX_PASTE = 1_100_000
NUMBERED_FROM = 36
"""The width from which there is room for line numbers."""

MAX_WRAPPED = 4_000
"""Characters of a line; a longer one takes too long to wrap and is scrolled instead."""


class JsonArea(TextArea):
    """An editor with JSON in colours, in which unsafe characters are visible and a faulty line is marked.

    It has no language: tree-sitter can crash the program.
    """

    # Textual's own key for it is a function key of the dashboard.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+a", "select_all", "Select all", tooltip="Select all event data", show=False, id="text.select_all"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the name that every Textual widget gives it
        super().__init__(id=id, soft_wrap=True, show_line_numbers=True, compact=True)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._is_covered = False
        self._fault: EventDataError | None = None

    def on_resize(self) -> None:
        self.show_line_numbers = self.size.width >= NUMBERED_FROM

    def mark(self, fault: EventDataError | None) -> None:
        if str(fault) != str(self._fault):
            self._fault = fault
            self._draw_again()

    def _draw_again(self) -> None:
        self.notify_style_update()  # Textual caches drawn lines until then
        self.refresh()

    def cover(self, covered: bool) -> None:
        """Draws dots for what may be personal, or the text; the text stays."""
        self._is_covered = covered
        self._draw_again()

    def get_line(self, line_index: int) -> Text:
        line = visible(self.document.get_line(line_index))
        text = Text(covered(line) if self._is_covered else line, end="", no_wrap=True)
        for token, start, end in json_parts(line) if len(line) <= MAX_WRAPPED else ():
            text.stylize(RichStyle(color=self._color(token)), start, end)
        fault = self._fault
        if fault is not None and fault.line == line_index + 1:
            text.stylize(RichStyle(color=self._color("outcome-rejected"), underline=True))
            text.stylize(RichStyle(reverse=True), fault.column - 1, fault.column)
        return text

    def _color(self, token: str) -> RichColor:
        return Color.parse(self.app.theme_variables[token]).rich_color

    def edit(self, edit: Edit) -> EditResult:
        """Makes one change, and stops wrapping if a line becomes too long."""
        self._wrap_unless_long(edit.text)
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        """Replaces the text; this cannot be undone."""
        self._wrap_unless_long(text)
        super().load_text(text)

    def _wrap_unless_long(self, text: str) -> None:
        if self.soft_wrap and any(len(line) > MAX_WRAPPED for line in text.splitlines()):
            self.soft_wrap = False

    async def on_paste(self, event: events.Paste) -> None:
        """Rejects a text that would freeze the editor and is too long to be sent."""
        if len(event.text) > MAX_PASTE:
            event.prevent_default()
            message = (
                f"{len(event.text):,} characters are too many for the editor. Nothing was pasted. "
                "To send a long text, use `triggerdesk trigger` with --data @FILE."
            )
            self.notify(message, severity="warning", markup=False)

    def replace_all(self, text: str) -> None:
        """Replaces the text; undo brings the old one back."""
        self.soft_wrap = True
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor((0, 0))


class DataEditor(Vertical):
    """JSON text, and the object in it or its fault.

    An example replaces the text only while it is still the text inserted last; what a person typed stays.
    """

    def __init__(self) -> None:
        super().__init__(id="data")
        self._area = JsonArea(id="event-data")
        self._inserted: str | None = ""
        self._example: str | None = None
        self._for_event = ""
        self._parsed = lru_cache(1)(_parsed)  # every key asks for it, and the text may be long

    def compose(self) -> ComposeResult:
        with Container(id="data-head"):
            yield TextBlock(id="data-check")
            with Horizontal(id="data-tools"):
                yield Button(
                    "Insert…",
                    id="data-fill",
                    compact=True,
                    tooltip="The example, the data used last, or a template (f8)",
                    action="screen.event_data",
                )
                yield Button("Format", id="data-format", compact=True, tooltip="Indent the JSON (f11)")
        yield self._area

    def on_mount(self) -> None:
        for tool in self.query(Button):
            tool.can_focus = False  # they have keys; tab goes on to the text
        self._check()

    @property
    def text(self) -> str:
        return self._area.text

    @property
    def value(self) -> JsonObject | None:
        """The object with its placeholders; None if there is none or it has a fault."""
        return self._parsed(self.text)[0]

    @property
    def fault(self) -> EventDataError | None:
        """Why the text cannot be sent; None if it can."""
        return self._parsed(self.text)[1]

    @property
    def has_placeholders(self) -> bool:
        return self._parsed(self.text)[2]

    def offer(self, event_id: str, example: JsonObject | None) -> None:
        """Inserts the example of another event, unless a person typed the text."""
        is_another, self._for_event = event_id != self._for_event, event_id
        self._example = None if example is None else written(example)
        if is_another and self.text in (self._inserted, self._example):
            self.fill(self._example or "")
        self._check()

    def fill_for(self, event_id: str, example: JsonObject | None, data: JsonObject | None) -> None:
        """Inserts exactly this data for an event, whatever its example is."""
        self._for_event = event_id
        self._example = None if example is None else written(example)
        self.fill("" if data is None else written(data))

    def fill(self, text: str, *, typed: bool = False) -> None:
        """Inserts a text; undo brings the old one back. No example replaces one that counts as `typed`."""
        self._inserted = None if typed else text
        if text != self.text:
            self._area.replace_all(text)

    def format(self) -> str:
        """Indents the JSON; returns why it cannot, else ''."""
        if self.fault is not None:
            return str(self.fault)
        if self.value is not None and (text := indented(self.text)) != self.text:
            self._area.replace_all(text)
        return ""

    def go_to_fault(self) -> None:
        fault, area = self.fault, self._area
        area.focus()
        if fault is not None and fault.line:
            area.move_cursor((fault.line - 1, fault.column - 1))

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._check()

    @on(Button.Pressed, "#data-format")
    def _format_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.format()  # the fault is already shown above the text

    def _check(self) -> None:
        self._area.mark(self.fault)
        verdict = Content.assemble(("Event data    ", "$quiet"), *self._verdict())
        hints = [Content.styled(f"! {sanitize(hint)}", "$text-warning") for hint in data_hints(self.value)]
        self.query_one("#data-check", TextBlock).show(lines([verdict, *hints]))

    def _verdict(self) -> Iterator[tuple[str, str]]:
        """Whether the text can be sent, and the key that inserts the example, each with its style."""
        if self.fault is not None:
            yield f"✗ {sanitize(str(self.fault))}", "$outcome-rejected"
            return
        yield ("No event data", "$quiet") if self.value is None else ("✓ JSON object", "$outcome-accepted")
        if self._example not in (None, self.text):
            key = key_of(self, "event_data")
            yield f"   {key} inserts the example of {sanitize(self._for_event, 12)}", "$quiet"


def _parsed(text: str) -> tuple[JsonObject | None, EventDataError | None, bool]:
    """The object in a text, or why it cannot be sent, and whether it has placeholders."""
    try:
        value = parse_event_data(text)
    except EventDataError as fault:
        return None, fault, False
    return value, None, bool(placeholders_in(value))
