"""What is filled in to trigger an event: event, key field, external id, event data, and whoever fills it in.

Separate from the form around it, which sends.
"""

from collections.abc import Iterable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from app.domain.diagnosis import FormPatch
from app.domain.drafts import Draft
from app.domain.model import (
    CONTACT_KEYS,
    Contact,
    ExternalEvent,
    Field,
    TriggerRequest,
)
from app.domain.placeholders import Filled
from app.domain.recipient import EMAIL
from app.service.session import Session
from app.tui.widgets.data_editor import DataEditor
from app.tui.widgets.event_field import EventField
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.key_picker import KeyPicker
from app.tui.widgets.safe_input import SafeInput


class FormFields(FormMessages, Vertical):
    """Builds a TriggerRequest from what was typed and chosen."""

    def __init__(self, service: Session) -> None:
        super().__init__(id="trigger", classes="pane")
        self.border_title = "Trigger"
        self._service = service
        self._contact: Contact | None = None
        self._decided_event = ""
        self._put_key = EMAIL
        self._usual_keys: dict[str, str] = {}
        self.usual_key_id = EMAIL
        """The event's own key field: contacts are chosen by it, whatever a fix made of this one trigger."""

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
            yield Static(markup=False, id="recipient")
        yield DataEditor()

    # What is asked for

    def request(self) -> TriggerRequest:
        """What the form asks for, without event data where that has a fault; placeholders are filled."""
        request = self._asked()
        return replace(request, data=self.filled(request).data)

    def filled(self, request: TriggerRequest | None = None) -> Filled:
        """The event data as they will be sent, and what became of their placeholders."""
        asked = request or self._asked()
        return self._service.drafts.fill(asked) if self.editor.has_placeholders else Filled(asked.data)

    def _asked(self) -> TriggerRequest:
        return TriggerRequest(self.event_id, self.key_id, self._external_id.value, self.editor.value)

    @property
    def fault(self) -> str:
        """What is wrong with what was filled in; '' where nothing is."""
        if self._event.obstacle:
            return self._event.obstacle
        if self.editor.fault is not None:
            return f"Mend the event data first: {self.editor.fault}"
        return self.filled().fault or ""

    def draft(self) -> Draft:
        """Everything as it was typed."""
        contact_id = self._contact.id if self._contact else ""
        texts = (self._event.line.value, self.key_id, self._external_id.value, self.editor.text)
        return Draft(*texts, contact_id)

    @property
    def event_id(self) -> str:
        """The id of the event that is meant."""
        return self._event.event_id

    @property
    def key_id(self) -> str:
        """The key id, as it is sent."""
        return self.query_one(KeyPicker).key_id

    # What others choose

    def offer_fields(self, fields: Iterable[Field]) -> None:
        """The key fields to choose from."""
        self.query_one(KeyPicker).offer(fields)
        self._event.look_again()
        self._read_contact_again()

    def _read_contact_again(self) -> None:
        """The chosen contact with the values that it has by now: its old one may be another contact's."""
        known = self._service.contacts.get(self._contact.id) if self._contact is not None else None
        if known is None:
            return
        self._contact = known
        if known.value(self.key_id) != self._external_id.value:
            self._put_by(self.key_id, known)

    def fill(self, request: TriggerRequest) -> None:
        """Everything as in this request; undo in the editor brings its text back."""
        self._contact = None
        self._event.put(request.event_id)
        self._decided_event = request.event_id
        self._take_usual_key()
        self._put(request.key_id, request.external_id)
        self.editor.fill_for(request.event_id, self._service.drafts.example(request.event_id), request.data)

    def change(self, change: FormPatch) -> None:
        """What a remedy changes; everything else stays as it is."""
        asked = self.request()
        changed = change.applied(asked)
        if (changed.key_id, changed.external_id) != (asked.key_id, asked.external_id):
            self._contact = self._service.preflight.recipient(changed).only
        if changed.event_id != self.event_id:
            self._event.put(changed.event_id)
        self._put(changed.key_id, changed.external_id)

    def take_up(self, draft: Draft, contact: Contact | None) -> None:
        """Everything as it was left; `contact` is the one that was chosen."""
        self._contact = contact if contact and contact.value(draft.key_id) == draft.external_id else None
        self._event.put(draft.event_id)
        self._decided_event = self.event_id
        self._take_usual_key()
        if draft.key_id != "id":
            self._keep_usual_key(draft.key_id)
        if self._contact is not None:
            self._put_by(draft.key_id, self._contact)
        else:
            self._put(draft.key_id, draft.external_id)
        self.editor.put_back(draft.data_text, also_empty=True)

    def choose_event(self, event: ExternalEvent) -> None:
        """This event, and its example data unless something was typed by hand."""
        self._event.put(event.id)
        self._event_decided()

    def choose_contact(self, contact: Contact) -> None:
        """The external id is this contact's value of the event's own key field, or its contact id if that is shared."""
        self._contact = contact
        self._put_by(self.usual_key_id, contact)
        self.post_message(self.Changed())

    def _put_by(self, key_id: str, contact: Contact) -> None:
        """This contact by this key field, or by contact id if others share its value."""
        key_id = self._service.preflight.key_for(contact, key_id)
        self._put(key_id, contact.value(key_id))

    def _put(self, key_id: str, external_id: str) -> None:
        self._put_key = key_id
        self.query_one(KeyPicker).choose(key_id)
        self._external_id.value = external_id

    def clear(self) -> None:
        """Everything empty again, the key field the event's own; undo in the editor brings its text back."""
        self._contact = None
        self._decided_event = ""
        self._event.put("")
        self._put(self.usual_key_id, "")
        self.editor.fill_for("", None, None)

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

    # What is typed

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
        """Returns to the event's own key field, unless a value was typed for the present one."""
        if self._event.obstacle or self.event_id == self._decided_event:
            return
        self._decided_event = self.event_id
        self._take_usual_key()
        if self._contact is not None:
            self._put_by(self.usual_key_id, self._contact)
        elif not self._external_id.value:
            self._put(self.usual_key_id, "")

    def _take_usual_key(self) -> None:
        """The event's own key field: as the user chose it, else the one that it was last sent with."""
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
        if self.key_id != self._put_key:  # the user chose it
            self._put_key = self.key_id
            self._keep_usual_key(self.key_id)
        if self._contact is not None:
            self._external_id.value = self._contact.value(self.key_id)
        self.post_message(self.Changed())

    @on(DataEditor.Changed)
    def _data_changed(self, event: DataEditor.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())
