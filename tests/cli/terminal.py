"""The program on a terminal of its own, as a person has it: keys go in, and what was drawn is waited for."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|.)")
SIZE = {"COLUMNS": "140", "LINES": "40", "TERM": "xterm-256color"}
KEYS = {
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "ctrl+l": "\x0c",
    "ctrl+q": "\x11",
    "ctrl+y": "\x19",
}


class Terminal:
    """One process under a pseudo-terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", ours: int) -> None:
        self.process = process
        self.drawn = b""
        self._ours = ours
        self._seen = 0

    def press(self, *keys: str) -> None:
        """Presses keys by name, or types the text."""
        for key in keys:
            os.write(self._ours, KEYS.get(key, key).encode())

    def until(self, pattern: str, within_s: float = 60) -> str:
        """What was drawn since the last call, once this stands in it."""
        end = time.monotonic() + within_s
        while not re.search(pattern, shown := self._new()):
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} was not drawn: {shown[-3000:]}"
            if select.select([self._ours], [], [], left)[0] and not self._read():
                raise AssertionError(f"{pattern!r} was not drawn before the end: {shown[-3000:]}")
        self._seen = len(self.drawn)
        return shown

    def end(self) -> int:
        """The exit code, everything that was still drawn having been read."""
        while self._read():
            pass
        return self.process.wait(timeout=20)

    def _new(self) -> str:
        return _CONTROL.sub("", self.drawn[self._seen :].decode("utf-8", "replace"))

    def _read(self) -> bytes:
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:  # what a terminal answers once nobody holds its other side
            return b""
        self.drawn += chunk
        return chunk


@contextmanager
def on_a_terminal(environment: Mapping[str, str], *words: str) -> Iterator[Terminal]:
    """`triggerdesk WORDS`, ended at the end whatever it is doing."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, **SIZE},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=20)
        os.close(ours)
