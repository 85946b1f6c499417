"""What happens inside one frame of the dashboard: a page of a table fetched and drawn, a key in a filter answered."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from app.bootstrap import open_service
from app.domain.history_query import Clock, parse_query
from app.domain.model import Contact, ListOrder
from app.domain.recipient import EMAIL
from app.service.history import AttemptRow, Rows
from app.service.session import Session
from app.tui.app import TriggerDeskApp
from app.tui.widgets.table import VirtualTable
from tests.benchmarks.homes import Home
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth
from tests.profiles import Opening


def _asked(service: Session, line: str) -> Rows[AttemptRow]:
    return service.history.attempts(parse_query(line, Clock(datetime.now(UTC))))


class View(NamedTuple):
    """Rows of a table that a filter leaves, or in another order."""

    what: str
    window: Callable[[Session], Rows[Any]]

    def opened(self, service: Session) -> Rows[Any]:
        """Its window, every row found."""
        window = self.window(service)
        window.count()
        window.read_all()
        return window


TABLES = {"contacts": "#contacts-table", "history": "#history-table"}
VIEWS: Mapping[str, Sequence[View]] = {
    "contacts": (
        View("filtered", lambda service: _found(service, "example")),
        View("sorted", lambda service: _found(service, "", ListOrder("name"))),
        View("filtered and sorted", lambda service: _found(service, "a", ListOrder("email", True))),
    ),
    "history": (
        View("filtered", lambda service: _asked(service, "-contact:twin@example.com key:3")),
        View("sorted", lambda service: _asked(service, "sort:-took")),
        View("filtered and sorted", lambda service: _asked(service, "example sort:contact")),
    ),
}
"""What nearly everything, or very much, is left by."""

TYPED = ("imogen", "fairw", "example", "a", "th")
SMALLER = 4
"""A view is moved about in a quarter as often as all rows of a table."""

PASSES = 2
Times = dict[str, list[float]]


def frames(large: Home, small: Home, moves: int) -> Iterator[Row]:
    """Rows for pages, ends, jumps and searches, each also against the small home."""
    ours, few = _best_of_passes(large, small, moves)
    for what, times in ours.items():
        typed = what.startswith("typed")
        yield Row(f"{what}: median", None, nth(times, 0.5), "ms", 16.0 if typed else 8.0)
        yield Row(f"{what}: 99 of 100", None, nth(times, 0.99), "ms", 50.0 if typed else 16.0)
        yield Row(f"{what}: median / with 1,000", nth(few[what], 0.5), nth(times, 0.5), "ms", 2.0)


def _best_of_passes(large: Home, small: Home, moves: int) -> tuple[Times, Times]:
    """Of both homes; of every move its better time, so that what else is running is not measured, by turns."""
    passes = [[asyncio.run(_measured(home, moves)) for home in (large, small)] for _ in range(PASSES)]
    ours, few = (
        {
            what: [min(times) for times in zip(*(one[what] for one in all_times), strict=True)]
            for what in all_times[0]
        }
        for all_times in zip(*passes, strict=True)
    )
    return ours, few


async def _measured(home: Home, moves: int) -> Times:
    service = open_service(home.settings())
    app = TriggerDeskApp(Opening(lambda: service))
    taken: Times = {}
    async with app.run_test(size=(140, 40)) as pilot:
        await app.ready()
        await pilot.pause()
        for name, selector in TABLES.items():
            table = app.screen.query_one(selector, VirtualTable)
            total = table.row_count
            assert total == (home.contacts if name == "contacts" else home.attempts)
            table.action_last()  # who goes there has the numbers of all rows read
            await pilot.pause()
            await app.workers.wait_for_complete()
            taken |= {f"{name}, {what}": times for what, times in _moves(table, moves)}
            for view in VIEWS[name]:
                table.show(view.opened(service))
                moved = [times for _, times in _moves(table, moves // SMALLER)]
                slowest = [max(times) for times in zip(*moved, strict=True)]
                taken[f"{name}, {view.what}: slowest of page down, end, jump"] = slowest
        table = app.screen.query_one(TABLES["contacts"], VirtualTable)
        taken["typed into the filter of contacts, to its rows"] = [
            _timed(partial(_typed, table, service, text)) for text in _letters(moves // 4)
        ]
    return taken


def _moves(table: "VirtualTable[object]", moves: int) -> Iterator[tuple[str, list[float]]]:
    total = table.row_count
    assert total

    def jump(number: int) -> None:
        table.move_cursor(number * 7919 * 131 % total)
        assert table.cursor == number * 7919 * 131 % total

    def end() -> None:
        table.action_first()
        table.action_last()
        assert table.cursor == total - 1

    steps: dict[str, Callable[[int], None]] = {
        "page down": lambda _: table.action_page(1),
        "end": lambda _: end(),
        "jump": jump,
    }
    for what, step in steps.items():
        table.action_first()
        times = []
        for number in range(moves):
            table.rows_changed()  # nothing is kept from the move before
            times.append(_timed(partial(_drawn, table, step, number)))
        yield what, times


def _drawn(table: "VirtualTable[object]", step: Callable[[int], None], number: int) -> None:
    step(number)
    drawn = [table.render_line(line).text for line in range(table.size.height)]
    (at_cursor,) = (line for line in drawn if line.startswith("▏"))
    assert all(part in at_cursor for part in _shown(table.row))


def _shown(row: object) -> Sequence[str]:
    """What must stand in the line of a row, however narrow its columns are."""
    match row:
        case Contact():
            return [row.value(EMAIL)[:12] or "no e-mail"]
        case AttemptRow():
            return [row.event_id, row.external_id[:8]]
        case _:
            raise AssertionError("no row is under the cursor")


def _typed(table: "VirtualTable[object]", service: Session, text: str) -> None:
    table.show(_found(service, text))
    assert _shown(table.row)
    assert all(table.render_line(line).text.strip() for line in range(2))


def _found(service: Session, text: str, order: ListOrder | None = None) -> Rows[Contact]:
    found = service.contacts.search(text, order)
    found.read_all()
    return found


def _letters(times: int) -> Iterable[str]:
    for number in range(times):
        word = TYPED[number % len(TYPED)]
        yield from (word[: length + 1] for length in range(len(word)))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
