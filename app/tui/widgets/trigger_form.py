"""The trigger form: event, key field, external id, event data, Send."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Button, Input, Static

from app.domain.event_data import EventDataError
from app.domain.model import Contact, ExternalEvent, Field, JsonObject, TriggerRequest, new_attempt_id
from app.tui.text import clean, contact_label, key_label
from app.tui.veil import Veil
from app.tui.widgets.data_editor import DataEditor
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.key_picker import KeyPicker
from app.tui.widgets.safe_input import SafeInput

DOUBLE_PRESS_S = 1.0


class Directory(Protocol):
    """What the form asks about what is typed."""

    def event_name(self, event_id: str) -> str | None: ...
    def field_name(self, field_id: str) -> str | None: ...
    def example(self, event_id: str) -> JsonObject | None: ...


class TriggerForm(FormMessages, Vertical):
    """Builds a TriggerRequest; says why it cannot be sent, where it cannot."""

    blocked: reactive[str] = reactive("")
    """Why nothing can be sent just now, said by the screen; '' where nothing is in the way."""

    sending: reactive[bool] = reactive(False)
    """Whether a trigger is under way: from the press that submits it until `finished`."""

    def __init__(self, directory: Directory, veil: Veil, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id="trigger", classes="pane")
        self.border_title = "Trigger"
        self._directory = directory
        self._veil = veil
        self._clock = clock
        self._contact: Contact | None = None
        self._last_sent: tuple[TriggerRequest, float] | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="event-row", classes="row"):
            yield Static("Event", classes="name")
            with Container(id="event"):
                yield SafeInput(placeholder="id", id="event-id", personal=False)
                yield Static(markup=False, id="event-name")
        with Horizontal(classes="row"):
            yield Static("Key field", classes="name")
            yield KeyPicker(id="key")
        with Horizontal(classes="row"):
            yield Static("External id", classes="name")
            yield SafeInput(placeholder="the contact's value", id="external-id")
        yield DataEditor()
        with Horizontal(id="sending"):
            yield Button("Send", id="send", compact=True, tooltip="Trigger the event for this contact")
            yield Static(markup=False, id="why")

    def on_mount(self) -> None:
        self._say_why()

    # What is asked for

    def request(self) -> TriggerRequest:
        """What the form asks for, without event data where that has a fault."""
        return TriggerRequest(self.event_id, self.key_id, self._external_id.value)

    @property
    def event_id(self) -> str:
        """The event id; an id never holds a space."""
        return self.query_one("#event-id", Input).value.strip()

    @property
    def key_id(self) -> str:
        """The key id, as it is sent."""
        return self.query_one(KeyPicker).key_id

    @property
    def obstacle(self) -> str:
        """Why this cannot be sent; '' where it can."""
        if self.sending or self.blocked:
            return "Sending…" if self.sending else self.blocked
        if not self.event_id:
            return "Choose an event first."
        if not (self.event_id.isascii() and self.event_id.isdecimal()):
            return "The event id is a number."
        try:
            self.editor.data()
        except EventDataError as fault:
            return f"Mend the event data: {fault}" if not fault.line else "Mend the event data first."
        return ""

    def send(self) -> str:
        """Submits the request, once; the reason where it is not submitted, else ''."""
        if self.obstacle:
            return self.obstacle
        asked = TriggerRequest(self.event_id, self.key_id, self._external_id.value, self.editor.data())
        if self._pressed_twice(asked):
            return "This was sent a moment ago. To send it a second time, press Send again."
        attempt_id = new_attempt_id()
        self.sending = True
        request = TriggerRequest(asked.event_id, asked.key_id, asked.external_id, asked.data, attempt_id)
        self._last_sent = (asked, self._clock())
        self.post_message(self.Submitted(request, attempt_id))
        return ""

    def _pressed_twice(self, asked: TriggerRequest) -> bool:
        return (
            self._last_sent is not None
            and self._last_sent[0] == asked
            and self._clock() - self._last_sent[1] < DOUBLE_PRESS_S
        )

    def finished(self) -> None:
        """The sending is over; a press meant for it no longer counts."""
        self.sending = False
        if self._last_sent is not None:
            self._last_sent = (self._last_sent[0], self._clock())

    # What others choose

    def offer_fields(self, fields: Iterable[Field]) -> None:
        """The key fields to choose from."""
        self.query_one(KeyPicker).offer(fields)

    def fill(self, request: TriggerRequest) -> None:
        """Everything as in this request; undo in the editor brings its text back."""
        self._contact = None
        self.query_one("#event-id", Input).value = request.event_id
        self.query_one(KeyPicker).choose(request.key_id)
        self._external_id.value = request.external_id
        self.editor.fill(
            "" if request.data is None else json.dumps(request.data, indent=2, ensure_ascii=False)
        )

    def forget_last(self) -> None:
        """The next press is meant, even where the same was sent a moment ago."""
        self._last_sent = None

    def choose_event(self, event: ExternalEvent) -> None:
        """This event, and its example data unless something was typed by hand."""
        self.query_one("#event-id", Input).value = event.id

    def choose_contact(self, contact: Contact) -> None:
        """The external id is this contact's value of the key field, also once that changes."""
        self._contact = contact
        self._external_id.value = contact.value(self.key_id)
        self._changed()

    def focus_start(self) -> None:
        """The focus on what is first to be decided here."""
        self.query_one("#event-id", Input).focus()

    def focus_next(self) -> None:
        """The focus on Send where it can be pressed, on what is missing where not."""
        if not self.event_id:
            self.focus_start()
        elif not self._external_id.value:
            self._external_id.focus()
        else:
            self.query_one("#send", Button).focus()

    def clear(self) -> None:
        """Everything empty again but the key field; undo in the editor brings its text back."""
        self._contact = None
        for field in ("#event-id", "#external-id"):
            self.query_one(field, Input).value = ""
        self.editor.fill("")

    @property
    def editor(self) -> DataEditor:
        """The event data."""
        return self.query_one(DataEditor)

    @property
    def _external_id(self) -> Input:
        return self.query_one("#external-id", Input)

    def veil_changed(self) -> None:
        """Say again what names a person: the mask was put on or taken off."""
        self.editor.cover(self._veil.is_on)
        self._say_why()

    # What is typed

    @on(Input.Changed, "#event-id")
    def _event_typed(self, event: Input.Changed) -> None:
        event.stop()
        name = self._directory.event_name(self.event_id) if self.event_id else ""
        self.query_one("#event-name", Static).update(
            Content.styled("not in the list", "$text-warning") if name is None else Content(clean(name))
        )
        if name is not None:
            self.editor.offer(self.event_id, self._directory.example(self.event_id))
        self._changed()

    @on(Input.Changed, "#external-id")
    def _external_id_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._contact is not None and event.value != self._contact.value(self.key_id):
            self._contact = None
        self._changed()

    @on(KeyPicker.Changed)
    def _key_changed(self, event: KeyPicker.Changed) -> None:
        event.stop()
        if self._contact is not None:
            self._external_id.value = self._contact.value(self.key_id)
        self._changed()

    @on(DataEditor.Changed)
    def _data_changed(self, event: DataEditor.Changed) -> None:
        event.stop()
        self._say_why()

    @on(Button.Pressed, "#send")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.SendPressed())

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def watch_blocked(self) -> None:
        if self.is_mounted:
            self._say_why()

    def watch_sending(self) -> None:
        if self.is_mounted:
            self._say_why()

    def _changed(self) -> None:
        self._say_why()
        self.post_message(self.Changed())

    def _say_why(self) -> None:
        obstacle = self.obstacle
        send = self.query_one("#send", Button)
        if send.has_class("-off") != bool(obstacle):
            send.toggle_class("-off")
            self.post_message(self.Ready())
        self.query_one("#why", Static).update(self._hint() if not obstacle else _off(obstacle))

    def _hint(self) -> Content:
        contact = self._contact
        if contact is None:
            return Content("")
        shown = contact_label(self._veil.contact(contact))
        if not contact.value(self.key_id):
            missing = f"has no {clean(key_label(self.key_id, self._directory.field_name))}"
            return Content.assemble(shown, (f" {missing}", "$text-warning"))
        return Content.assemble(("from ", "$quiet"), shown)


def _off(obstacle: str) -> Content:
    return Content.styled(f"off: {clean(obstacle)}", "$quiet")
