"""The form: its prediction and fixes, drafts and templates, the request preview, the sandbox's scenarios."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from textual.timer import Timer

from app.domain.diagnosis import Fetch, FormPatch, QuickFix
from app.domain.errors import AppError
from app.domain.event_data import repair
from app.domain.json_text import written
from app.domain.model import (
    LABEL,
    NO_EXTRAS,
    Attempt,
    DataChoice,
    Draft,
    Extras,
    ExtrasError,
    Outcome,
    TriggerRequest,
    extras_words,
    new_attempt_id,
    parse_event_time,
)
from app.domain.recipient import DataUse, Recipient
from app.domain.reply_codes import describe
from app.domain.text import short_id
from app.service.files import read_attachment, typed_path
from app.service.history import StoppedError, in_thread
from app.service.preflight import Preflight
from app.service.scenarios import FAILURES, REPLIES, SimulatedFailure
from app.tui.bindings import Command, key_of
from app.tui.controllers import View
from app.tui.controllers.cache import CacheController
from app.tui.controllers.send import SendController
from app.tui.copying import copy
from app.tui.screens.confirm import Ask
from app.tui.screens.menu import DataMenu, Menu
from app.tui.screens.request import RequestScreen
from app.tui.text import sanitize, sent_mail_label

PAUSE_S = 0.4
MAY_HAVE_ARRIVED = (Outcome.ACCEPTED, Outcome.PARTIAL, Outcome.UNKNOWN)
TIME = "Event time in UTC, such as 2026-03-01T13:00:00Z. Leave it empty to send none."
FILE = "File to attach. Every attachment is sent with this trigger."
NOT_YET = "Nothing was sent. This preview has a trigger id of its own: every trigger gets a new one."
AGAIN = "Running this sends {} again, with the same trigger id."
CREDENTIALS = "*** stands for credentials."
IN_PROCESS = (
    "This address answers only inside the program; `triggerdesk sandbox` serves the account on a port."
)
MASKED = "Personal data is masked."
RESET = "Clear the accepted trigger ids and the simulated failures?"
RESET_EVERYTHING = (
    "Reset everything, as on the first start? This empties form, filters, draft, history and sandbox."
)


class FormController:
    """Predicts the reply while the user types, and fills the form."""

    def __init__(self, view: View, send: SendController, cache: CacheController) -> None:
        self.view, self.session, self.privacy = view, view.session, view.privacy
        self.form, self.preflight, self.reply = view.trigger_form, view.preflight_pane, view.reply_panel
        self.send, self.cache = send, cache
        self._data_use: DataUse | None = None
        self._typed: Draft | None = None
        self._saved: Draft | None = None
        self._pause: Timer | None = None
        self._has_failed = False
        self._asking: set[str] = set()

    # The prediction and its fixes

    def predict(self) -> None:
        self.send.show()
        self.view.screen.workers.cancel_group(self.view.screen, "nearly")
        form, session = self.form, self.session
        request, contact_id = form.request(), form.draft().contact_id
        known = None
        if request.event_id or request.external_id:
            known = session.preflight.check(request, contact_id, self._data_use)
            self._data_use = known.data_use
        form.name_recipient(known.recipient if known else Recipient())
        if form.editor.fault is not None:
            others = self.privacy.remedies(known.advice if known else None, request)
            self.preflight.show_fault(form.editor.fault, [*self._repairs(), *others])
            return
        is_begun = not request.external_id and not contact_id
        use = session.mails.known_use(request.event_id)
        self.preflight.show(request, known, form.filled(), use, is_begun=is_begun)
        if session.profile.is_sandbox:
            self._ask_use(request.event_id)
        self._offer_fixes_of_reply(request, contact_id)
        if known is not None and known.is_unexplained:
            work = partial(self._look_for_nearly_right, request, known)
            # Textual leaves the type of the result open.
            self.view.screen.run_worker(work, group="nearly")  # type: ignore[arg-type]

    async def _look_for_nearly_right(self, request: TriggerRequest, known: Preflight) -> None:
        """Offers the contact with nearly the value that no contact has; the next change of the form stops it."""
        await asyncio.sleep(PAUSE_S)  # a value that is still being typed is no mistake
        with self.view.saying("Cannot search the contacts"), contextlib.suppress(StoppedError):
            contact = await in_thread(partial(self.session.preflight.nearly_right, request))
            if contact is not None and self.form.request() == request:
                found = self.session.preflight.explained(request, known, contact)
                use = self.session.mails.known_use(request.event_id)
                self.preflight.show(request, found, self.form.filled(), use, is_begun=False)

    def _ask_use(self, event_id: str) -> None:
        """Asks the account, once and in the background, what the picked event starts."""
        session = self.session
        is_new = event_id not in self._asking and not session.mails.is_asked(event_id)
        if is_new and session.events.name(event_id) is not None:
            self._asking.add(event_id)
            self.view.screen.run_worker(self._show_use(event_id), group="use")

    async def _show_use(self, event_id: str) -> None:
        try:
            if not self.session.profile.is_sandbox:
                await asyncio.sleep(PAUSE_S)  # the id may be the beginning of another one
            with contextlib.suppress(AppError):  # said when something is sent
                if self.form.event_id == event_id:
                    await self.view.connect()
                    await self.session.mails.use(event_id)
                    self.predict()
        finally:
            self._asking.discard(event_id)

    def _repairs(self) -> Sequence[QuickFix]:
        """The repair of faulty event data, else the way to the fault."""
        editor = self.form.editor
        found = repair(editor.text)
        if found is not None:
            return [QuickFix("repair the event data", FormPatch(data_text=found))]
        return [QuickFix("go to the fault", Fetch.FAULT)] if editor.fault and editor.fault.line else []

    def _offer_fixes_of_reply(self, asked: TriggerRequest, contact_id: str) -> None:
        """Offers the fixes for the reply shown while the form still holds its request."""
        attempt = self.view.last_attempt
        if attempt is None:
            return
        sent = attempt.request
        same = ("event_id", "key_id", "external_id")
        is_same = all(getattr(asked, name) == getattr(sent, name) for name in same)
        diagnosis = self.session.preflight.advice(attempt, contact_id) if is_same else None
        self.reply.fixes.remedies = self.privacy.remedies(diagnosis, sent)

    @property
    def fixes(self) -> Sequence[QuickFix]:
        return self.preflight.fixes.remedies or self.reply.fixes.remedies

    def apply_first_fix(self) -> None:
        if self.fixes:
            self.apply_fix(self.fixes[0])

    def apply_fix(self, fix: QuickFix) -> None:
        """Changes the form or asks the account; never sends."""
        match fix.change:
            case FormPatch() as patch:
                self.form.change(patch)
                self.form.focus_next()
            case Fetch.FAULT:
                self.form.editor.go_to_fault()
            case Fetch.LOOK_UP:
                self.form.focus_next()
                self.cache.look_up()
            case Fetch.REFRESH:
                self.cache.refresh()

    # The draft

    def restore(self) -> None:
        saved = None
        with self.view.saying("Cannot read the draft"):
            saved = self.session.drafts.draft()
        if saved is None:
            return
        form, draft = self.form, saved.draft
        form.take_up(draft, self.session.contacts.get(draft.contact_id) if draft.contact_id else None)
        self._typed = self._saved = form.draft()
        form.border_title = f"restored draft · {key_of(self.view.screen, 'clear_form')} clears"

    def clear(self) -> None:
        self.form.clear()
        self.send.continue_from(None)
        self.view.go("events")

    def changed(self) -> None:
        """Predicts again; saves the draft once the user pauses."""
        self.send.form_changed()
        typed = self.form.draft()
        if typed != self._typed:
            self._typed = typed
            self.send.continue_from(self.send.parent_id)
            if self._pause is not None:
                self._pause.stop()
            self._pause = self.view.screen.set_timer(PAUSE_S, self.save_draft)
            self._ask_use(typed.event_id)
        self.predict()

    def save_draft(self) -> None:
        draft, drafts = self._typed, self.session.drafts
        if draft is None or draft == self._saved:
            return
        try:
            if draft.event_id or draft.external_id or draft.data_text.strip() or draft.extras != NO_EXTRAS:
                drafts.save_draft(draft)
            else:
                drafts.drop_draft()
        except AppError as error:
            if not self._has_failed:  # reported once
                self._has_failed = True
                self.view.say("Cannot save the draft", str(error))
        else:
            self._saved = draft

    def answered(self, attempt: Attempt) -> None:
        """Drops the draft of a trigger that may have arrived, but keeps one for the next contact."""
        form, sent, drafts = self.form, attempt.request, self.session.drafts
        asked = form.request()
        is_asked = (asked.event_id, asked.external_id) == (sent.event_id, sent.external_id)
        with contextlib.suppress(AppError):  # the menu then offers the data sent
            drafts.keep_typed(attempt, form.editor.text)
        if attempt.outcome in MAY_HAVE_ARRIVED and is_asked:
            self._typed = self._saved = form.draft()
            with self.view.saying("Cannot delete the draft"):
                drafts.drop_draft()

    def edit(self, attempt: Attempt) -> None:
        """Opens an attempt in the form, so that the user can change it and send it again."""
        form = self.form
        if attempt.account != self.session.profile.account_key:
            self.view.say(
                "Not possible", f"The profile {attempt.profile} sent this attempt to another account."
            )
        elif self.send.is_busy:
            self.view.say("Not now", self.send.obstacle)
        else:
            data = attempt.request.data
            form.fill(replace(attempt.request, data=None))
            form.editor.fill("" if data is None else written(data), typed=True)
            self.send.continue_from(attempt.attempt_id)
            self.view.go("trigger")

    # The event data

    def insert_data(self) -> None:
        form, event_id = self.form, self.form.event_id
        with self.view.saying("Cannot read the templates"):
            choices = self.session.drafts.data_choices(event_id)
            name = self.session.events.name(event_id) or ""
            title = f"Event data for {event_id} {name}" if event_id else "Event data"
            choices = (*choices, *_extra_choices(form.extras))
            can_keep = bool(form.editor.text.strip()) or form.extras != NO_EXTRAS
            menu = DataMenu(title, choices, can_keep=can_keep, is_covered=self.privacy.is_on)
            self.view.open(menu, self._do_with_data)

    def _do_with_data(self, wish: tuple[str, DataChoice | None]) -> None:
        match wish:
            case ("insert", DataChoice(kind="event time")):
                value = self.form.extras.event_time or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
                self.view.open(Ask(TIME, value=value, yes="Insert"), partial(self._put_extra, _with_time))
            case ("insert", DataChoice(kind="attachment")):
                ask = Ask(FILE, value=f"{Path.cwd()}{os.sep}", yes="Attach")
                self.view.open(ask, partial(self._put_extra, _with_file))
            case ("insert", DataChoice(kind="no extras")):
                self.form.extras = NO_EXTRAS
            case ("insert", DataChoice(kind=kind, data_text=text, extras=extras)):
                self.form.editor.fill(text)
                if kind == "template":
                    self.form.extras = extras
            case ("save", _):
                self.view.open(Ask("Save as template. Name:", yes="Save"), self._save_template)
            case ("delete", DataChoice(name=name)):
                question = f"Delete the template {sanitize(name)}?"
                self.view.ask(question, "Delete", partial(self._delete_template, name))
            case _:
                pass

    def _put_extra(self, change: Callable[[Extras, str], Extras], typed: str) -> None:
        try:
            self.form.extras = change(self.form.extras, typed)
        except (ExtrasError, AppError) as error:
            self.view.say("Not inserted", str(error))

    def _save_template(self, typed: str) -> None:
        form, name = self.form, typed.strip()
        if not name:
            self.view.say("Not saved", "Enter a name for the template.")
            return
        with self.view.saying("Not saved"):
            self.session.drafts.save_template(name, form.editor.text, form.event_id, form.extras)
            key = key_of(self.view.screen, "event_data")
            self.view.say("Saved", f"{key} inserts the template {name}.", severity="information")

    def _delete_template(self, name: str) -> None:
        with self.view.saying("Not deleted"):
            self.session.drafts.drop_template(name)

    def format_data(self) -> None:
        if fault := self.form.editor.format():
            self.view.say("Not formatted", fault)

    # The preview of a request

    def preview(self) -> None:
        if self.form.fault:
            self.view.say("Cannot preview", self.form.fault)
        else:
            self._preview(replace(self.form.request(), trigger_id=new_attempt_id()), NOT_YET)

    def preview_attempt(self, attempt: Attempt) -> None:
        self._preview(attempt.request, AGAIN.format(sanitize(short_id(attempt.attempt_id))))

    def _preview(self, request: TriggerRequest, note: str) -> None:
        self.view.screen.run_worker(self._open_preview(request, note), group="preview", exclusive=True)

    async def _open_preview(self, request: TriggerRequest, note: str) -> None:
        with self.view.saying("Cannot preview"):
            await self.view.connect()
            described = self.session.describe(self.privacy.mask.request(request))
            where = IN_PROCESS if self.session.profile.is_sandbox else CREDENTIALS
            notes = " ".join(filter(None, (note, where, MASKED if self.privacy.is_on else "")))
            self.view.open(RequestScreen(described, notes, self._copy))

    def _copy(self, text: str) -> None:
        with self.view.saying("Not copied"):
            said = copy(self.view.screen.app, text, self.session.keep_copy)
            self.view.say("Copied", said, "information")

    # The scenarios of the built-in account

    def scenarios(self) -> Sequence[Command]:
        """The commands that prepare replies and simulate failures; none outside the built-in account."""
        if self.session.scenarios is None:
            return ()
        offered: list[tuple[str, str, Callable[[], object]]] = []
        for code in REPLIES:
            words = f"{(describe(code) or '').rstrip('.')}. Fills the form, does not send."
            offered.append((f"Prepare reply {code}", words, partial(self.prepare, code)))
        for one in FAILURES:
            words = f"{one.title}: {LABEL[one.outcome][1]}. Sends now."
            offered.append((f"Simulate {one.name}", words, partial(self.simulate, one)))
        everything = "Form, filters, draft, history and sandbox, as on the first start"
        offered += [
            ("Mails that went out", "The mails of the sandbox, newest first", self.show_mails),
            ("Reset the account", "The history stays", partial(self.reset_account, with_history=False)),
            ("Reset everything", everything, partial(self.reset_account, with_history=True)),
        ]
        return [Command(f"Demo: {name}", words, run) for name, words, run in offered]

    def show_mails(self) -> None:
        mails = self.session.scenarios.sent_mails() if self.session.scenarios else []
        if mails:
            now = datetime.now(UTC)
            entries = [
                (sent_mail_label(one, self.privacy.mask.value(one.external_id), now), None) for one in mails
            ]
            self.view.open(Menu("Mails that went out", entries))
        else:
            self.view.say("", "No mail went out yet.", "information")

    def prepare(self, code: int) -> None:
        if self._can_fill:
            self.form.fill(REPLIES[code])
            self.send.forget_last()
            self.view.go("trigger")
            self.form.focus_next()

    def simulate(self, failure: SimulatedFailure) -> None:
        """Fills the form and sends it into this failure, even if the same was sent before."""
        if self.session.scenarios is not None and self._can_fill:
            self.form.fill(self.session.scenarios.fail_next(failure))
            self.send.forget_last()
            self.view.screen.call_after_refresh(partial(self.send.send, rehearsed=True))

    @property
    def _can_fill(self) -> bool:
        """Whether the form is free to be filled; shows the reason if it is not."""
        send = self.send
        if reason := send.closed or (send.obstacle if send.is_busy else ""):
            self.view.say("Not now", reason)
        return not reason

    def reset_account(self, *, with_history: bool) -> None:
        question = RESET_EVERYTHING if with_history else RESET
        self.view.ask(question, "Reset", partial(self._reset, with_history=with_history))

    def _reset(self, *, with_history: bool) -> None:
        if self.session.scenarios is None:
            return
        try:
            self.session.scenarios.reset(with_history=with_history)
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            if with_history:
                self._empty()
                self.view.start_over()
        self.view.show_history()
        self.predict()

    def _empty(self) -> None:
        self._data_use = None
        self.form.clear()
        self.send.forget_last()
        self.send.continue_from(None)
        self._typed = self.form.draft()
        self.save_draft()


def _extra_choices(extras: Extras) -> Iterator[DataChoice]:
    """The entries for event time and attachments, with what the form holds now."""
    now = dict(extras_words(extras))
    yield DataChoice("event time", "Event time…", now.get("event time", "no event time"))
    names = ", ".join(value for name, value in extras_words(extras) if name == "attachment")
    yield DataChoice("attachment", "Attachment…", names or "no attachment")
    if now:
        yield DataChoice("no extras", "Remove event time and attachments", "\n".join(now.values()))


def _with_time(extras: Extras, typed: str) -> Extras:
    return extras._replace(event_time=parse_event_time(typed.strip() or None))


def _with_file(extras: Extras, typed: str) -> Extras:
    return extras._replace(attachments=(*extras.attachments, read_attachment(typed_path(typed))))
