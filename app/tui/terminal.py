"""The terminal that the dashboard runs in: Textual's driver, but for bytes that are not UTF-8, and for a terminal that closes."""

import os
import selectors
import signal
from codecs import getincrementaldecoder
from typing import Any, TextIO

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

CHUNK = 4096


class TerminalDriver(LinuxDriver):
    """Replaces what is not UTF-8, where Textual's own input thread would end the program."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file: Any = _Screen(self._file)

    def run_input_thread(self) -> None:
        """Reads and dispatches what is typed until Textual ends the input, or the terminal closes."""
        decoder = getincrementaldecoder("utf-8")("replace")
        parser = XTermParser(self._debug)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    typed = _read(self.fileno)
                    if not typed:
                        # The kernel tells only the leader of a session.
                        os.kill(os.getpid(), signal.SIGHUP)
                        return
                    if text := decoder.decode(typed):  # '' would mean the end to the parser
                        for event in parser.feed(text):
                            self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)


class _Screen:
    """Where Textual draws; once the terminal is closed, nowhere, or Textual would wait for its output thread."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError:
            self._draw_nowhere()

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self._draw_nowhere()

    def _draw_nowhere(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def _read(fileno: int) -> bytes:
    try:
        return os.read(fileno, CHUNK)
    except OSError:  # the terminal is closed
        return b""
