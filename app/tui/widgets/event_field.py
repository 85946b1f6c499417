"""The external event: a line for its id or name, and beside it the event that was recognized."""

from typing import Protocol

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from app.domain.identifiers import Resolved, Unresolved
from app.tui.text import label, sanitize
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.text_block import TextBlock


class EventNames(Protocol):
    """The events of the account."""

    def name(self, event_id: str) -> str | None: ...
    def resolve(self, text: str) -> Resolved | Unresolved: ...


class EventField(Container):
    """A line for an event, and the event that its text resolves to."""

    class Changed(Message):
        """The text changed."""

    def __init__(self, names: EventNames) -> None:
        super().__init__(id="event")
        self._names = names
        self._resolved_text = ""
        self._resolved: Resolved | Unresolved | None = None

    def compose(self) -> ComposeResult:
        yield SafeInput(placeholder="id or name", id="event-id", personal=False)
        yield TextBlock(id="event-name")

    @property
    def line(self) -> Input:
        """The line to type in."""
        return self.query_one("#event-id", Input)

    @property
    def event_id(self) -> str:
        """The id of the event; the text itself if it names no event."""
        event = self._event()
        return event.event_id if isinstance(event, Resolved) else self.line.value.strip()

    @property
    def obstacle(self) -> str:
        """Why the text names no event; '' if it does."""
        match self._event():
            case None:
                return "Pick an event first"
            case Unresolved(sentence=sentence):
                return sentence
            case Resolved():
                return ""

    def put(self, text: str) -> None:
        """Types this text."""
        self.line.value = text

    def look_again(self) -> None:
        """Resolves the text again: the known events changed."""
        self._resolved_text = ""
        self._show()

    def _event(self) -> Resolved | Unresolved | None:
        text = self.line.value
        if text != self._resolved_text:
            self._resolved_text = text
            self._resolved = self._names.resolve(text) if text.strip() else None
        return self._resolved if text else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()
        self.post_message(self.Changed())

    def _show(self) -> None:
        beside = self.query_one("#event-name", TextBlock)
        beside.set_class(
            isinstance(self._event(), Unresolved), "-fault"
        )  # wrapped, so that it can be read whole
        beside.show(self._event_name())

    def _event_name(self) -> Content:
        match self._event():
            case None:
                return Content("")
            case Unresolved(sentence=sentence):
                return label(sentence, "$text-warning")
            case Resolved(event_id=event_id, said=said):
                name = self._names.name(event_id)
                taken = Content.styled(f"= {event_id} " if said else "", "bold $primary")
                if name is None:
                    return Content.assemble(taken, ("not in the local list", "$text-warning"))
                return Content.assemble(taken, sanitize(name))
