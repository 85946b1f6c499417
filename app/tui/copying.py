"""Copies to the terminal's clipboard (OSC 52), or to a file if the terminal is known to have none.

A terminal never confirms a copy, so copying the same text a second time writes the file as well.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from textual.app import App

MAX_BYTES = 74_994
"""The usual limit of terminals: 100,000 characters of base 64, minus the escape sequence around them."""


def copy(
    app: App[object],
    text: str,
    write: Callable[[str], Path],
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Copies a text and returns where it is. `write` saves it to a file and may raise AppError."""
    encoded = text.encode("utf-8", "replace")
    text = encoded.decode()
    is_repeated = app.clipboard == text
    if reason := no_clipboard(environment, len(encoded)):
        return f"{reason}. Saved to {write(text)} instead."
    app.copy_to_clipboard(text)
    if "TMUX" in environment:
        return f"To the clipboard and to {write(text)}: tmux passes it on only if its set-clipboard is on."
    if is_repeated:
        return f"To the clipboard again and to {write(text)}."
    return "To the clipboard. If it is not there, copy again: that also saves a file."


def no_clipboard(environment: Mapping[str, str], size: int) -> str:
    """Why the terminal's clipboard cannot take `size` bytes; '' if it may."""
    term = environment.get("TERM", "")
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return "Terminal.app has no clipboard for programs"
    if term in ("linux", "dumb"):
        return "This terminal has no clipboard"
    if "TMUX" not in environment and (term.startswith("screen") or "STY" in environment):
        return "GNU screen has no clipboard for programs"
    return f"Longer than the {MAX_BYTES:,} bytes that a terminal copies" if size > MAX_BYTES else ""
