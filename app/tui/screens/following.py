"""What the dashboard does with triggers that were sent before: shows one whole, settles it, sends it again."""

from functools import partial

from textual import on

from app.domain.errors import DeskError
from app.domain.model import Attempt, new_attempt_id
from app.service import AttemptRow
from app.tui.notices import again_question
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.sending import SendingScreen
from app.tui.widgets.follow_up import Choice
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.windowed_table import WindowedTable

NOTE = "a note, may be empty; enter goes on, esc goes back"


class FollowUpScreen(SendingScreen):
    """A screen whose history leads on from each attempt."""

    @on(WindowedTable.Selected, "#history-table")
    def _look_at(self, message: WindowedTable.Selected[AttemptRow]) -> None:
        attempt = self._service.attempt(message.row.attempt_id)
        if attempt is not None:
            body = self._veil.body(attempt, self._service.request_body(attempt.attempt_id))
            screen = AttemptScreen(self._veil.attempt(attempt), body, self._service.field_name)
            self.app.push_screen(screen, partial(self._follow, attempt))

    @on(HistoryPane.Chosen)
    def _chosen_in_row(self, message: HistoryPane.Chosen) -> None:
        attempt = self._service.attempt(message.row.attempt_id)
        if attempt is None:
            return
        if message.choice.fits(attempt):
            self._follow(attempt, message.choice)
        else:
            self.say("Not here", message.choice.unfit)

    def _follow(self, attempt: Attempt, choice: Choice | None) -> None:
        match choice:
            case Choice.ARRIVED | Choice.DID_NOT:
                arrived = choice is Choice.ARRIVED
                question = f"It {'arrived' if arrived else 'did not arrive'}: how do you know?"
                asked = Ask(question, NOTE, covered=self._veil.is_on)
                self.app.push_screen(asked, partial(self._settle, attempt, arrived))
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self._ask_again(attempt, same_trigger=choice is Choice.SAME_TRIGGER)
            case None:
                pass

    def _settle(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            self._service.settle(attempt.attempt_id, arrived=arrived, note=note)
        except DeskError as error:
            self.tell_fault(str(error))
        self.show_history()

    def _ask_again(self, attempt: Attempt, *, same_trigger: bool) -> None:
        if self.form.sending or self.in_the_way:
            self.say("Not sent", self.in_the_way or self.form.obstacle)
            return
        question = again_question(
            self._veil.attempt(attempt),
            self._service.field_name,
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
