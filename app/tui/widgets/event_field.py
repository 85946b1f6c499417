"""The external event: its id, however it is written, or its name; what was taken for it is said beside it."""

from typing import Protocol

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from app.domain.identifiers import Resolved, Unresolved
from app.tui.text import sanitize
from app.tui.widgets.safe_input import SafeInput


class EventNames(Protocol):
    """Who knows the events of the account."""

    def name(self, event_id: str) -> str | None: ...
    def resolve(self, text: str) -> Resolved | Unresolved: ...


class EventField(Container):
    """A line for an event, and the event that is meant."""

    class Changed(Message):
        """Another text stands there now."""

    def __init__(self, names: EventNames) -> None:
        super().__init__(id="event")
        self._names = names
        self._read = ""
        self._meant: Resolved | Unresolved | None = None

    def compose(self) -> ComposeResult:
        yield SafeInput(placeholder="id or name", id="event-id", personal=False)
        yield Static(markup=False, id="event-name")

    @property
    def line(self) -> Input:
        """The line one types in."""
        return self.query_one("#event-id", Input)

    @property
    def event_id(self) -> str:
        """The id of the event that is meant; the text itself where none can be told."""
        match self._meaning():
            case Resolved(event_id=event_id):
                return event_id
            case _:
                return self.line.value.strip()

    @property
    def obstacle(self) -> str:
        """Why no event can be told; '' where one can."""
        match self._meaning():
            case None:
                return "Choose an event first."
            case Unresolved(sentence=sentence):
                return sentence
            case Resolved():
                return ""

    def put(self, text: str) -> None:
        """This text in the line."""
        self.line.value = text

    def look_again(self) -> None:
        """What is known of the account is another now."""
        self._read = ""
        self._show()

    def _meaning(self) -> Resolved | Unresolved | None:
        text = self.line.value
        if text != self._read:
            self._read = text
            self._meant = self._names.resolve(text) if text.strip() else None
        return self._meant if text else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()
        self.post_message(self.Changed())

    def _show(self) -> None:
        beside = self.query_one("#event-name", Static)
        beside.set_class(isinstance(self._meaning(), Unresolved), "-fault")  # to be read whole
        beside.update(self._said())

    def _said(self) -> Content:
        match self._meaning():
            case None:
                return Content("")
            case Unresolved(sentence=sentence):
                return Content.styled(sanitize(sentence), "$text-warning")
            case Resolved(event_id=event_id, said=said):
                name = self._names.name(event_id)
                taken = Content.styled(f"= {event_id} " if said else "", "bold $primary")
                if name is None:
                    return Content.assemble(taken, ("not in the list", "$text-warning"))
                return Content.assemble(taken, sanitize(name))
