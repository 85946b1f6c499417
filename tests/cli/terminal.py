"""The program on a terminal of its own, as a person has it: keys go in, and what was drawn is waited for."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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
            self.send(KEYS.get(key, key).encode())

    def send(self, typed: bytes) -> None:
        """Bytes as a terminal sends them."""
        os.write(self._ours, typed)

    def close(self) -> None:
        """Closes the terminal's window."""
        os.close(self._ours)
        self._ours = -1

    @property
    def is_open(self) -> bool:
        return self._ours >= 0

    @property
    def modes(self) -> list[object]:
        """How the terminal treats what is typed: whether it echoes it, makes signals of it, and so on."""
        return termios.tcgetattr(self._ours)

    def until(self, pattern: str, within_s: float = 60, *, raw: bool = False) -> str:
        """What was drawn since the last call, once this stands in it; `raw`: with the control sequences."""
        end = time.monotonic() + within_s
        while not re.search(pattern, shown := self._new(raw)):
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} was not drawn: {shown[-3000:]}"
            if select.select([self._ours], [], [], left)[0] and not self._read():
                raise AssertionError(f"{pattern!r} was not drawn before the end: {shown[-3000:]}")
        self._seen = len(self.drawn)
        return shown

    def end(self, within_s: float = 60) -> int:
        """The exit code, everything that was still drawn having been read."""
        end = time.monotonic() + within_s
        while self.is_open:
            left = end - time.monotonic()
            assert left > 0, "the program did not end"
            if select.select([self._ours], [], [], left)[0] and not self._read():
                break
        return self.process.wait(timeout=20)

    def _new(self, raw: bool) -> str:
        drawn = self.drawn[self._seen :].decode("utf-8", "replace")
        return drawn if raw else _CONTROL.sub("", drawn)

    def _read(self) -> bytes:
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:  # what a terminal answers once nobody holds its other side
            return b""
        self.drawn += chunk
        return chunk


@contextmanager
def on_a_terminal(environment: Mapping[str, str], *words: str, module: str = "app") -> Iterator[Terminal]:
    """`triggerdesk WORDS`, or another module, ended at the end whatever it is doing."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, **SIZE},
        start_new_session=True,
    )
    os.close(theirs)
    terminal = Terminal(process, ours)
    try:
        yield terminal
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=20)
        if terminal.is_open:
            terminal.close()


def printed_at(columns: int, home: Path, *words: str) -> str:
    """What a verb that succeeds prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TRIGGERDESK_HOME": str(home), "COLUMNS": str(columns)},
    )
    os.close(theirs)
    terminal = Terminal(process, ours)
    code = terminal.end()
    terminal.close()
    assert code == 0
    return terminal.drawn.decode().replace("\r\n", "\n")
