"""Copying a text: to the clipboard through the terminal, or into a file where the terminal is known not to do it.

A terminal that is asked for its clipboard (OSC 52) never says whether it did as asked, so what is said here claims no
more than that, and copying the same text once more also writes the file.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from textual.app import App

LONGEST = 74_994
"""Bytes of a text that terminals commonly take, which is 100,000 characters of base 64 with what is around them."""

TMUX = "tmux hands it to the clipboard only where its option set-clipboard is on"


def copy(
    app: App[object],
    text: str,
    write: Callable[[str], Path],
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Copies a text; the sentence that says where it is now. `write` keeps it in a file, and may raise AppError."""
    encoded = text.encode("utf-8", "replace")
    text = encoded.decode()
    again = app.clipboard == text
    if reason := no_clipboard(environment, len(encoded)):
        return f"{reason}, so it was written to {write(text)}."
    app.copy_to_clipboard(text)
    if "TMUX" in environment:
        return f"To the clipboard, and written to {write(text)}: {TMUX}."
    if again:
        return f"Once more to the clipboard, and written to {write(text)}."
    return "To the clipboard of the terminal. If it is not there, copy once more: that also writes a file."


def no_clipboard(environment: Mapping[str, str], size: int) -> str:
    """Why a text of `size` bytes cannot be handed to the clipboard of this terminal; '' where it can be tried."""
    term = environment.get("TERM", "")
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return "Terminal.app gives programs no clipboard"
    if term in ("linux", "dumb"):
        return "This terminal has no clipboard"
    if "TMUX" not in environment and (term.startswith("screen") or "STY" in environment):
        return "screen gives programs no clipboard"
    return (
        f"It is longer than the {LONGEST:,} bytes that a clipboard takes from a terminal"
        if size > LONGEST
        else ""
    )
