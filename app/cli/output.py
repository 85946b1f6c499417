"""What a verb prints: results on standard output, questions and progress on standard error."""

import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

import click

from app.cli.errors import ExitCode, Failure, echo_error, writing
from app.domain.attempt_export import (
    attempt_json,
    json_text,
    meaning_lines,
    readable_body,
    reply_parts,
    timestamp,
)
from app.domain.diagnosis import FormPatch, field_label
from app.domain.json_text import written
from app.domain.masking import Mask
from app.domain.model import LABEL, RESOLVED, Attempt, FieldNames, Outcome, Reply, extras_words
from app.domain.recipient import contact_name
from app.domain.text import sanitize, sanitize_block, short_id
from app.service.files import new_file
from app.service.guard import second_send_words
from app.service.preflight import Preflight
from app.service.session import NotRecordedError, SentMeanwhileError, Session
from app.store.attempts import AttemptRow

MAX_LINE = 2000
_MAX_CELL = 4000
_GAP = 2

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


def at_terminal() -> bool:
    return sys.stdin.isatty()


def confirm(question: str, yes: bool) -> None:
    """Asks on standard error unless `yes`. Raises Failure if the answer is no or there is no terminal."""
    if yes:
        return
    if not at_terminal():
        raise Failure(f"{question} There is no terminal to answer on: add --yes.")
    if not click.confirm(question, err=True):
        raise Failure("Cancelled. Nothing was changed.")


def echo_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Container[str] = (),
    optional: Container[str] = (),
    file: IO[str] | None = None,
) -> None:
    """Prints aligned columns, those named in `right` to the right.

    On a terminal that is too narrow the columns named in `optional` are left out, and long cells wrap.
    """
    from tabulate import tabulate  # noqa: PLC0415 - its weight is for those who print a table

    cells = [[sanitize(cell, _MAX_CELL) for cell in row] for row in (header, *rows)]
    on_screen = file is None and sys.stdout.isatty()
    room = shutil.get_terminal_size().columns if on_screen else None
    if room is not None and _line(_widths(cells)) > room:
        kept = [column for column, title in enumerate(header) if title not in optional]
        cells = [[row[column] for column in kept] for row in cells]
    click.echo(
        tabulate(
            cells,  # the header as a row: tabulate pads a header of its own
            tablefmt="plain",
            colalign=["right" if title in right else "left" for title in cells[0]],
            disable_numparse=True,
            preserve_whitespace=True,
            maxcolwidths=None if room is None else _fitted(_widths(cells), room),
        ),
        file=file,
    )


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _line(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _fitted(widths: Sequence[int], room: int) -> list[int] | None:
    """Returns the widths with the widest columns narrowed until all fit; None if they fit as they are."""
    fitted = list(widths)
    while _line(fitted) > room and max(fitted) > 1:
        fitted[fitted.index(max(fitted))] -= 1
    return None if fitted == list(widths) else fitted


def open_output(path: Path | None) -> AbstractContextManager[IO[str] | None]:
    """Returns the file to write, put in place once it is complete; None for standard output. Raises AppError."""
    return nullcontext() if path in {None, Path("-")} else new_file(path, replace=True)


@contextmanager
def progress(label: str, *, hidden: bool = False) -> Iterator[Callable[..., None]]:
    """A bar on a terminal; elsewhere a line for each new label, or nothing if `hidden`.

    Yields a function of how much is done, how much there is, if that is known, and another label.
    """
    unseen = hidden and not sys.stderr.isatty()
    with click.progressbar(
        length=1, label=label, file=sys.stderr, show_eta=False, width=0, hidden=unseen
    ) as bar:

        def on_progress(done: int, total: int | None, label: str = label) -> None:
            bar.label, bar.pos, bar.length = sanitize(label), done, total
            bar.render_progress()

        yield on_progress


def echo_lines(lines: Iterable[str], file: IO[str] | None = None) -> None:
    for line in lines:
        click.echo(line, file=file)


# Attempts


def echo_resolved(attempt: Attempt) -> None:
    arrived = attempt.settlement is not None and attempt.settlement.arrived
    click.echo(f"Attempt {attempt.attempt_id} is {RESOLVED[arrived]}. Its outcome stays unknown.")


def attempt_lines(attempt: Attempt, fields: FieldNames) -> list[str]:
    """Returns the attempt in short; the first line names the outcome."""
    return [sanitize(line, MAX_LINE) for line in _attempt_lines(attempt, fields)]


def detail_lines(attempt: Attempt, chain: Sequence[AttemptRow]) -> Iterator[str]:
    """Returns the rest of the attempt: time, trigger id, note, resends, event data, reply body."""
    return (sanitize_block(block, _MAX_BODY) for block in _details(attempt, chain))


class Report(NamedTuple):
    """How a verb that sends prints its attempt."""

    mask: Mask
    as_json: bool

    async def send(
        self, send: Callable[[str | None, str | None], Awaitable[Attempt]], attempt_id: str, service: Session
    ) -> ExitCode:
        """Sends, prints the attempt, or what is known of one that could not be recorded, and returns the exit code.

        `send` gets the ids of the earlier attempts that the user was warned of: the user's own, and a colleague's.
        """
        try:
            attempt = await _send_with_warning(send)
        except NotRecordedError as error:
            lines = attempt_lines(self.mask.attempt(error.attempt), service.contacts)
            echo_error(f"{error} Attempt {attempt_id}: {' '.join(lines)}")
            return ExitCode.UNKNOWN
        if service.team is not None:
            await service.team.sync_soon()
            for sentence in service.team.news():
                echo_error(sentence)
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
        if not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
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


def _attempt_lines(attempt: Attempt, fields: FieldNames) -> Iterator[str]:
    request = attempt.request
    status, code, text = reply_parts(attempt)
    said = "no reply code" if code is None else f"{code} {text or ''}".rstrip()
    yield f"{' '.join(LABEL[attempt.outcome])}  {'no reply' if status is None else f'HTTP {status}  {said}'}"
    event_name = attempt.event_name or "(not in the cache)"
    yield f"event {request.event_id} {event_name}, {field_label(request.key_id, fields)} {request.external_id!r}"
    yield from meaning_lines(attempt)
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
        names = {
            row.attempt_id: f"{short_id(row.attempt_id)} {' '.join(LABEL[row.outcome])}" for row in chain
        }
        names[attempt.attempt_id] += " (this one)"
        yield f"resends: {', then '.join(names.values())}"
    if attempt.request.data is not None:
        yield f"event data:\n{written(attempt.request.data)}"
    if isinstance(attempt.answer, Reply) and attempt.answer.body:
        yield f"reply body, {attempt.answer.body_length:,} bytes:\n{readable_body(attempt.answer.body)}"


def prediction_lines(preflight: Preflight) -> Iterator[str]:
    """The predicted reply, why, and the fixes, each by whom it would send to."""
    match preflight.prediction:
        case None:
            yield "Cannot predict the reply"
        case verdict if verdict.code == 0:
            yield f"Will be accepted (0 {verdict.text})"
        case verdict:
            yield f"Will be rejected: {verdict.code} {verdict.text}"
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
