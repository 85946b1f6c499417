"""What the dashboard does for whoever types: keeps it as it is typed, and fills the event data from what is known.

A draft is written when somebody pauses; an idle desk writes nothing.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer

from app.domain.errors import DeskError
from app.domain.model import Attempt, Outcome
from app.service import TriggerService
from app.tui.keymap import key_of
from app.tui.screens.advising import AdvisingScreen
from app.tui.screens.confirm import Ask, Confirm
from app.tui.text import age, clean
from app.tui.veil import Veil
from app.tui.widgets.form_messages import FormMessages

if TYPE_CHECKING:
    from app.domain.drafts import Draft
    from app.tui.screens.data_menu import Wish

PAUSE_S = 0.4
MAY_HAVE_ARRIVED = (Outcome.ACCEPTED, Outcome.PARTIAL, Outcome.UNKNOWN)


class DraftingScreen(AdvisingScreen):
    """A screen on which nothing typed is lost."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._typed: Draft | None = None
        self._kept: Draft | None = None
        self._pause: Timer | None = None
        self._is_refused = False

    # Drafts

    def take_up_draft(self) -> None:
        """Fills the form with what was typed when this profile was last left."""
        try:
            saved = self._service.drafting.draft()
        except DeskError as error:
            self.say("The draft cannot be read", str(error))
            return
        if saved is None:
            return
        draft = saved.draft
        self.form.take_up(draft, self._service.lists.contact(draft.contact_id) if draft.contact_id else None)
        self._typed = self._kept = self.form.draft()
        left = age(saved.saved_at, datetime.now(UTC))
        self.form.border_title = f"Trigger · as left {left}, {key_of(self, 'clear_form')} clears"

    @on(FormMessages.Changed)
    def _draft_changed(self) -> None:
        typed = self.form.draft()
        if typed == self._typed:
            return
        self._typed = typed
        self.continue_from(self._parent_id)
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_S, self.keep_draft)

    def keep_draft(self) -> None:
        """Keeps what is typed now, if it is not kept yet."""
        draft = self._typed
        if draft is None or draft == self._kept:
            return
        try:
            if draft.event_id or draft.external_id or draft.data_text.strip():
                self._service.drafting.save_draft(draft)
            else:
                self._service.drafting.drop_draft()
        except DeskError as error:
            if not self._is_refused:
                self._is_refused = True
                self.say("What is typed cannot be kept", str(error))
        else:
            self._kept = draft

    def on_unmount(self) -> None:
        self.keep_draft()

    def tell_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows the finished attempt; what arrived, or may have, is no draft any more."""
        super().tell_attempt(attempt, fault)
        with contextlib.suppress(DeskError):  # the menu then offers what was sent
            self._service.drafting.keep_typed(attempt, self.form.editor.text)
        if attempt.outcome in MAY_HAVE_ARRIVED and self.form.request().event_id == attempt.request.event_id:
            self._typed = self._kept = self.form.draft()
            try:
                self._service.drafting.drop_draft()
            except DeskError as error:
                self.say("The draft cannot be dropped", str(error))

    # Event data

    def on_data_editor_menu_asked(self) -> None:
        self.action_data()

    def action_data(self) -> None:
        """The menu of what the event data can be filled with."""
        from app.tui.screens.data_menu import DataMenu

        event_id = self.form.event_id
        try:
            choices = self._service.drafting.data_choices(event_id)
        except DeskError as error:
            self.say("The templates cannot be read", str(error))
            return
        name = self._service.lists.event_name(event_id) or ""
        title = f"Event data for {event_id} {name}" if event_id else "Event data"
        can_keep = bool(self.form.editor.text.strip())
        menu = DataMenu(title, choices, can_keep=can_keep, is_covered=self._veil.is_on)
        self.app.push_screen(menu, self._fulfil)

    def _fulfil(self, wish: Wish | None) -> None:
        from app.domain.drafts import DataChoice
        from app.tui.screens.data_menu import Act, Wish

        match wish:
            case Wish(Act.TAKE, DataChoice(data_text=text)):
                self.form.editor.fill(text)
            case Wish(Act.KEEP):
                question = "Keep this event data as a template under which name?"
                self.app.push_screen(Ask(question), self._keep_template)
            case Wish(Act.DROP, DataChoice(name=name)):
                question = f"Delete the template {clean(name)}?"
                self.app.push_screen(
                    Confirm(question, yes="Delete", no="Keep"), partial(self._drop_template, name)
                )
            case _:
                pass

    def _keep_template(self, name: str | None) -> None:
        if name is None:
            return
        if not name.strip():
            self.say("Not kept", "A template needs a name.")
            return
        try:
            self._service.drafting.save_template(name.strip(), self.form.editor.text, self.form.event_id)
        except DeskError as error:
            self.say("Not kept", str(error))
        else:
            self.say(
                "Kept",
                f"The template {name.strip()} is offered with {key_of(self, 'event_data')}.",
                severity="information",
            )

    def _drop_template(self, name: str, yes: bool | None) -> None:
        if not yes:
            return
        try:
            self._service.drafting.drop_template(name)
        except DeskError as error:
            self.say("Not deleted", str(error))

    def action_format(self) -> None:
        """Indents the JSON of the event data."""
        if fault := self.form.editor.format():
            self.say("Not formatted", fault)
