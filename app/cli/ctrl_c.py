"""ctrl+c and a trigger: before it is recorded the program just ends; from then on its outcome is recorded first."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from app.cli.failures import ExitCode, Failure


@contextmanager
def sending_nothing_after_ctrl_c() -> Iterator[None]:
    """ctrl+c before `stopped_by_ctrl_c` ends the verb with a sentence and the code for not sent.

    After it, the exit code is that of the outcome: what is left of the process ignores ctrl+c.
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    except KeyboardInterrupt:
        raise Failure("Stopped. Nothing was sent or recorded.", ExitCode.NOT_SENT) from None
    finally:
        if signal.getsignal(signal.SIGINT) is not before:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def ending_at_ctrl_c() -> Iterator[None]:
    """ctrl+c raises KeyboardInterrupt at once, also inside `asyncio.run`.

    That would else wait until what runs gives way to others, which the writing of a long history never does.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _interrupted)
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _interrupted:
            signal.signal(signal.SIGINT, before)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def stopped_by_ctrl_c() -> asyncio.Event:
    """An event that ctrl+c sets from now on, however often it is pressed.

    Waiting ends at once, and what is left is the recording, which no second ctrl+c may keep from
    its end. For use inside `sending_nothing_after_ctrl_c`, in the running loop.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopped(*_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, stopped)
    return stop
