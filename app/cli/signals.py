"""What ctrl+c, SIGTERM and SIGHUP do: leave at once, break a verb off, or end the waiting so that it is recorded.

A signal that is ignored when the program starts, as behind `nohup`, stays ignored.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP

Handler = Callable[[int, FrameType | None], object]


def exit_at_once(number: int, _: FrameType | None) -> None:
    """Ends the process with 128 + the signal's number.

    For the time of imports: an exception out of a handler may be raised anywhere in them, also where it is printed
    and lost.
    """
    os._exit(128 + number)


def interrupt(*_: object) -> None:
    """Raises KeyboardInterrupt.

    `asyncio.run` replaces Python's own handler by one that waits until a coroutine gives way, but leaves this one.
    """
    raise KeyboardInterrupt


@contextmanager
def on_ctrl_c(handler: Handler) -> Iterator[None]:
    """ctrl+c calls `handler` inside, unless it is ignored; then what it did before, unless that was replaced."""
    before = signal.getsignal(signal.SIGINT)
    _handle((signal.SIGINT,), handler)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is handler:
            signal.signal(signal.SIGINT, before)


def on_ending_signals(leave: Callable[[int], object]) -> None:
    """From now on each of ENDING calls `leave` with its number, in the running loop.

    However often they come, they do no more than that; once the loop is closed, nothing.
    """
    loop = asyncio.get_running_loop()

    def received(number: int, _: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave, number)

    _handle(ENDING, received)


def stopped_by_signal() -> asyncio.Event:
    """An event that each of ENDING sets from now on.

    Waiting ends at once; what is left is the recording, which no second signal may break off. For use inside
    `sending_nothing_after_ctrl_c`, in the running loop.
    """
    stop = asyncio.Event()
    on_ending_signals(lambda _: stop.set())
    return stop


def _handle(numbers: tuple[signal.Signals, ...], handler: Handler) -> None:
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
