"""What the dashboard costs: its first frame, memory, keys while nothing and while a refresh is under way.

Measured on the program itself under a pseudo-terminal, against a bare Textual application with a header and a footer;
what happens inside one frame, in this process.
"""

import asyncio
import gc
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

from app.bootstrap import open_service
from app.domain.model import Contact
from app.domain.recipient import EMAIL
from app.service.history import AttemptRow
from app.service.session import Session
from app.settings import Settings, load_settings
from app.tui.app import TriggerDeskApp
from app.tui.widgets.table import VirtualTable
from tests.benchmarks import homes, words
from tests.benchmarks.desk_terminal import BARE_APP, BARE_FRAME, Running, running
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth
from tests.profiles import Opening
from tests.tui.conftest import Desk

ROUNDS = 9
MOVES = 300
KEYS = 400
SENDS = 1000
SIZES = {(80, 24): ("Help",), (140, 40): ("@", "Code", "Help")}
"""What the first usable frame shows at each size beside the first event: rows of every pane, and the keys."""

DESK = ("-m", "app")
BROWSING_MB = 50
SENDING_MB = 10
MOST_ROWS = 50
"""No pane is higher, so that each key leads on."""

CURSOR = "▏".encode()
"""What marks the row that a key leads to, while the filter above has the focus."""


def rows(scale: float) -> list[Row]:
    """The rows of the dashboard; scale 1 has a million contacts and a million attempts."""
    home = homes.large(scale)
    moves = max(20, round(MOVES * scale))
    return [
        *_first_frame(home, max(3, round(ROUNDS * scale))),
        _browsing(home, moves),
        _sending(max(20, round(SENDS * scale))),
        *_keys(home, moves),
        _busy(home, max(20, round(KEYS * scale))),
    ]


# The first frame


def _first_frame(home: homes.Home, rounds: int) -> Iterator[Row]:
    first = asyncio.run(_first_event(home))
    for size, shown in SIZES.items():
        bare, ours = [], []
        for _ in range(rounds + 1):
            bare.append(_until(BARE_APP, BARE_FRAME, home.environment, size))
            ours.append(_until(DESK, (first, *shown), home.environment, size))
        # The first of each may still have been compiling what the others found compiled.
        floor, drawn = (nth(times[1:], 0.5) for times in (bare, ours))
        what = "complete dashboard at {} by {}, CPU / a bare app".format(*size)
        yield Row(what, floor, drawn, "ms", 2.8)


async def _first_event(home: homes.Home) -> str:
    service = open_service(home.settings())
    first = service.events.search().rows(0, 1)[0].name
    await service.close()
    return first


def _until(
    arguments: tuple[str, ...], shown: tuple[str, ...], environment: Mapping[str, str], size: tuple[int, int]
) -> float:
    with running(arguments, environment, size) as program:
        program.wait_for(*shown)
        return program.cpu_s() * 1000


# Memory


def _browsing(home: homes.Home, moves: int) -> Row:
    with running(BARE_APP, home.environment) as bare:
        bare.wait_for(*BARE_FRAME)
        bare.drain(0.5)
        floor = bare.peak_mb() + BROWSING_MB
    with running(DESK, home.environment) as desk:
        stands(desk)
        pages = min(moves // 2, home.attempts // MOST_ROWS)
        for pane in ("f3", "f6"):
            desk.press(pane)
            for key in ("end", "home", *["pagedown"] * pages):
                desk.press(key)
                assert desk.read(1.0) or key == "home"
        desk.drain(0.5)
        ours = desk.peak_mb()
    return Row(
        f"peak memory, {2 * pages} pages browsed / a bare app + {BROWSING_MB} MB", floor, ours, "MB", 1.0
    )


def _sending(sends: int) -> Row:
    with multiprocessing.get_context("spawn").Pool(1) as apart:
        early, late = apart.apply(_memory_of_sends, (sends,))
    what = f"memory after {sends} sends / after {sends // 10} + {SENDING_MB} MB"
    return Row(what, early + SENDING_MB, late, "MB", 1.0)


def _memory_of_sends(sends: int) -> tuple[float, float]:
    """Megabytes resident after a tenth of the sends, and after all, on a new home."""
    with TemporaryDirectory() as home:
        return asyncio.run(_sent(load_settings({"TRIGGERDESK_HOME": home}), sends))


async def _sent(settings: Settings, sends: int) -> tuple[float, float]:
    service = open_service(settings)
    app = TriggerDeskApp(Opening(lambda: service))
    resident = []
    async with app.run_test(size=(140, 40)) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        events, contacts = service.events.search(), service.contacts.search()
        events.count()
        contacts.count()
        each = product(events.rows(0, events.known), contacts.rows(0, contacts.known))
        for number, (event, contact) in enumerate(islice(each, sends), start=1):
            desk.form.choose_event(event)
            desk.form.choose_contact(contact)
            await desk.press("f9")
            if number in (sends // 10, sends):
                resident.append(_resident_mb())
        assert _attempts(service) == sends
    await service.close()
    early, late = resident
    return early, late


def _attempts(service: Session) -> int:
    found = service.history.attempts()
    found.count()
    return found.known


def _resident_mb() -> float:
    pages = Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * 4096 / (1 << 20)


def stands(desk: Running) -> None:
    """Waits until everything is there and at rest."""
    desk.wait_for("Prediction", "Reply")
    desk.drain(1.0)


# Keys


def _keys(home: homes.Home, moves: int) -> Iterator[Row]:
    for what, limit, times in asyncio.run(_moved(home, moves)):
        yield Row(f"{what}: 99 of 100, of {len(times)}", None, nth(times, 0.99), "ms", limit)


async def _moved(home: homes.Home, moves: int) -> list[tuple[str, float, list[float]]]:
    service = open_service(home.settings())
    app = TriggerDeskApp(Opening(lambda: service))
    taken = []
    async with app.run_test(size=(140, 40)) as pilot:
        await app.ready()
        await pilot.pause()
        gc.freeze()  # as the program does on a terminal
        for name in ("contacts", "history"):
            table = app.screen.query_one(f"#{name}-table", VirtualTable)
            table.action_last()  # who goes there has the numbers of all rows read
            await pilot.pause()
            await app.workers.wait_for_complete()
            taken.append((f"page down, end, jump in {name}, drawn", 16.0, list(_moves(table, moves))))
        table = app.screen.query_one("#contacts-table", VirtualTable)
        typed = [word[: end + 1] for word in words.OFTEN for end in range(len(word))]
        times = [_timed(partial(_typed, table, service, text)) for text in typed]
        taken.append(("typed into the filter of contacts, to its rows", 50.0, times))
    await service.close()
    return taken


def _moves(table: "VirtualTable[object]", moves: int) -> Iterator[float]:
    total = table.row_count
    assert total

    def jump(number: int) -> None:
        table.move_cursor(number * 7919 * 131 % total)
        assert table.cursor == number * 7919 * 131 % total

    def end(_: int) -> None:
        table.action_first()
        table.action_last()
        assert table.cursor == total - 1

    for step in (lambda _: table.action_page(1), end, jump):
        table.action_first()
        for number in range(moves):
            table.rows_changed()  # nothing is kept from the move before
            yield _timed(partial(_drawn, table, step, number))


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
    found = service.contacts.search(text)
    found.read_first()
    table.show(found)
    assert _shown(table.row)
    assert all(table.render_line(line).text.strip() for line in range(2))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


# While a refresh and a send are under way


def _busy(home: homes.Home, keys: int) -> Row:
    with TemporaryDirectory() as name, running(DESK, {"TRIGGERDESK_HOME": _copy(home, name)}) as desk:
        stands(desk)
        for key in ("100", "enter", "down", "enter", "f3", "f5"):
            desk.press(key)
            desk.drain(0.2)
        desk.press("f9")
        waits = [painted_ms(desk, "down") for _ in range(keys)]
        assert b"refreshing" in desk.painted
        assert b"accepted" in desk.painted
    what = f"key to painted frame during a refresh and a send: 99 of 100, of {len(waits)}"
    return Row(what, None, nth(waits, 0.99), "ms", 50.0)


def _copy(home: homes.Home, folder: str) -> str:
    return str(shutil.copytree(home.path, Path(folder, "home")))


def painted_ms(desk: Running, key: str) -> float:
    """Milliseconds from a key to the row that it leads to, in a pane with a filter."""
    while desk.read(0.02):
        pass
    before = len(desk.painted)
    started = time.perf_counter()
    desk.press(key)
    while CURSOR not in desk.painted[before:]:
        assert desk.read(1.0)
    return (time.perf_counter() - started) * 1000
