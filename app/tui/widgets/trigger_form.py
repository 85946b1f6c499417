"""The trigger form: what is filled in, and Send, which is pressed once for each trigger."""

import time
from collections.abc import Callable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Button, Input, Static

from app.domain.identifiers import said_around
from app.domain.model import TriggerRequest, new_attempt_id
from app.domain.recipient import Recipient
from app.service.session import Session
from app.tui.notices import recipient_label
from app.tui.privacy import PrivacyMode
from app.tui.text import contact_label, key_label, lines, sanitize
from app.tui.widgets.form_fields import FormFields
from app.tui.widgets.form_messages import FormMessages
from app.tui.widgets.key_picker import KeyPicker

DOUBLE_PRESS_S = 1.0
TYPED_ON_SEND = "Something was typed while Send had the focus, and went nowhere. Enter once more sends."
UNDER_WAY = "One at a time; a trigger is under way."


class TriggerForm(FormFields):
    """Submits the request that its fields make; says why it cannot be sent, where it cannot."""

    blocked: reactive[str] = reactive("")
    """Why nothing can be sent just now, said by the screen; '' where nothing is in the way."""

    sending: reactive[bool] = reactive(False)
    """Whether a trigger is under way: from the press that submits it until `finished`."""

    def __init__(
        self, service: Session, veil: PrivacyMode, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(service)
        self._veil = veil
        self._clock = clock
        self._last_sent: tuple[TriggerRequest, float] | None = None
        self._typed_on_send = False

    def compose(self) -> ComposeResult:
        yield from super().compose()
        with Container(id="sending"):
            with Horizontal(id="send-tools"):
                yield Button("Send", id="send", compact=True, tooltip="Trigger the event for this contact")
                yield Button(
                    "Request",
                    id="see",
                    compact=True,
                    tooltip="The exact request, to copy (ctrl+r)",
                    action="screen.do('request')",
                )
            yield Static(markup=False, id="why")

    def on_mount(self) -> None:
        self.query_one("#see", Button).can_focus = False  # its key leads there; tab goes on from Send
        self._say_why()

    @property
    def obstacle(self) -> str:
        """Why this cannot be sent; '' where it can."""
        if self.sending or self.blocked:
            return UNDER_WAY if self.sending else self.blocked
        return self._veil.words(self.fault, self._external_id.value)

    def send(self, *, rehearsed: bool = False) -> str:
        """Submits the request, once; the reason where it is not submitted, else ''."""
        if self.obstacle:
            return self.obstacle
        asked = self.request()
        if self._pressed_twice(asked):
            return "This was sent a moment ago. To send it a second time, press Send once more."
        attempt_id = new_attempt_id()
        self.sending = True
        request = replace(asked, trigger_id=attempt_id)
        self._last_sent = (asked, self._clock())
        self.post_message(self.Submitted(request, attempt_id, is_rehearsed=rehearsed))
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

    def forget_last(self) -> None:
        """The next press is meant, even where the same was sent a moment ago."""
        self._last_sent = None

    # Moving on

    def focus_start(self) -> None:
        """The focus on what is to be typed: the event where it is missing, else whom it is for."""
        self._first_to_type.focus().select_all()  # what had the focus already is typed anew as well

    @property
    def _first_to_type(self) -> Input:
        return self._event.line if self._event.obstacle else self._external_id

    def focus_next(self) -> None:
        """The focus on Send where it can be pressed, on what is missing where not."""
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
        """Who types on without looking, or pastes lines that come as keys, does not mean the Enter that follows."""
        if event.is_printable and self.query_one("#send").has_focus:
            self._typed_on_send = True

    def on_descendant_blur(self, _: events.DescendantBlur) -> None:
        self._typed_on_send = False

    # Why not

    def veil_changed(self) -> None:
        """Say again what names a person: the mask was put on or taken off."""
        self.editor.cover(self._veil.is_on)
        self._say_why()

    def watch_blocked(self) -> None:
        if self.is_mounted:
            self._say_why()

    def watch_sending(self) -> None:
        if self.is_mounted:
            self._say_why()

    @on(FormMessages.Changed)
    def _asked_otherwise(self) -> None:
        self._say_why()

    def _say_why(self) -> None:
        obstacle = self.obstacle
        send = self.query_one("#send", Button)
        if send.has_class("-off") != bool(obstacle):
            send.toggle_class("-off")
            self.screen.refresh_bindings()
        self.query_one("#why", Static).update(_off(obstacle) if obstacle else "")

    def name_recipient(self, found: Recipient) -> None:
        """Says under External id whom the key finds."""
        said = self._recipient_words(found)
        below = self.query_one("#recipient", Static)
        below.display = bool(said)
        below.update(said)

    def _recipient_words(self, found: Recipient) -> Content:
        contact, field_name = self._contact, self._service.contacts.field_name
        if contact is not None and not contact.value(self.key_id):
            missing = f" has no {sanitize(key_label(self.key_id, field_name))}"
            return Content.assemble(contact_label(self._veil.contact(contact)), (missing, "$text-warning"))
        shown = replace(found, contacts=tuple(map(self._veil.contact, found.contacts)))
        said = recipient_label(shown, self._asked(), field_name, self._shared_key)
        around = said_around(self._external_id.value)
        return lines([said, Content.styled(f"! external id: {around}", "$text-warning") if around else None])

    @property
    def _shared_key(self) -> str:
        """The event's own key field if the chosen contact goes by contact id because others share that value."""
        contact, usual = self._contact, self.usual_key_id
        if contact is None or self.key_id != "id" or usual == "id":
            return ""
        return usual if self._service.preflight.key_for(contact, usual) == "id" else ""


def _off(obstacle: str) -> Content:
    return Content.styled(f"off: {sanitize(obstacle)}", "$quiet")
