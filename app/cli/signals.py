"""Handlers of ctrl+c, SIGTERM and SIGHUP: exit at once, interrupt a verb, or stop waiting and record the attempt.

A signal that is ignored when the program starts, as under `nohup`, stays ignored.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


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


def stopped_by_signal() -> asyncio.Event:
    """Returns an event that each of ENDING sets from now on, so that no second signal interrupts the recording.

    For use inside `sending_nothing_after_ctrl_c`, in the running loop.
    """
    stop = asyncio.Event()
    on_ending_signals(lambda _: stop.set())
    return stop


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
