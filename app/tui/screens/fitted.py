"""Screens above the desk that look otherwise where it is narrow, from their first frame on.

Textual gives a screen its class for the width with the first news of its size, which is after it was painted.
"""

from typing import Any

from textual.screen import Screen


def fit(screen: Screen[Any]) -> None:
    """Takes the class for the width of the terminal; to be called while composing."""
    points = screen.HORIZONTAL_BREAKPOINTS or []
    width = screen.app.size.width
    screen.add_class(max(point for point in points if point[0] <= width)[1], update=False)
