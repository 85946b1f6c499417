"""The trigger form: event, key field, external id, event data, and Send."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button, Input, Static

from app.domain.diagnosis import FormPatch
from app.domain.event_data import Filled
from app.domain.identifiers import hidden_words
from app.domain.model import (
    CONTACT_KEYS,
    NO_EXTRAS,
    Contact,
    Draft,
    ExternalEvent,
    Extras,
    Field,
    TriggerRequest,
    extras_words,
    new_attempt_id,
)
from app.domain.recipient import EMAIL, Recipient
from app.service.session import Session
from app.tui.privacy import PrivacyMode
from app.tui.text import contact_label, key_label, label, lines, recipient_label, sanitize
from app.tui.widgets.event_data import DataEditor
from app.tui.widgets.event_field import EventField
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.key_picker import KeyPicker
from app.tui.widgets.text_block import TextBlock

DOUBLE_PRESS_S = 1.0
SENDING = "Sending… {}"
SENT_JUST_NOW = "You sent this a moment ago. Press Send once more to send it again."
TYPED_ON_SEND = "You typed while Send had the focus, and nothing took the text. Press Enter again to send."


class FormMessages:
    """The messages of the form."""

    class Changed(Message, namespace="trigger_form"):
        """The request changed."""

    class SendPressed(Message, namespace="trigger_form"):
        """A person pressed the button."""

    class Submitted(Message, namespace="trigger_form"):
        """A request to send. `is_rehearsed`: the presenter asked for its reply, so repeats need no question."""

        def __init__(self, request: TriggerRequest, attempt_id: str, *, is_rehearsed: bool) -> None:
            super().__init__()
            self.request = request
            self.attempt_id = attempt_id
            self.is_rehearsed = is_rehearsed


class FormFields(FormMessages, Vertical):
    """The fields of the form, and the TriggerRequest that they make."""

    def __init__(self, service: Session) -> None:
        super().__init__(id="trigger", classes="pane")
        self.border_title = "Trigger"
        self._service = service
        self._contact: Contact | None = None
        self._extras = NO_EXTRAS
        self._decided_event = ""
        self._put_key = EMAIL
        self._usual_keys: dict[str, str] = {}
        self.usual_key_id = EMAIL
        """The key field of the event, by which contacts are picked; a fix may use another one for one trigger."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="event-row", classes="row"):
            yield Static("Event", classes="name")
            yield EventField(self._service.events)
        with Horizontal(classes="row"):
            yield Static("Key field", classes="name")
            yield KeyPicker(id="key")
        with Vertical(classes="row"):
            with Horizontal(id="external"):
                yield Static("External id", classes="name")
                yield SafeInput(placeholder="the contact's value", id="external-id")
            yield TextBlock(id="recipient")
        yield DataEditor()
        yield TextBlock(id="extras")

    # The request

    def request(self) -> TriggerRequest:
        """The request with its placeholders filled; without event data if that has a fault."""
        request = self._typed_request()
        return replace(request, data=self.filled(request).data)

    def filled(self, request: TriggerRequest | None = None) -> Filled:
        """The event data as it will be sent, and the value of each placeholder."""
        typed = request or self._typed_request()
        return self._service.drafts.fill(typed) if self.editor.has_placeholders else Filled(typed.data)

    def _typed_request(self) -> TriggerRequest:
        return TriggerRequest(
            self.event_id, self.key_id, self._external_id.value, self.editor.value, extras=self._extras
        )

    @property
    def extras(self) -> Extras:
        """The event time and the attachments."""
        return self._extras

    @extras.setter
    def extras(self, extras: Extras) -> None:
        self._extras = extras
        self.post_message(self.Changed())

    @property
    def fault(self) -> str:
        """What is wrong with the fields; '' if nothing is."""
        if self._event.obstacle:
            return self._event.obstacle
        if self.editor.fault is not None:
            return f"Fix the event data first: {self.editor.fault}"
        return self.filled().fault or ""

    def draft(self) -> Draft:
        """Everything as it was typed."""
        contact_id = self._contact.id if self._contact else ""
        texts = (self._event.line.value, self.key_id, self._external_id.value, self.editor.text)
        return Draft(*texts, contact_id, self._extras)

    @property
    def event_id(self) -> str:
        """The id of the event."""
        return self._event.event_id

    @property
    def key_id(self) -> str:
        """The key id as it is sent."""
        return self.query_one(KeyPicker).key_id

    @property
    def editor(self) -> DataEditor:
        """The event data."""
        return self.query_one(DataEditor)

    @property
    def _event(self) -> EventField:
        return self.query_one(EventField)

    @property
    def _external_id(self) -> Input:
        return self.query_one("#external-id", Input)

    # Filling the fields

    def offer_fields(self, fields: Iterable[Field]) -> None:
        """Lists these key fields, and reads event and contact again."""
        self.query_one(KeyPicker).offer(fields)
        self._event.look_again()
        self._read_contact_again()

    def _read_contact_again(self) -> None:
        """Takes the picked contact's present value: the old one may belong to another contact by now."""
        known = self._service.contacts.get(self._contact.id) if self._contact is not None else None
        if known is None:
            return
        self._contact = known
        if known.value(self.key_id) != self._external_id.value:
            self._put_by(self.key_id, known)

    def fill(self, request: TriggerRequest) -> None:
        """Fills every field from a request; undo in the editor brings its text back."""
        self._contact = None
        self._extras = request.extras
        self._event.put(request.event_id)
        self._decided_event = request.event_id
        self._take_usual_key()
        self._put(request.key_id, request.external_id)
        self.editor.fill_for(request.event_id, self._service.drafts.example(request.event_id), request.data)

    def change(self, change: FormPatch) -> None:
        """Applies a fix; the other fields stay."""
        before = self.request()
        changed = change.applied(before)
        if (changed.key_id, changed.external_id) != (before.key_id, before.external_id):
            self._contact = self._service.preflight.recipient(changed).only
        if changed.event_id != self.event_id:
            self._event.put(changed.event_id)
        self._put(changed.key_id, changed.external_id)
        if change.data_text is not None:
            self.editor.put_back(change.data_text)

    def take_up(self, draft: Draft, contact: Contact | None) -> None:
        """Restores a draft; `contact` is the one that was picked."""
        self._contact = contact if contact and contact.value(draft.key_id) == draft.external_id else None
        self._extras = draft.extras
        self._event.put(draft.event_id)
        self._decided_event = self.event_id
        self._take_usual_key()
        if draft.key_id != "id":
            self._keep_usual_key(draft.key_id)
        if self._contact is not None:
            self._put_by(draft.key_id, self._contact)
        else:
            self._put(draft.key_id, draft.external_id)
        self.editor.put_back(draft.data_text, also_empty=bool(draft.event_id))

    def choose_event(self, event: ExternalEvent) -> None:
        """Picks an event, with its example data unless a person typed event data."""
        self._event.put(event.id)
        self._event_decided()

    def choose_contact(self, contact: Contact) -> None:
        """Picks a contact by the event's key field, or by contact id if others share the value."""
        self._contact = contact
        self._put_by(self.usual_key_id, contact)
        self.post_message(self.Changed())

    def clear(self) -> None:
        """Empties every field; undo in the editor brings its text back."""
        self._contact = None
        self._extras = NO_EXTRAS
        self._decided_event = ""
        self._event.put("")
        self._put(self.usual_key_id, "")
        self.editor.fill_for("", None, None)

    def _put_by(self, key_id: str, contact: Contact) -> None:
        key_id = self._service.preflight.key_for(contact, key_id)
        self._put(key_id, contact.value(key_id))

    def _put(self, key_id: str, external_id: str) -> None:
        self._put_key = key_id
        self.query_one(KeyPicker).choose(key_id)
        self._external_id.value = external_id

    # Typing

    @on(EventField.Changed)
    def _event_typed(self, event: EventField.Changed) -> None:
        event.stop()
        if not self._event.obstacle and self._service.events.name(self.event_id) is not None:
            self.editor.offer(self.event_id, self._service.drafts.example(self.event_id))
        self.post_message(self.Changed())

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "event-id":
            self._event_decided()

    def _event_decided(self) -> None:
        """Returns to the event's key field, unless a value was typed for the present one."""
        if self._event.obstacle or self.event_id == self._decided_event:
            return
        self._decided_event = self.event_id
        self._take_usual_key()
        if self._contact is not None:
            self._put_by(self.usual_key_id, self._contact)
        elif not self._external_id.value:
            self._put(self.usual_key_id, "")

    def _take_usual_key(self) -> None:
        """Takes the event's key field: the one picked for it, else the one it was last sent with."""
        if self.event_id not in self._usual_keys:
            key_id = self._service.drafts.last_key(self.event_id) or ""
            is_known = key_id in CONTACT_KEYS or self._service.contacts.field_name(key_id) is not None
            self._usual_keys[self.event_id] = key_id if is_known else self.usual_key_id
        self.usual_key_id = self._usual_keys[self.event_id]

    def _keep_usual_key(self, key_id: str) -> None:
        self.usual_key_id = self._usual_keys[self.event_id] = key_id

    @on(Input.Changed, "#external-id")
    def _external_id_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._contact is not None and self._external_id.value != self._contact.value(self.key_id):
            self._contact = None
        self.post_message(self.Changed())

    @on(KeyPicker.Changed)
    def _key_changed(self, event: KeyPicker.Changed) -> None:
        event.stop()
        if self.key_id != self._put_key:  # a person picked it
            self._put_key = self.key_id
            self._keep_usual_key(self.key_id)
        if self._contact is not None:
            self._external_id.value = self._contact.value(self.key_id)
        self.post_message(self.Changed())

    @on(DataEditor.Changed)
    def _data_changed(self, event: DataEditor.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())


class TriggerForm(FormFields):
    """The fields with Send: it submits the request once, or says why it cannot be sent."""

    blocked: reactive[str] = reactive("")
    """Why the dashboard sends nothing at the moment; '' if it does."""

    sending: reactive[bool] = reactive(False)
    """Whether a trigger is being sent: from Send until `finished`."""

    def __init__(
        self, service: Session, veil: PrivacyMode, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(service)
        self._privacy = veil
        self._clock = clock
        self._last_sent: tuple[TriggerRequest, float] | None = None
        self._typed_on_send = False
        self._sending_since = 0.0
        profile = service.profile
        self._send_words = f"Send to {sanitize(profile.name, 20)}" if profile.is_production else "Send"
        self.set_class(profile.is_production, "-live")

    def compose(self) -> ComposeResult:
        yield from super().compose()
        with Container(id="sending"):
            with Horizontal(id="send-tools"):
                yield Button(
                    Content(self._send_words),
                    id="send",
                    compact=True,
                    tooltip="Trigger the event for this contact",
                )
                yield Button(
                    "Preview request",
                    id="see",
                    compact=True,
                    tooltip="The exact request as cURL, Python or JSON (ctrl+r)",
                    action="screen.preview_request",
                )
            yield TextBlock(id="why")

    def on_mount(self) -> None:
        self.query_one("#see", Button).can_focus = False  # it has a key; Send is the last stop of tab
        self.show_obstacle()

    @property
    def obstacle(self) -> str:
        """Why the request cannot be sent; '' if it can."""
        if self.sending:
            return SENDING.format(self.waited)
        if self.blocked:
            return self.blocked
        return self._privacy.words(self.fault, self._external_id.value)

    @property
    def waited(self) -> str:
        """How long the trigger has been sent, and how long that may take, such as `3 s of 30 s`."""
        waited = int(self._clock() - self._sending_since)
        return f"{waited} s of {self._service.profile.deadline_s:g} s"

    def send(self, *, rehearsed: bool = False) -> str:
        """Submits the request once; returns why it does not, else ''."""
        if self.obstacle:
            return self.obstacle
        request = self.request()
        if self._pressed_twice(request):
            return SENT_JUST_NOW
        attempt_id = new_attempt_id()
        self.sending = True
        self._last_sent = (request, self._clock())
        submitted = replace(request, trigger_id=attempt_id)
        self.post_message(self.Submitted(submitted, attempt_id, is_rehearsed=rehearsed))
        return ""

    def _pressed_twice(self, request: TriggerRequest) -> bool:
        if self._last_sent is None:
            return False
        sent, at = self._last_sent
        return sent == request and self._clock() - at < DOUBLE_PRESS_S

    def finished(self) -> None:
        """Sending is over; the time of a double press begins again."""
        self.sending = False
        if self._last_sent is not None:
            self._last_sent = (self._last_sent[0], self._clock())

    def forget_last(self) -> None:
        """Accepts the next press of Send even if the same was sent a moment ago."""
        self._last_sent = None

    # The focus

    def focus_start(self) -> None:
        """Focuses the event if it is missing, else the external id, and selects the text."""
        self._first_to_type.focus().select_all()

    @property
    def _first_to_type(self) -> Input:
        return self._event.line if self._event.obstacle else self._external_id

    def focus_next(self) -> None:
        """Focuses the missing field, or Send if none is missing."""
        if self._event.obstacle or not self._external_id.value:
            self._first_to_type.focus()
        else:
            self.query_one("#send", Button).focus()

    @on(KeyPicker.Decided)
    def _key_decided(self, event: KeyPicker.Decided) -> None:
        event.stop()
        self.focus_next()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    @on(Button.Pressed, "#send")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if self._typed_on_send:
            self._typed_on_send = False
            self.notify(TYPED_ON_SEND, title="Not sent", severity="warning", markup=False)
        else:
            self.post_message(self.SendPressed())

    def on_key(self, event: events.Key) -> None:
        """Notes text that is typed or pasted on Send: the Enter after it was not meant for the button."""
        if event.is_printable and self.query_one("#send").has_focus:
            self._typed_on_send = True

    def on_descendant_blur(self, _: events.DescendantBlur) -> None:
        self._typed_on_send = False

    def veil_changed(self) -> None:
        """Hides or shows personal data."""
        self.editor.cover(self._privacy.covers_typing)
        self.show_obstacle()

    def watch_blocked(self) -> None:
        if self.is_mounted:
            self.show_obstacle()

    def watch_sending(self) -> None:
        self._sending_since = self._clock()
        if self.is_mounted:
            self.show_obstacle()

    @on(FormMessages.Changed)
    def show_obstacle(self) -> None:
        """Shows why the request cannot be sent, or for how long it has been sent."""
        obstacle = self.obstacle
        send = self.query_one("#send", Button)
        if send.has_class("-off") != bool(obstacle):
            send.toggle_class("-off")
            self.screen.refresh_bindings()
        self.query_one("#why", TextBlock).show(label(obstacle, "$quiet"))

    def name_recipient(self, found: Recipient) -> None:
        """Shows the recipient below the external id, and what is sent beside the event data below that."""
        extras = list(extras_words(self._privacy.request(self._typed_request()).extras))
        carried = self.query_one("#extras", TextBlock)
        carried.display = bool(extras)
        carried.show(lines(label(f"{name}: {value}") for name, value in extras))
        words = self._recipient_words(found)
        below = self.query_one("#recipient", TextBlock)
        below.display = bool(words)
        below.show(words)

    def _recipient_words(self, found: Recipient) -> Content:
        contact, field_name = self._contact, self._service.contacts.field_name
        if contact is not None and not contact.value(self.key_id):
            missing = f" has no {sanitize(key_label(self.key_id, field_name))}"
            return Content.assemble(contact_label(self._privacy.contact(contact)), (missing, "$text-warning"))
        shown = replace(found, contacts=tuple(map(self._privacy.contact, found.contacts)))
        recipient = recipient_label(shown, self._typed_request(), field_name, self._shared_key)
        hidden = "" if found.total else hidden_words(self._external_id.value)
        hint = Content.styled(f"! external id: {sanitize(hidden)}", "$text-warning") if hidden else None
        return lines([recipient, hint])

    @property
    def _shared_key(self) -> str:
        """The event's key field if the picked contact goes by contact id because others share that value."""
        contact, usual = self._contact, self.usual_key_id
        if contact is None or self.key_id != "id" or usual == "id":
            return ""
        return usual if self._service.preflight.key_for(contact, usual) == "id" else ""
