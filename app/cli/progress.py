"""How far something has come, on stderr: a bar that moves on a terminal, a line for each step elsewhere."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.domain.formatting import percent
from app.domain.sanitize import sanitize
from app.service.refresh import RefreshStep

_BAR = 24


class Bar:
    """One line that is written over on a terminal; elsewhere nothing but what `line` is told."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty()
        self._shown = ""

    def show(self, text: str, share: float | None = None) -> None:
        """Shows a text, and how much of the whole is done, 0 to 1, where that is known."""
        drawn = "" if share is None else f" {_drawn(share)}"
        line = sanitize(f"{text}{drawn}", max(10, shutil.get_terminal_size().columns - 1))
        if self._moves and line != self._shown:
            self._shown = line
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)

    def line(self, text: str) -> None:
        """A line of its own, where no bar moves."""
        if not self._moves:
            click.echo(text, err=True)

    def clear(self) -> None:
        """Takes the bar away."""
        if self._shown:
            self._shown = ""
            click.echo("\r\x1b[K", err=True, nl=False)


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar that is taken away at the end, however that comes."""
    shown = Bar()
    try:
        yield shown
    finally:
        shown.clear()


class FillBar:
    """What a refresh tells, as a bar or as a line for each stage and each wait."""

    def __init__(self, shown: Bar) -> None:
        self._bar = shown
        self._said: object = None

    def __call__(self, step: RefreshStep) -> None:
        """Shows one step."""
        said = (step.stage, step.wait_s > 0)
        if said != self._said:
            self._said = said
            self._bar.line(f"refresh: {step.words}")
        self._bar.show(f"refresh: {step.words}", step.share)


def _drawn(share: float) -> str:
    full = round(min(1.0, max(0.0, share)) * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {percent(share, 1):>5}"
