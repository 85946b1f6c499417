"""A program under a pseudo-terminal of 80 by 24, driven by keys that are counted."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SECONDS = 60
KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f9": "\x1b[20~",
    "ctrl+a": "\x01",
    "ctrl+g": "\x07",
    "ctrl+q": "\x11",
}


class Terminal:
    """What is shown is kept as it came, escape sequences and all; `pressed` counts every key since it was set."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._shown = ""
        self.pressed = 0

    def press(self, *keys: str) -> None:
        """Presses keys, one of KEYS or a text of which each letter is one."""
        for key in keys:
            self.pressed += 1 if key in KEYS else len(key)
            os.write(self._end, KEYS.get(key, key).encode())

    def wait_for(self, *words: str) -> None:
        """Waits until all of the words were shown since the last wait."""
        deadline = time.monotonic() + SECONDS
        while not all(word in self._shown for word in words):
            if not self._read(deadline):
                raise AssertionError(f"{words} did not appear; the last of what did: {self._shown[-3000:]!r}")
        self._shown = ""

    def look(self, seconds: float) -> None:
        """Reads what is shown meanwhile: a terminal that nobody reads holds the program up."""
        self._read(time.monotonic() + seconds)

    def wait_for_the_end(self) -> None:
        """Reads until the program has closed its side."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline):
            pass

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(OSError):
            piece = os.read(self._end, 65536) if ready else b""
            self._shown += piece.decode("utf-8", "replace")
            return bool(piece)
        return False


@contextmanager
def run_in_terminal(*arguments: str, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Runs `python -m app` with these arguments; ends it where it has not ended by itself."""
    end, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(inner)
    terminal = Terminal(end)
    try:
        yield terminal
        terminal.press("ctrl+q")
        terminal.wait_for_the_end()
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(end)
