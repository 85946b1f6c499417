"""Charts as lines of text, drawn by plotext. Every series has a sign of its own, so that none needs a colour.

plotext draws on one figure of its own; each function here begins it anew and leaves nothing behind that another needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

BAR = "▇"
_SMALLEST = (20, 4)
_NOTHING = 1e-9
_WIDEST, _HIGHEST = 10, 3
"""Cells that a column of a chart takes at most in width, and one attempt in height."""

_BESIDE, _BELOW = 10, 3
"""Cells that the names of the places take."""

_THIN = 0.01
"""A bar as thin as its line; a thicker one may reach into the next."""


def stacked(labels: Sequence[str], series: Mapping[str, Sequence[int]], width: int, height: int) -> str:
    """Columns from left to right, each a stack of the series in their order; a series is drawn in its sign.

    Few of them are drawn no wider, and small ones no higher, than they can be told by: the chart is then smaller.
    """
    top = max(map(sum, zip(*series.values(), strict=True)), default=0)
    width = min(width, _BESIDE + _WIDEST * len(labels))
    height = min(height, _BELOW + _HIGHEST * top)
    figure = _figure(width, height, top)
    signs = list(series)
    columns = figure.bar(
        list(range(len(labels))), list(series.values()), marker=signs, stacked=len(signs) > 1, width=1
    )
    figure.draw(columns)
    _name_places(figure, labels, width)
    return _drawn(figure)


def bars(values: Sequence[float], width: int) -> Sequence[str]:
    """One line a value, the first one on top, each a bar as long as its value, and exactly `width` wide."""
    figure = _begun(width, len(values))
    figure.axes(False)
    figure.ruler("y").lim(-0.5, len(values) - 0.5)
    figure.ruler("x").lim(0, max(*values, _NOTHING))
    places = list(range(len(values)))
    figure.draw(figure.bar(places, list(reversed(values)), marker=BAR, orientation="horizontal", width=_THIN))
    figure.ruler("y").ticks([], [])
    figure.ruler("x").ticks([], [])
    return _drawn(figure).splitlines()


def _figure(width: int, height: int, top: float) -> Any:
    figure = _begun(max(width, _SMALLEST[0]), max(height, _SMALLEST[1]))
    ticks = sorted({0, round(top / 2), round(top)}) or [0]
    figure.ruler("y").lim(0, max(top, 1))
    figure.ruler("y").ticks(ticks, [f"{tick:,}" for tick in ticks])
    return figure


def _name_places(figure: Any, labels: Sequence[str], width: int) -> None:
    """As many labels below as there is room for."""
    longest = max(map(len, labels), default=1)
    every = max(1, -(-len(labels) * (longest + 2) // max(1, width - 8)))
    shown = list(range(0, len(labels), every))
    figure.ruler("x").ticks(shown, [labels[place] for place in shown])


def _begun(width: int, height: int) -> Any:
    import plotext  # type: ignore[import-untyped]  # noqa: PLC0415 - loaded when a picture is drawn

    # What is drawn scrolls: a low terminal must not take lines from it.
    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    return figure


def _drawn(figure: Any) -> str:
    import plotext  # noqa: PLC0415 - loaded by now

    return str(plotext.uncolorize(figure.build())).rstrip("\n")
