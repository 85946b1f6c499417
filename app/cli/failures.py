"""What can go wrong, as one sentence on stderr and one documented exit code; never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import IO, Any

import click

from app.domain.errors import AppError
from app.domain.sanitize import sanitize

_LONGEST_SENTENCE = 2000
_UNWRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)


class ExitCode(IntEnum):
    """The exit codes of every verb; the manual says under "json" what each means."""

    OK = 0
    REJECTED = 1
    USAGE = 2
    UNKNOWN = 3
    NOT_SENT = 4
    STOPPED = 130


class Failure(click.ClickException):
    """One sentence on stderr, and the exit code that goes with it."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        """Prints the sentence."""
        complain(self.message)


def complain(sentence: str) -> None:
    """One line on stderr, control characters of data made visible."""
    with perhaps_unread():
        click.echo(f"triggerdesk: {sanitize(sentence, _LONGEST_SENTENCE)}", err=True)


@contextmanager
def perhaps_unread() -> Iterator[None]:
    """What is printed to a pipe that nobody reads any more, as behind `head`, ends with the printing and fails nothing.

    Raises Failure where it cannot be written for another reason, such as a full disk.
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
                os.dup2(nowhere, stream.fileno())  # or what is left in it would be told at the end
        if error.errno != errno.EPIPE:
            raise Failure(f"What was to be printed cannot be written: {error.strerror}.") from None


@contextmanager
def failing_with(exit_code: ExitCode, failure: type[AppError] = AppError) -> Iterator[None]:
    """Turns failures of this kind into their sentence and this exit code."""
    try:
        yield
    except failure as error:
        raise Failure(str(error), exit_code) from None
