"""Failures: one sentence on standard error and a documented exit code, never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import IO, Any

import click

from app.domain.errors import AppError, reason_of
from app.domain.text import sanitize

MAX_SENTENCE = 2000
_UNWRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)


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
