"""The trigger form: event, key field, external id, event data, and Send."""

from collections.abc import Iterable
from dataclasses import replace

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Button, Input, Select, Static, TextArea
from textual.widgets.select import InvalidSelectValueError

from app.domain.diagnosis import FormPatch, field_label
from app.domain.event_data import Filled
from app.domain.identifiers import Resolved, Unresolved, hidden_words
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
)
from app.domain.recipient import EMAIL, Recipient, customer_number
from app.service.session import Session
from app.tui.privacy import PrivacyMode
from app.tui.text import contact_label, label, lines, recipient_label, sanitize
from app.tui.widgets.event_data import DataEditor
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.text_block import TextBlock

TYPED_ON_SEND = "You typed while Send had the focus, and nothing took the text. Press Enter again to send."
_OTHER = ""
"""The choice of a key id that is not listed."""


def _key_options(fields: Iterable[Field]) -> list[tuple[Text, str]]:
    """E-mail, both contact ids and the customer number first, then the account's other fields in their order."""
    fields = list(fields)
    number = customer_number(fields)
    first = [number] if number else []
    names = {EMAIL: "E-Mail"} | {field.id: sanitize(field.name, 60) for field in [*first, *fields]}
    named = [(f"{name} ({sanitize(key_id, 20)})", key_id) for key_id, name in names.items()]
    named[1:1] = [("contact id (id)", "id"), ("contact uid (uid)", "uid")]
    named.append(("other key id…", _OTHER))
    return [(Text(prompt, no_wrap=True, overflow="ellipsis"), key_id) for prompt, key_id in named]


class TriggerForm(Vertical):
    """The fields, the TriggerRequest that they make, and Send.

    A press of Send reaches the dashboard as Button.Pressed, unless text was typed on the button before.
    """

    extras: var[Extras] = var(NO_EXTRAS, init=False)
    """Event time and attachments, sent beside the event data."""

    class Changed(Message):
        """The request changed."""

    def __init__(self, service: Session, privacy: PrivacyMode) -> None:
        super().__init__(id="trigger", classes="pane")
        self.border_title = "Trigger"
        self._service = service
        self._privacy = privacy
        self._contact: Contact | None = None
        self.named_ids: list[str] = []
        """The ids of the contacts shown as recipients."""
        self._resolved: tuple[str, Resolved | Unresolved | None] = "", None
        self._decided_event = ""
        self._put_key = EMAIL
        self._usual_keys: dict[str, str] = {}
        self.usual_key_id = EMAIL
        """The key field of the event, by which contacts are picked; a fix may use another one for one trigger."""
        self._typed_on_send = False
        self._event_line = SafeInput(placeholder="id or name", id="event-id", personal=False)
        self._key = Select[str](
            _key_options(()), value=EMAIL, allow_blank=False, compact=True, id="key-field"
        )
        self._other_key = SafeInput(placeholder="any key id, sent unchanged", id="key-id", personal=False)
        self._external_id = SafeInput(placeholder="contact's value", id="external-id")
        self.editor = DataEditor()
        self.set_class(service.profile.is_production, "-live")

    def compose(self) -> ComposeResult:
        profile = self._service.profile
        with Container(id="event", classes="row"):
            yield Static("Event", classes="name")
            yield self._event_line
            yield TextBlock(id="event-name")
        with Horizontal(classes="row"):
            yield Static("Key field", classes="name")
            with Vertical(id="key"):
                yield self._key
                yield self._other_key
        with Vertical(classes="row"):
            with Horizontal(id="external"):
                yield Static("External id", classes="name")
                yield self._external_id
            yield TextBlock(id="recipient")
        yield self.editor
        yield TextBlock(id="extras")
        with Container(id="sending"):
            with Horizontal(id="send-tools"):
                words = f"Send to {sanitize(profile.name, 20)}" if profile.is_production else "Send"
                about = "Trigger the event for this contact"
                yield Button(Content(words), id="send", compact=True, tooltip=about)
                yield Button(
                    "Preview request",
                    id="see",
                    compact=True,
                    tooltip="The exact request as cURL, Python or JSON (ctrl+r)",
                    action="screen.preview_request",
                )
            yield TextBlock(id="why")

    def on_mount(self) -> None:
        self._other_key.display = False
        self._key.tooltip = "Emarsys compares this field with the external id"
        self.query_one("#see", Button).can_focus = False  # it has a key; Send is the last stop of tab

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
            self.event_id, self.key_id, self._external_id.value, self.editor.value, extras=self.extras
        )

    def watch_extras(self) -> None:
        self.post_message(self.Changed())

    @property
    def fault(self) -> str:
        """What is wrong with the fields; '' if nothing is."""
        if self._no_event:
            return self._no_event
        if self.editor.fault is not None:
            return f"Fix the event data first: {self.editor.fault}"
        return self.filled().fault or ""

    def draft(self) -> Draft:
        contact_id = self._contact.id if self._contact else ""
        texts = (self._event_line.value, self.key_id, self._external_id.value, self.editor.text)
        return Draft(*texts, contact_id, self.extras)

    @property
    def event_id(self) -> str:
        """The id of the event; the text itself if it names no event."""
        event = self._event
        return event.event_id if isinstance(event, Resolved) else self._event_line.value.strip()

    @property
    def key_id(self) -> str:
        chosen = self._key.value
        return self._other_key.value if chosen == _OTHER or not isinstance(chosen, str) else chosen

    @property
    def _event(self) -> Resolved | Unresolved | None:
        """The event that the text names; None without a text."""
        text = self._event_line.value
        if text != self._resolved[0]:
            self._resolved = text, self._service.events.resolve(text) if text.strip() else None
        return self._resolved[1]

    @property
    def _no_event(self) -> str:
        """Why the text names no event; '' if it does."""
        event = self._event
        if isinstance(event, Unresolved):
            return event.sentence
        return "" if event else "Pick an event first"

    # Filling the fields

    def offer_fields(self, fields: Iterable[Field]) -> None:
        """Lists these key fields, and reads event and contact again."""
        chosen, options = self._key.value, _key_options(fields)
        with self.prevent(Select.Changed):
            self._key.set_options(options)
            self._key.value = chosen if any(chosen == value for _, value in options) else EMAIL
        self._resolved = "", None
        self._show_event()
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
        self.extras = request.extras
        self._event_line.value = request.event_id
        self._decided_event = request.event_id
        self._take_usual_key()
        self._put(request.key_id, request.external_id)
        self.editor.fill_for(request.event_id, self._service.drafts.example(request.event_id), request.data)

    def change(self, change: FormPatch) -> None:
        before = self.request()
        changed = change.applied(before)
        if (changed.key_id, changed.external_id) != (before.key_id, before.external_id):
            self._contact = self._service.preflight.recipient(changed).only
        if changed.event_id != self.event_id:
            self._event_line.value = changed.event_id
        self._put(changed.key_id, changed.external_id)
        if change.data_text is not None:
            self.editor.fill(change.data_text, typed=True)

    def take_up(self, draft: Draft, contact: Contact | None) -> None:
        """Restores a draft; `contact` is the one that was picked."""
        self._contact = contact if contact and contact.value(draft.key_id) == draft.external_id else None
        self.extras = draft.extras
        self._event_line.value = draft.event_id
        self._decided_event = self.event_id
        self._take_usual_key()
        if draft.key_id != "id":
            self._keep_usual_key(draft.key_id)
        if self._contact is not None:
            self._put_by(draft.key_id, self._contact)
        else:
            self._put(draft.key_id, draft.external_id)
        self.editor.fill(draft.data_text, typed=bool(draft.event_id or draft.data_text))

    def choose_event(self, event: ExternalEvent) -> None:
        """Picks an event, with its example data unless a person typed event data."""
        self._event_line.value = event.id
        self._event_decided()

    def choose_contact(self, contact: Contact) -> None:
        """Picks a contact by the event's key field, or by contact id if others share the value."""
        self._contact = contact
        self._put_by(self.usual_key_id, contact)
        self.post_message(self.Changed())

    def clear(self) -> None:
        """Empties every field; undo in the editor brings its text back."""
        self._contact = None
        self.extras = NO_EXTRAS
        self._decided_event = ""
        self._event_line.value = ""
        self._put(self.usual_key_id, "")
        self.editor.fill_for("", None, None)

    def _put_by(self, key_id: str, contact: Contact) -> None:
        key_id = self._service.preflight.key_for(contact, key_id)
        self._put(key_id, contact.value(key_id))

    def _put(self, key_id: str, external_id: str) -> None:
        self._put_key = key_id
        try:
            self._key.value = key_id
        except InvalidSelectValueError:
            self._key.value = _OTHER
            self._other_key.value = key_id
        self._external_id.value = external_id

    # Typing

    @on(Input.Changed, "#event-id")
    def _event_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show_event()
        if not self._no_event and self._service.events.name(self.event_id) is not None:
            self.editor.offer(self.event_id, self._service.drafts.example(self.event_id))
        self.post_message(self.Changed())

    def _show_event(self) -> None:
        self.query_one("#event-name", TextBlock).show(self._event_name())

    def _event_name(self) -> Content:
        match self._event:
            case None:
                return Content("")
            case Unresolved(sentence=sentence):
                return label(sentence, "$text-warning")
            case Resolved(event_id=event_id, said=said):
                name = self._service.events.name(event_id)
                taken = (f"= {event_id} " if said else "", "bold $primary")
                known = ("not in the local list", "$text-warning") if name is None else sanitize(name)
                return Content.assemble(taken, known)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._typed_on_send = False
        if event.widget.id == "event-id":
            self._event_decided()

    def _event_decided(self) -> None:
        """Returns to the event's key field, unless a value was typed for the present one."""
        if self._no_event or self.event_id == self._decided_event:
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

    @on(Select.Changed, "#key-field")
    def _key_picked(self, event: Select.Changed) -> None:
        event.stop()
        is_other = event.value == _OTHER
        self._other_key.display = is_other
        if is_other and not self._other_key.value:
            self._other_key.focus()
        self._key_changed()
        if not is_other and self._key.has_focus:
            self.focus_next()

    @on(Input.Changed, "#key-id")
    def _key_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._key_changed()

    def _key_changed(self) -> None:
        if self.key_id != self._put_key:  # a person picked it
            self._put_key = self.key_id
            self._keep_usual_key(self.key_id)
        if self._contact is not None:
            self._external_id.value = self._contact.value(self.key_id)
        self.post_message(self.Changed())

    @on(TextArea.Changed)
    def _data_typed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())

    # The focus

    def focus_start(self) -> None:
        """Focuses the event if it is missing, else the external id, and selects the text."""
        self._first_to_type.focus().select_all()

    @property
    def _first_to_type(self) -> Input:
        return self._event_line if self._no_event else self._external_id

    def focus_next(self) -> None:
        """Focuses the missing field, or Send if none is missing."""
        if self._no_event or not self._external_id.value:
            self._first_to_type.focus()
        else:
            self.query_one("#send", Button).focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_key(self, event: events.Key) -> None:
        """Notes text that is typed or pasted on Send: the Enter after it was not meant for the button."""
        if event.is_printable and self.query_one("#send").has_focus:
            self._typed_on_send = True

    @on(Button.Pressed, "#send")
    def _pressed(self, event: Button.Pressed) -> None:
        if self._typed_on_send:
            event.stop()
            self._typed_on_send = False
            self.notify(TYPED_ON_SEND, title="Not sent", severity="warning", markup=False)

    # What is shown

    def show_obstacle(self, obstacle: str) -> None:
        """Shows why the request cannot be sent, or for how long it has been sent."""
        send = self.query_one("#send", Button)
        if send.has_class("-off") != bool(obstacle):
            send.toggle_class("-off")
            self.screen.refresh_bindings()
        self.query_one("#why", TextBlock).show(label(obstacle, "$quiet"))

    def name_recipient(self, found: Recipient) -> None:
        """Shows the recipient below the external id, and what is sent beside the event data below that."""
        self.named_ids = [one.id for one in found.contacts]
        extras = extras_words(self._privacy.mask.request(self._typed_request()).extras)
        carried = lines(label(f"{name}: {value}") for name, value in extras)
        for block, words in (("#extras", carried), ("#recipient", self._recipient_words(found))):
            below = self.query_one(block, TextBlock)
            below.display = bool(words)
            below.show(words)

    def _recipient_words(self, found: Recipient) -> Content:
        contact, fields = self._contact, self._service.contacts
        if contact is not None and not contact.value(self.key_id):
            missing = f" has no {sanitize(field_label(self.key_id, fields))}"
            return Content.assemble(contact_label(self._privacy.contact(contact)), (missing, "$text-warning"))
        shown = found._replace(contacts=tuple(map(self._privacy.contact, found.contacts)))
        recipient = recipient_label(shown, self._typed_request(), fields, self._shared_key)
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
