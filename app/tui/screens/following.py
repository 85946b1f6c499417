"""What the dashboard does with triggers that were sent before: shows one whole, settles it, sends it again, as it was or changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from textual import on

from app.domain.errors import DeskError
from app.domain.model import Attempt, new_attempt_id
from app.service import AttemptRow, TriggerService
from app.tui.notices import again_question
from app.tui.past import Past
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.sending import SendingScreen
from app.tui.veil import Veil
from app.tui.widgets.follow_up import Choice, Followed
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.windowed_table import WindowedTable

NOTE = "a note, may be empty"


class FollowUpScreen(SendingScreen):
    """A screen whose history leads on from each attempt."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._past = Past(service, self._veil)

    @on(WindowedTable.Selected, "#history-table")
    def _look_at(self, message: WindowedTable.Selected[AttemptRow]) -> None:
        from app.tui.screens.attempt import AttemptScreen

        opened = self._past.opened(message.row)
        if opened is not None:
            self.app.push_screen(AttemptScreen(self._past, opened, self.see_attempt), self._followed)

    def _followed(self, followed: Followed | None) -> None:
        if followed is None:
            return
        self.query_one(HistoryPane).go_to(followed.row)
        if followed.choice is not None:
            self._follow(self._service.past.attempt(followed.row.attempt_id), followed.choice)

    @on(HistoryPane.Chosen)
    def _chosen_in_row(self, message: HistoryPane.Chosen) -> None:
        attempt = self._service.past.attempt(message.row.attempt_id)
        if attempt is None:
            return
        if message.choice.fits(attempt):
            self._follow(attempt, message.choice)
        else:
            self.say("Not here", message.choice.unfit)

    def _follow(self, attempt: Attempt | None, choice: Choice) -> None:
        if attempt is None:
            self.say("Not here", "This attempt is no longer in the history.")
            return
        match choice:
            case Choice.ARRIVED | Choice.DID_NOT:
                arrived = choice is Choice.ARRIVED
                question = f"It {'arrived' if arrived else 'did not arrive'}: how do you know?"
                asked = Ask(question, NOTE, yes="Settle", covered=self._veil.is_on)
                self.app.push_screen(asked, partial(self._settle, attempt, arrived))
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self._ask_again(attempt, same_trigger=choice is Choice.SAME_TRIGGER)
            case Choice.IN_FORM:
                self._open_in_form(attempt)

    def _settle(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            self._service.settle(attempt.attempt_id, arrived=arrived, note=note)
        except DeskError as error:
            self.tell_fault(str(error))
        self.show_history()

    def _open_in_form(self, attempt: Attempt) -> None:
        if attempt.account != self._service.profile.account_key:
            self.say("Not here", f"It was made with the profile {attempt.profile} on another account.")
        elif self.form.sending:
            self.say("Not now", self.form.obstacle)
        else:
            data = attempt.request.data
            self.form.fill(replace(attempt.request, data=None))
            text = "" if data is None else json.dumps(data, indent=2, ensure_ascii=False)
            self.form.editor.put_back(text, also_empty=True)
            self.continue_from(attempt.attempt_id)
            self.action_go("trigger")
            self.form.focus_contact()  # to be changed: on Send, one Enter would send it as it was

    def _ask_again(self, attempt: Attempt, *, same_trigger: bool) -> None:
        if self.form.sending or self.in_the_way:
            self.say("Not sent", self.in_the_way or self.form.obstacle)
            return
        try:
            known = self._service.knowledge.check(attempt.request)
        except DeskError as error:
            self.tell_fault(f"Nothing was sent. {error}")
            return
        question = again_question(
            self._veil.attempt(attempt),
            self._service.lists.field_name,
            known,
            datetime.now(UTC),
            same_trigger=same_trigger,
            real_account=self.profile_name if self._arming else None,
        )
        self.app.push_screen(
            Confirm(question, yes="Send again", no="Do not send"),
            partial(self._send_again, attempt, same_trigger),
        )

    def _send_again(self, attempt: Attempt, same_trigger: bool, yes: bool | None) -> None:
        if not yes or self.form.sending:
            return
        self.form.sending = True
        attempt_id, permit = new_attempt_id(), self.permit
        self.begin(
            attempt.request,
            lambda stop: self._service.resend(
                attempt.attempt_id,
                same_trigger=same_trigger,
                new_attempt_id=attempt_id,
                stop=stop,
                production=permit,
            ),
        )
