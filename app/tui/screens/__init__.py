"""What fills the terminal: the dashboard, and what opens above it."""

from typing import TypeVar

from textual.screen import ModalScreen

from app.resources import style

Result = TypeVar("Result")


class Overlay(ModalScreen[Result]):
    """What opens above the dashboard."""

    DEFAULT_CSS = style("overlay")
