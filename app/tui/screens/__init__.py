"""What fills the terminal: the dashboard, and what opens above it."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from textual.app import App
from textual.screen import ModalScreen, Screen

from app.resources import style

Result = TypeVar("Result")


class Overlay(ModalScreen[Result | None], Generic[Result]):
    """What opens above the dashboard; returns None if the user goes back."""

    DEFAULT_CSS = style("overlay")


def open_screen(app: App[Any], screen: Screen[Result | None], then: Callable[[Result], object]) -> None:
    """Opens a screen; calls `then` with what it returns, and not if the user goes back."""

    def close(result: Result | None) -> None:
        if result is not None:
            then(result)

    app.push_screen(screen, close)
