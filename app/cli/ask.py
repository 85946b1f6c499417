"""`trigger --ask`: one question a line, `?` for help at each; the cursor never moves and no colour says anything."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

import click

from app.cli.errors import ExitCode, Failure
from app.cli.output import MAX_LINE, prediction_lines
from app.domain.diagnosis import field_label
from app.domain.identifiers import Resolved
from app.domain.json_text import written
from app.domain.mails import EventUse
from app.domain.masking import Mask
from app.domain.model import CONTACT_KEYS, Extras, JsonObject, TriggerRequest
from app.domain.recipient import EMAIL, contact_name, nobody_words, shared_words
from app.domain.text import sanitize
from app.service.guard import second_send_words
from app.service.masking import masked_attempt_row, masked_preflight
from app.service.session import Session
from app.store.attempts import AttemptRow

_LISTED = 20

EVENT_HELP = "The event to trigger: its id or its name."
KEY_HELP = "The field by whose value Emarsys finds the contact: its id or name, or `id` or `uid`."
EXTERNAL_ID_HELP = (
    "The contact's value of the key field. It is sent as you type it; nothing is trimmed.",
    "An empty line sends an empty value, which Emarsys rejects with 2005.",
)
DATA_HELP = (
    'A JSON object on one line, such as {"global": {"itemName": "hammer"}}.',
    "An empty line sends none, `example` the event's example, @FILE the content of a file.",
    "Placeholders such as {{field:1}} are filled from the contact.",
)
SEND_HELP = ("yes sends the trigger. no, or an empty line, ends without sending.",)
AGAIN_HELP = (
    "yes sends it a second time, as a new trigger. no, or an empty line, ends without sending.",
    "`triggerdesk history resend ATTEMPT --same-trigger` repeats an unknown one with its trigger id.",
)
WORD_HELP = (
    "This account reaches real customers. Type the profile's name to send.",
    "An empty line ends without sending.",
)


class Given(NamedTuple):
    """What the command line has already; None is asked for."""

    event_id: str | None
    key_id: str | None
    external_id: str | None
    data: str | None
    trigger_id: str | None
    extras: Extras


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for a request. `read_data` returns the event data in JSON text or @FILE, or raises Failure."""

    service: Session
    mask: Mask
    read_data: Callable[[str], JsonObject | None]

    def request(self, given: Given) -> TriggerRequest:
        """The request, with its placeholders filled. Raises Failure if the input ends."""
        event_id = self._event(given.event_id)
        key_id = self._key(event_id) if given.key_id is None else given.key_id
        external_id = given.external_id
        if external_id is None:
            label = field_label(key_id, self.service.contacts)
            external_id = _answer(f"External id, {label}?", EXTERNAL_ID_HELP)
        request = TriggerRequest(event_id, key_id, external_id, None, given.trigger_id, given.extras)
        return self._with_data(request, given.data)

    def confirm(
        self,
        request: TriggerRequest,
        use: EventUse | None,
        earlier: Sequence[AttemptRow],
        production: str | None,
    ) -> str | None:
        """Shows the prediction, what the event starts if that is known, and the earlier sends, and asks whether to send.

        Returns the profile's name as typed. Raises Failure if the answer is no.
        """
        if refusal := self.service.refusal(request):
            raise Failure(f"{refusal} Nothing was sent.")
        for line in self.prediction(request):
            _say(line)
        if use is not None:
            _say(use.words(subjects=True))
        for row in earlier:
            _say(second_send_words(masked_attempt_row(self.mask, row), datetime.now(UTC)))
        if earlier:
            _agree("Send it again? yes or no:", AGAIN_HELP)
        profile = self.service.profile
        if profile.is_production and production is None:
            production = profile.name
            _agree(f"Real customers. Type {production} to send:", WORD_HELP, production)
        elif not earlier:
            _agree("Send it? yes or no:", SEND_HELP)
        return production

    def prediction(self, request: TriggerRequest) -> Iterator[str]:
        known = masked_preflight(self.mask, self.service.preflight.check_thoroughly(request), request)
        found, field = known.recipient, field_label(request.key_id, self.service.contacts)
        if found.only is not None:
            yield f"Recipient: {contact_name(found.only) or 'without a name'} (contact {found.only.id})"
        elif found.total:
            yield shared_words(found.contacts, found.total, field)
        elif request.external_id:
            yield nobody_words(field, complete=found.complete)
        if known.same_data is not None:
            yield "The same event data was used for another contact. Check that it is meant for this one."
        if known.example_data:
            yield "This is example data."
        yield from prediction_lines(known)

    def _event(self, given: str | None) -> str:
        while True:
            text = _answer("Event?", self._events()) if given is None else given
            found, given = self.service.events.resolve(text), None
            if isinstance(found, Resolved):
                name = self.service.events.name(found.event_id) or "not in the local list"
                _say(f"Event {found.event_id}, {name}")
                return found.event_id
            _say(found.sentence)

    def _events(self) -> Sequence[str]:
        found = list(self.service.events.containing())
        lines = [EVENT_HELP, *(f"{event.id} {event.name}" for event in found[:_LISTED])]
        more = f"{len(found) - _LISTED} more: `triggerdesk events` lists them."
        return [*lines, more] if len(found) > _LISTED else lines

    def _key(self, event_id: str) -> str:
        usual = self.service.drafts.last_key(event_id) or EMAIL
        label = field_label(usual, self.service.contacts)
        while True:
            text = _answer(f"Key field? An empty line takes {label}.", self._fields()).strip()
            if not text:
                return usual
            if text in CONTACT_KEYS or (text.isascii() and text.isdigit()):
                return text
            fields, wanted = self.service.contacts.fields(), text.casefold()
            named = [one.id for one in fields if wanted in (one.name.casefold(), one.string_id.casefold())]
            if len(named) == 1:
                return named[0]
            _say(f"{len(named) or 'No'} fields are called {text!r}. Give the id; ? lists the fields.")

    def _fields(self) -> Sequence[str]:
        return [KEY_HELP, *(f"{field.id} {field.name}" for field in self.service.contacts.fields())]

    def _with_data(self, request: TriggerRequest, given: str | None) -> TriggerRequest:
        while True:
            source = _answer("Event data?", DATA_HELP) if given is None else given
            given = None
            try:
                data = self._data(request.event_id, source)
            except Failure as failure:
                _say(failure.message)
                continue
            filled = self.service.drafts.fill(replace(request, data=data))
            if not filled.fault:
                return replace(request, data=filled.data)
            _say(filled.fault)

    def _data(self, event_id: str, source: str) -> JsonObject | None:
        if source.strip() == "-":
            raise Failure("Standard input has the answers. Type the JSON, or @FILE.")
        if source.strip() != "example":
            return self.read_data(source)
        example = self.service.drafts.example(event_id)
        if example is None:
            raise Failure("This event has no example.")
        return self.read_data(written(example))


def _answer(question: str, explanation: Sequence[str]) -> str:
    """The line that was typed; a question mark explains and asks again. Raises Failure if the input ends."""
    while True:
        click.echo(f"{sanitize(question, MAX_LINE)} ", nl=False, err=True)
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            _say("That is not valid UTF-8. Type it again.")
            continue
        if not line:
            click.echo(err=True)
            raise Failure("The input ended. Nothing was sent.", ExitCode.NOT_SENT)
        answer = line.rstrip("\r\n")
        if answer.strip() != "?":
            return answer
        for sentence in explanation:
            _say(sentence)


def _agree(question: str, explanation: Sequence[str], name: str | None = None) -> None:
    """Returns if the answer is yes, or the `name` that is asked for. Raises Failure if it is no."""
    refused = ("",) if name else ("", "no", "n")
    while True:
        typed = _answer(question, explanation).strip()
        answer = typed if name else typed.lower()
        if answer in ((name,) if name else ("yes", "y")):
            return
        if answer in refused:
            raise Failure("Cancelled. Nothing was sent.", ExitCode.NOT_SENT)
        _say(f"That is not {name}." if name else "Type yes or no, or ? for help.")


def _say(sentence: str) -> None:
    click.echo(sanitize(sentence, MAX_LINE), err=True)
