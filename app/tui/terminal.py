"""The terminal of the dashboard: Textual's driver, but it survives invalid UTF-8 and a closed terminal.

Text after vowel signs of Indian scripts stays in its column, however wide the terminal draws them.
"""

import os
import re
import selectors
import signal
from codecs import getincrementaldecoder
from typing import Any, TextIO

from rich.cells import cell_len
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from app.domain.text import spacing_marks

CHUNK = 4096
_PARTS = re.compile(
    r"\x1b\[(?:\d+;(?P<column>\d+))?H|(?P<line>\n)|\x1b.[0-9;:?]*[A-Za-z]?|(?P<text>[^\x1b\n ]+(?: [^\x1b\n ]+)*)?(?P<blanks> *)"
)


class TerminalDriver(LinuxDriver):
    """Replaces bytes that are not UTF-8; with Textual's own input thread they would end the program."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file: Any = _Screen(self._file)

    def run_input_thread(self) -> None:
        """Reads and dispatches input until Textual ends it or the terminal closes."""
        decoder = getincrementaldecoder("utf-8")("replace")
        parser = XTermParser(self._debug)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    typed = _read(self.fileno)
                    if not typed:
                        # The kernel signals only the leader of a session.
                        os.kill(os.getpid(), signal.SIGHUP)
                        return
                    # Without text, as after half a character, the parser would end.
                    if text := decoder.decode(typed):
                        for event in parser.feed(text):
                            self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)


class _Screen:
    """Textual's output. Once the terminal is closed it drops everything, or Textual would wait forever."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        try:
            self._file.write(in_columns(text))
        except OSError:
            self._draw_nowhere()

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self._draw_nowhere()

    def _draw_nowhere(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def in_columns(output: str) -> str:
    """The output with a move to its column after each text that the terminal may draw wider than Textual measures."""
    if not spacing_marks(output):
        return output
    column = 1

    def moved(part: re.Match[str]) -> str:
        nonlocal column
        text, blanks = part["text"] or "", part["blanks"] or ""
        if part[0][:1] in "\x1b\n":
            column = int(part["column"] or 1) if part[0].endswith("H") else 1 if part["line"] else column
        wide = min(spacing_marks(text), len(blanks))
        start, column = column, column + cell_len(text) + len(blanks)
        if not spacing_marks(text):
            return part[0]
        after = start + cell_len(text) + wide
        return f"\x1b[{after - start}X{text}\x1b[{after}G{blanks[wide:]}"

    return _PARTS.sub(moved, output)


def _read(fileno: int) -> bytes:
    try:
        return os.read(fileno, CHUNK)
    except OSError:  # the terminal is closed
        return b""
