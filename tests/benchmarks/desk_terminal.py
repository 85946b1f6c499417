"""A program under a pseudo-terminal, and what it costs: its CPU time, its memory, how long a key waits to be painted."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SECONDS = 60.0
KEYS = {"down": "\x1b[B", "pagedown": "\x1b[6~", "home": "\x1b[H", "end": "\x1b[F", "enter": "\r"}
FUNCTION_KEYS = {"f2": "\x1bOQ", "f3": "\x1bOR", "f5": "\x1b[15~", "f6": "\x1b[17~", "f9": "\x1b[20~"}

BARE = """
from textual.app import App
from textual.widgets import Footer, Header

class Bare(App):
    TITLE = "a bare app"
    BINDINGS = [("q", "quit", "Quit"), ("x", "quit", "Leave")]

    def compose(self):
        yield Header()
        yield Footer()

Bare().run()
"""
BARE_APP, BARE_FRAME = ("-c", BARE), ("a bare app", "Quit", "palette")


class Running:
    """A program that was started; `painted` is all that it wrote to its terminal, as bytes."""

    def __init__(self, process: int, terminal: int) -> None:
        self._process = process
        self._terminal = terminal
        self.painted = b""

    def wait_for(self, *words: str) -> None:
        """Waits until it has painted all of these since it began."""
        end = time.monotonic() + SECONDS
        while missing := [word for word in words if word.encode() not in self.painted]:
            if not self.read(end - time.monotonic()):
                raise AssertionError(f"{missing} did not appear: {self.painted[-2000:]!r}")

    def read(self, seconds: float) -> bool:
        """Waits until it paints something; whether it did."""
        if not select.select([self._terminal], [], [], max(0.0, seconds))[0]:
            return False
        self.painted += os.read(self._terminal, 65536)
        return True

    def drain(self, quiet_s: float) -> None:
        """Reads until it has painted nothing for so long."""
        while self.read(quiet_s):
            pass

    def press(self, key: str) -> None:
        """Presses one key, or types a text."""
        os.write(self._terminal, {**KEYS, **FUNCTION_KEYS}.get(key, key).encode())

    def cpu_s(self) -> float:
        """CPU time since it was started, in seconds."""
        return time.clock_gettime((~self._process << 3) | 2)  # how Linux names another process's clock

    def peak_mb(self) -> float:
        """The most memory it ever had resident, in MB."""
        status = Path(f"/proc/{self._process}/status").read_text(encoding="utf-8")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


@contextmanager
def running(
    arguments: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (140, 40)
) -> Iterator[Running]:
    """Python with these arguments, in a terminal of so many columns and lines; ended at the end of the block."""
    columns, lines = size
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(Path(__file__).parents[2])
        known = {"PATH": os.defpath, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        os.execve(sys.executable, [sys.executable, *arguments], known)  # noqa: S606 - no shell is the point
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    try:
        yield Running(process, terminal)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
