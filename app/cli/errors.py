"""How a verb ends: by a failure, with one sentence on stderr and a documented exit code, or by a signal.

A signal that is ignored when the program starts, as under `nohup`, stays ignored.
"""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import IO, Any

import click

from app.domain.errors import AppError, reason_of
from app.domain.text import sanitize
from app.service.session import Session

MAX_SENTENCE = 2000
_UNWRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)

# Windows has no SIGHUP.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


class ExitCode(IntEnum):
    """The exit codes of every verb, as the manual's page "json" documents them."""

    OK = 0
    REJECTED = 1
    USAGE = 2
    UNKNOWN = 3
    NOT_SENT = 4
    PAUSED = 5
    STOPPED = 130


class Failure(click.ClickException):
    """A sentence for standard error and an exit code."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        echo_error(self.message)


def echo_error(sentence: str) -> None:
    """Prints one line on standard error, with control characters made visible."""
    with writing():
        click.echo(f"triggerdesk: {sanitize(sentence, MAX_SENTENCE)}", err=True)


@contextmanager
def writing() -> Iterator[None]:
    """Ends the block early, without an error, if the reader of the output has gone, such as `head`.

    Raises Failure if the output cannot be written for another reason, such as a full disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _UNWRITTEN:
            raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                os.dup2(nowhere, stream.fileno())  # or Python reports the unwritten rest at exit
        if error.errno != errno.EPIPE:
            raise Failure(f"The output cannot be written: {reason_of(error)}.") from None


@contextmanager
def failing_with(exit_code: ExitCode, failure: type[AppError] = AppError) -> Iterator[None]:
    """Turns errors of this type into a Failure with this exit code."""
    try:
        yield
    except failure as error:
        raise Failure(str(error), exit_code) from None


# Signals


def exit_at_once(number: int, _: FrameType | None) -> None:
    """Ends the process with exit code 128 + `number`.

    For imports: an exception raised by a handler could get lost in them.
    """
    os._exit(128 + number)


def interrupt(*_: object) -> None:
    """Raises KeyboardInterrupt.

    `asyncio.run` replaces Python's own handler by one that waits for the next await, but keeps this one.
    """
    raise KeyboardInterrupt


@contextmanager
def on_ctrl_c(handler: Handler) -> Iterator[None]:
    """Makes ctrl+c call `handler` inside the block, unless it is ignored."""
    before = signal.getsignal(signal.SIGINT)
    _handle((signal.SIGINT,), handler)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is handler:
            signal.signal(signal.SIGINT, before)


def on_ending_signals(leave: Callable[[int], object]) -> None:
    """Makes each of ENDING call `leave` with its number in the running loop, until that is closed."""
    loop = asyncio.get_running_loop()

    def received(number: int, _: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave, number)

    _handle(ENDING, received)


async def stopped_by_signal(*sessions: Session) -> asyncio.Event:
    """Returns an event that each of ENDING sets from now on, so that no second signal interrupts the recording.

    Before that it opens the client of each session, while ctrl+c still ends the wait for a keyring. For use inside
    `not_sent_on_ctrl_c`.
    """
    for session in sessions:
        _ = session.client
    stop = asyncio.Event()
    on_ending_signals(lambda _: stop.set())
    await asyncio.sleep(0)  # a ctrl+c from just before takes effect here, while nothing is recorded
    return stop


@contextmanager
def not_sent_on_ctrl_c() -> Iterator[None]:
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


@contextmanager
def ending_like_ctrl_c() -> Iterator[None]:
    """Makes SIGTERM and SIGHUP do what ctrl+c does inside the block, except those that are ignored."""
    replaced = [
        number for number in ENDING if number != signal.SIGINT and signal.getsignal(number) is signal.SIG_DFL
    ]
    _handle(replaced, _call_handler_of_ctrl_c)
    try:
        yield
    finally:
        _handle(replaced, signal.SIG_DFL)


def _call_handler_of_ctrl_c(_: int, frame: FrameType | None) -> None:
    # A KeyboardInterrupt raised inside a request would be caught there: while the server runs, its own handler decides.
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _handle(numbers: Iterable[signal.Signals], handler: Handler) -> None:
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
