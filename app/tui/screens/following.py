"""What the dashboard does with triggers that were sent before: shows one, settles it, sends it again."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from app.domain.errors import AppError
from app.domain.model import Attempt, new_attempt_id
from app.service.stored import AttemptRow
from app.tui.notices import again_question
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.desk import Desk
from app.tui.screens.searching import Searching
from app.tui.screens.seeing import Seeing
from app.tui.screens.sending import Sending
from app.tui.widgets.follow_up import Choice, Followed

NOTE = "a note, may be empty"


class Following:
    """Leads on from each attempt of the history."""

    def __init__(
        self,
        desk: Desk,
        searching: Searching,
        sending: Sending,
        seeing: Seeing,
        settled: Callable[[Attempt], None],
    ) -> None:
        """`settled` is told each attempt that somebody has settled."""
        self._desk = desk
        self._past = desk.past
        self._searching = searching
        self._sending = sending
        self._seeing = seeing
        self._settled = settled

    def look_at(self, row: AttemptRow) -> None:
        """Shows the attempt of a row whole."""
        opened = self._past.opened(row)
        if opened is not None:
            self._desk.push(AttemptScreen(self._past, opened, self._seeing.see_attempt), self._followed)

    def _followed(self, followed: Followed | None) -> None:
        if followed is None:
            return
        self._desk.history.go_to(followed.row)
        if followed.choice is not None:
            self._follow(self._desk.service.history.attempt(followed.row.attempt_id), followed.choice)

    def choose(self, row: AttemptRow, choice: Choice) -> None:
        """Does what was chosen about the attempt of a row, where it can be done."""
        attempt = self._desk.service.history.attempt(row.attempt_id)
        if attempt is None:
            return
        if choice.fits(attempt):
            self._follow(attempt, choice)
        else:
            self._desk.say("Not here", choice.unfit)

    def _follow(self, attempt: Attempt | None, choice: Choice) -> None:
        if attempt is None:
            self._desk.say("Not here", "This attempt is no longer in the history.")
            return
        match choice:
            case Choice.ARRIVED | Choice.DID_NOT:
                arrived = choice is Choice.ARRIVED
                question = f"It {'arrived' if arrived else 'did not arrive'}: how do you know?"
                asked = Ask(question, NOTE, yes="Settle", covered=self._desk.veil.is_on)
                self._desk.push(asked, partial(self._settle, attempt, arrived))
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self._ask_again(attempt, same_trigger=choice is Choice.SAME_TRIGGER)
            case Choice.IN_FORM:
                self._open_in_form(attempt)

    def _settle(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            settled = self._desk.service.settle(attempt.attempt_id, arrived=arrived, note=note)
        except AppError as error:
            self._desk.tell_fault(str(error))
        else:
            self._settled(settled)
        self._searching.show()

    def _open_in_form(self, attempt: Attempt) -> None:
        desk, form = self._desk, self._desk.form
        if attempt.account != desk.service.profile.account_key:
            desk.say("Not here", f"It was made with the profile {attempt.profile} on another account.")
        elif form.sending:
            desk.say("Not now", form.obstacle)
        else:
            data = attempt.request.data
            form.fill(replace(attempt.request, data=None))
            text = "" if data is None else json.dumps(data, indent=2, ensure_ascii=False)
            form.editor.put_back(text, also_empty=True)
            self._sending.continue_from(attempt.attempt_id)
            desk.screen.action_go("trigger")

    def _ask_again(self, attempt: Attempt, *, same_trigger: bool) -> None:
        desk, in_the_way = self._desk, self._sending.in_the_way
        if desk.form.sending or in_the_way:
            desk.say("Not sent", in_the_way or desk.form.obstacle)
            return
        try:
            known = desk.service.preflight.check(attempt.request)
        except AppError as error:
            desk.tell_fault(f"Nothing was sent. {error}")
            return
        profile = desk.service.profile
        question = again_question(
            desk.veil.attempt(attempt),
            desk.service.contacts.field_name,
            known,
            datetime.now(UTC),
            same_trigger=same_trigger,
            real_account=profile.name if profile.is_production else None,
        )
        desk.push(
            Confirm(question, yes="Send again", no="Do not send"),
            partial(self._send_again, attempt, same_trigger, known.second_send),
        )

    def _send_again(
        self, attempt: Attempt, same_trigger: bool, asked_about: AttemptRow | None, yes: bool | None
    ) -> None:
        if not yes or self._desk.form.sending:
            return
        self._desk.form.sending = True
        self._sending.resend(
            attempt,
            new_attempt_id(),
            same_trigger=same_trigger,
            asked_about=asked_about,
            ask_again=partial(self._ask_again, attempt, same_trigger=same_trigger),
        )
