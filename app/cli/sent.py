"""What the sending verbs share: what they print, their exit code, and what ctrl+c does before and after sending."""

import signal
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from app.cli.attempt_text import attempt_lines
from app.cli.failures import ExitCode, Failure, complain, perhaps_unread
from app.cli.output import coloured
from app.cli.signals import ENDING
from app.domain.attempt_export import attempt_json, json_text
from app.domain.masking import Mask
from app.domain.model import Attempt, Outcome
from app.service.session import NotRecordedError, Session

_EXIT = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.PARTIAL: ExitCode.REJECTED,
    Outcome.REJECTED: ExitCode.REJECTED,
    Outcome.NOT_SENT: ExitCode.NOT_SENT,
    Outcome.UNKNOWN: ExitCode.UNKNOWN,
    Outcome.SENDING: ExitCode.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """How an attempt is printed."""

    mask: Mask
    as_json: bool

    def attempt(self, attempt: Attempt, service: Session) -> list[str]:
        """The attempt: its JSON, or some lines of which the first says the outcome."""
        shown = self.mask.attempt(attempt)
        return [json_text(attempt_json(shown))] if self.as_json else attempt_lines(shown, service)


async def print_sent(
    sending: Awaitable[Attempt], attempt_id: str, service: Session, printed: Printed
) -> ExitCode:
    """Waits for the attempt and prints it; where it could not be recorded, what is known of it, on stderr."""
    try:
        attempt = await sending
    except NotRecordedError as error:
        words = replace(printed, as_json=False).attempt(error.attempt, service)
        complain(f"{error} Attempt {attempt_id}: {' '.join(words)}")
        return ExitCode.UNKNOWN
    first, *others = printed.attempt(attempt, service)
    try:
        with perhaps_unread():
            click.echo("\n".join((first if printed.as_json else coloured(first, attempt.outcome), *others)))
    except Failure as failure:  # the exit code is about the attempt, whatever becomes of the words
        complain(f"{failure.message} Attempt {attempt_id} was made, and is in the history.")
    return _EXIT[attempt.outcome]


@contextmanager
def sending_nothing_after_ctrl_c() -> Iterator[None]:
    """ctrl+c before `stopped_by_signal` ends the verb with a sentence and the exit code for not sent.

    After it, the exit code is that of the outcome. Either way the rest of the process ignores these signals.
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
