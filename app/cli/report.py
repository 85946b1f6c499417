"""An attempt for a reader at a terminal, and what the verbs that send share: printing, exit code, ctrl+c."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from app.cli.errors import ExitCode, Failure, echo_error, writing
from app.cli.signals import ENDING
from app.domain.attempt_export import (
    attempt_json,
    description_of,
    json_text,
    readable_body,
    readable_json,
    reply_parts,
    timestamp,
    warnings_of,
)
from app.domain.diagnosis import FormPatch, field_label
from app.domain.mails import EventUse
from app.domain.masking import Mask
from app.domain.model import LABEL, MEANING, Attempt, FieldNames, Outcome, Reply, extras_words
from app.domain.recipient import contact_name
from app.domain.text import sanitize, sanitize_block, short_id
from app.service.guard import second_send_words
from app.service.history import AttemptRow
from app.service.preflight import Preflight
from app.service.session import NotRecordedError, SentMeanwhileError, Session

_MAX_LINE = 2000
_MAX_BODY = 65_536
_COLOURS = {
    Outcome.ACCEPTED: "green",
    Outcome.PARTIAL: "yellow",
    Outcome.REJECTED: "red",
    Outcome.NOT_SENT: "blue",
    Outcome.UNKNOWN: "magenta",
    Outcome.SENDING: "cyan",
}
_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.PARTIAL: ExitCode.REJECTED,
    Outcome.REJECTED: ExitCode.REJECTED,
    Outcome.NOT_SENT: ExitCode.NOT_SENT,
    Outcome.UNKNOWN: ExitCode.UNKNOWN,
    Outcome.SENDING: ExitCode.UNKNOWN,
}


def attempt_lines(attempt: Attempt, fields: FieldNames) -> list[str]:
    """Returns the attempt in short; the first line names the outcome."""
    return [sanitize(line, _MAX_LINE) for line in _attempt_lines(attempt, fields)]


def detail_lines(attempt: Attempt, chain: Sequence[AttemptRow]) -> list[str]:
    """Returns the rest of the attempt: time, trigger id, note, resends, event data, reply body."""
    blocks = (sanitize_block(block, _MAX_BODY) for block in _details(attempt, chain))
    return [line for block in blocks for line in block.split("\n")]


def plan_lines(preflight: Preflight, exact: Mapping[str, Any], use: EventUse | None) -> list[str]:
    """Returns the request of a dry run, its prediction, and what the event starts if that is known."""
    lines = [
        "Dry run: nothing was sent",
        f"{exact['method']} {exact['url']}",
        *(f"{name}: {value}" for name, value in exact["headers"].items()),
        *readable_body(exact["body"].encode()).split("\n"),
        *prediction_lines(preflight),
        *([use.words(subjects=True)] if use else []),
    ]
    return [sanitize(line, _MAX_LINE) for line in lines]


@dataclass(frozen=True, slots=True)
class Report:
    """How a verb that sends prints its attempt."""

    mask: Mask
    as_json: bool

    async def send(
        self, send: Callable[[str | None, str | None], Awaitable[Attempt]], attempt_id: str, service: Session
    ) -> ExitCode:
        """Sends, prints the attempt, or what is known of one that could not be recorded, and returns the exit code.

        `send` gets the ids of the earlier attempts that the user was warned of: one's own, and a colleague's.
        """
        try:
            attempt = await _send_with_warning(send)
        except NotRecordedError as error:
            lines = attempt_lines(self.mask.attempt(error.attempt), service.contacts)
            echo_error(f"{error} Attempt {attempt_id}: {' '.join(lines)}")
            return ExitCode.UNKNOWN
        await _tell_team(service)
        try:
            with writing():
                click.echo("\n".join(self._lines(self.mask.attempt(attempt), service)))
        except Failure as failure:  # the exit code is the attempt's, printed or not
            echo_error(f"{failure.message} Attempt {attempt_id} is in the history.")
        return _EXIT_CODES[attempt.outcome]

    def _lines(self, attempt: Attempt, service: Session) -> list[str]:
        if self.as_json:
            return [json_text(attempt_json(attempt))]
        first, *others = attempt_lines(attempt, service.contacts)
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
            first = click.style(first, fg=_COLOURS[attempt.outcome], bold=True)
        return [first, *others]


def warn_of_second_send(earlier: AttemptRow) -> None:
    echo_error(second_send_words(earlier, datetime.now(UTC)))


async def _send_with_warning(send: Callable[[str | None, str | None], Awaitable[Attempt]]) -> Attempt:
    own = colleague = None
    while True:
        try:
            return await send(own, colleague)
        except SentMeanwhileError as error:
            warn_of_second_send(error.earlier)
            if error.earlier.member:
                colleague = error.earlier.attempt_id
            else:
                own = error.earlier.attempt_id


async def _tell_team(service: Session) -> None:
    if service.team is not None:
        await service.team.sync_soon()
        for sentence in service.team.news():
            echo_error(sentence)


@contextmanager
def sending_nothing_after_ctrl_c() -> Iterator[None]:
    """Makes ctrl+c before `stopped_by_signal` end the verb as not sent.

    Later the outcome decides the exit code. In both cases the process ignores the ending signals from then on.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise Failure("Stopped. Nothing was sent or recorded.", ExitCode.NOT_SENT) from None
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, signal.SIG_IGN)


def _attempt_lines(attempt: Attempt, fields: FieldNames) -> Iterator[str]:
    request = attempt.request
    symbol, word = LABEL[attempt.outcome]
    status, code, text = reply_parts(attempt)
    said = "no reply code" if code is None else f"{code} {text or ''}".rstrip()
    yield f"{symbol} {word}  {'no reply' if status is None else f'HTTP {status}  {said}'}"
    event_name = attempt.event_name or "(not in the cache)"
    yield f"event {request.event_id} {event_name}, {field_label(request.key_id, fields)} {request.external_id!r}"
    if code != 0 and (description := description_of(attempt)):
        yield description
    yield from (f"warning: {text}" for text in warnings_of(attempt))
    yield MEANING[attempt.outcome]
    if attempt.remedy:
        yield attempt.remedy
    duration = "no duration" if attempt.elapsed_ms is None else f"{attempt.elapsed_ms:.0f} ms"
    reference = f"attempt {attempt.attempt_id} ({short_id(attempt.attempt_id)})"
    yield f"{reference}, {duration}, {_comparison(attempt.predicted_code, code)}"


def _details(attempt: Attempt, chain: Sequence[AttemptRow]) -> Iterator[str]:
    yield f"sent {timestamp(attempt.started_at)} with profile {attempt.profile}"
    yield f"trigger id: {attempt.request.trigger_id or 'none'}"
    yield from (f"{name}: {value}" for name, value in extras_words(attempt.request.extras))
    if attempt.contact is not None:
        yield f"contact: {attempt.contact.name} ({attempt.contact.id})"
    if attempt.settlement is not None:
        found = "arrived" if attempt.settlement.arrived else "did not arrive"
        yield f"resolved {timestamp(attempt.settlement.settled_at)}: {found}"
        if attempt.settlement.note:
            yield f"how it was resolved: {attempt.settlement.note}"
    if attempt.note:
        yield f"note: {attempt.note}"
    if len(chain) > 1:
        yield "resends: " + ", then ".join(_link(row, attempt) for row in chain)
    if attempt.request.data is not None:
        yield f"event data:\n{readable_json(attempt.request.data)}"
    if isinstance(attempt.answer, Reply) and attempt.answer.body:
        yield f"reply body, {attempt.answer.body_length:,} bytes:\n{readable_body(attempt.answer.body)}"


def _link(row: AttemptRow, attempt: Attempt) -> str:
    symbol, word = LABEL[row.outcome]
    this = " (this one)" if row.attempt_id == attempt.attempt_id else ""
    return f"{short_id(row.attempt_id)} {symbol} {word}{this}"


def prediction_words(preflight: Preflight) -> str:
    """Returns what Emarsys will reply, in one line."""
    match preflight.prediction:
        case None:
            return "Cannot predict the reply"
        case verdict if verdict.code == 0:
            return f"Will be accepted (0 {verdict.text})"
        case verdict:
            return f"Will be rejected: {verdict.code} {verdict.text}"


def prediction_lines(preflight: Preflight) -> Iterator[str]:
    """The predicted reply, why, and the fixes, each by whom it would send to."""
    yield prediction_words(preflight)
    advice = preflight.advice
    if advice is None:
        return
    yield advice.words
    for fix in advice.remedies:
        if isinstance(fix.change, FormPatch):
            contact = fix.contact
            name = filter(None, (contact_name(contact), f"contact {contact.id}")) if contact else ()
            yield f"Fix: {fix.words}" + (f" ({', '.join(name)})" if contact else "")


def _comparison(predicted: int | None, code: int | None) -> str:
    if predicted is None:
        return "no prediction"
    if predicted == code:
        return "as predicted"
    return f"predicted {predicted}, got {'no reply code' if code is None else code}"
