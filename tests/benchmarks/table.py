"""One line of the table of costs, and how the table is printed; separate so that each module measures only."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

HEADER = ("what", "floor", "ours", "unit", "ratio", "limit", "")


@dataclass(frozen=True)
class Row:
    """What was measured, in `unit`: `ours` may be `limit` times `floor`; without a floor, `limit` itself."""

    what: str
    floor: float | None
    ours: float
    unit: str
    limit: float

    @property
    def ratio(self) -> float | None:
        """How many times the floor this costs, infinite over a floor of nothing; None without a floor."""
        if self.floor is None:
            return None
        return self.ours / self.floor if self.floor else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        return (self.ours if self.ratio is None else self.ratio) <= self.limit


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as aligned lines, under a header."""
    lines = [HEADER, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    for line in lines:
        yield "  ".join(_aligned(line, widths)).rstrip()


def machine() -> str:
    """Where this was measured, in one line."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "" if row.holds else "over the limit"
    if row.floor is None or row.ratio is None:
        return (row.what, "", _short(row.ours), row.unit, "", f"{_short(row.limit)} {row.unit}", verdict)
    numbers = (_short(row.floor), _short(row.ours))
    return (row.what, *numbers, row.unit, f"{row.ratio:.2f}", f"{row.limit:.2f}", verdict)


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(line, widths, strict=True)):
        yield cell.rjust(width) if column in (1, 2, 4, 5) else cell.ljust(width)
