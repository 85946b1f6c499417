"""What the dashboard does for whoever types: keeps it as it is typed, and fills the event data from what is known.

A draft is written when somebody pauses; an idle desk writes nothing.
"""

import contextlib
from datetime import UTC, datetime
from functools import partial

from textual.timer import Timer

from app.domain.drafts import DataChoice, Draft
from app.domain.errors import AppError
from app.domain.formatting import age
from app.domain.model import Attempt, Outcome
from app.tui.keymap import key_of
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.data_menu import Act, DataMenu, Wish
from app.tui.screens.desk import Desk
from app.tui.screens.sending import Sending
from app.tui.text import sanitize

PAUSE_S = 0.4
MAY_HAVE_ARRIVED = (Outcome.ACCEPTED, Outcome.PARTIAL, Outcome.UNKNOWN)


class Drafts:
    """Nothing typed is lost."""

    def __init__(self, desk: Desk, sending: Sending) -> None:
        self._desk = desk
        self._sending = sending
        self._drafts = desk.service.drafts
        self._typed: Draft | None = None
        self._kept: Draft | None = None
        self._pause: Timer | None = None
        self._is_refused = False

    def take_up(self) -> None:
        """Fills the form with what was typed when this profile was last left."""
        desk, form = self._desk, self._desk.form
        try:
            saved = self._drafts.draft()
        except AppError as error:
            desk.say("The draft cannot be read", str(error))
            return
        if saved is None:
            return
        draft = saved.draft
        form.take_up(draft, desk.service.contacts.get(draft.contact_id) if draft.contact_id else None)
        self._typed = self._kept = form.draft()
        left = age(saved.saved_at, datetime.now(UTC))
        form.border_title = f"Trigger · as left {left}, {key_of(desk.screen, 'clear_form')} clears"

    def clear(self) -> None:
        """Empties the form, to begin anew."""
        self._desk.form.clear()
        self._sending.continue_from(None)
        self._desk.screen.action_go("events")

    def changed(self) -> None:
        """Keeps what is typed once somebody pauses."""
        typed = self._desk.form.draft()
        if typed == self._typed:
            return
        self._typed = typed
        self._sending.continue_from(self._sending.parent_id)
        if self._pause is not None:
            self._pause.stop()
        self._pause = self._desk.screen.set_timer(PAUSE_S, self.keep)

    def keep(self) -> None:
        """Keeps what is typed now, if it is not kept yet."""
        draft = self._typed
        if draft is None or draft == self._kept:
            return
        try:
            if draft.event_id or draft.external_id or draft.data_text.strip():
                self._drafts.save_draft(draft)
            else:
                self._drafts.drop_draft()
        except AppError as error:
            if not self._is_refused:
                self._is_refused = True
                self._desk.say("What is typed cannot be kept", str(error))
        else:
            self._kept = draft

    def answered(self, attempt: Attempt) -> None:
        """What arrived, or may have, is no draft any more; what was typed meanwhile for the next contact is one."""
        form, sent = self._desk.form, attempt.request
        asked = form.request()
        is_asked = (asked.event_id, asked.external_id) == (sent.event_id, sent.external_id)
        with contextlib.suppress(AppError):  # the menu then offers what was sent
            self._drafts.keep_typed(attempt, form.editor.text)
        if attempt.outcome in MAY_HAVE_ARRIVED and is_asked:
            self._typed = self._kept = form.draft()
            try:
                self._drafts.drop_draft()
            except AppError as error:
                self._desk.say("The draft cannot be dropped", str(error))

    # Event data

    def offer(self) -> None:
        """The menu of what the event data can be filled with."""
        desk = self._desk
        event_id = desk.form.event_id
        try:
            choices = self._drafts.data_choices(event_id)
        except AppError as error:
            desk.say("The templates cannot be read", str(error))
            return
        name = desk.service.events.name(event_id) or ""
        title = f"Event data for {event_id} {name}" if event_id else "Event data"
        can_keep = bool(desk.form.editor.text.strip())
        desk.push(DataMenu(title, choices, can_keep=can_keep, is_covered=desk.veil.is_on), self._fulfil)

    def _fulfil(self, wish: Wish | None) -> None:
        match wish:
            case Wish(Act.TAKE, DataChoice(data_text=text)):
                self._desk.form.editor.fill(text)
            case Wish(Act.KEEP):
                self._desk.push(
                    Ask("Keep this event data as a template under which name?"), self._keep_template
                )
            case Wish(Act.DROP, DataChoice(name=name)):
                question = f"Delete the template {sanitize(name)}?"
                self._desk.push(
                    Confirm(question, yes="Delete", no="Keep"), partial(self._drop_template, name)
                )
            case _:
                pass

    def _keep_template(self, name: str | None) -> None:
        if name is None:
            return
        desk = self._desk
        if not name.strip():
            desk.say("Not kept", "A template needs a name.")
            return
        try:
            self._drafts.save_template(name.strip(), desk.form.editor.text, desk.form.event_id)
        except AppError as error:
            desk.say("Not kept", str(error))
        else:
            key = key_of(desk.screen, "event_data")
            desk.say("Kept", f"The template {name.strip()} is offered with {key}.", severity="information")

    def _drop_template(self, name: str, yes: bool | None) -> None:
        if not yes:
            return
        try:
            self._drafts.drop_template(name)
        except AppError as error:
            self._desk.say("Not deleted", str(error))

    def format(self) -> None:
        """Indents the JSON of the event data."""
        if fault := self._desk.form.editor.format():
            self._desk.say("Not formatted", fault)
