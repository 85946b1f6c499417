"""What the dashboard costs: its first frame, moving about, searching, working while a refresh is under way, idling.

Measured on the program itself under a pseudo-terminal, against a bare Textual application with a header and a footer;
what happens inside one frame, in this process.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping

from app.bootstrap import open_service
from tests.benchmarks import desk_frames, homes
from tests.benchmarks.desk_terminal import BARE_APP, BARE_FRAME, Running, running
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth

ROUNDS = 9
BROWSED = 300
KEYS = 400
IDLE_S = 10.0
SIZES = {(80, 24): ("Help",), (140, 40): ("@", "Code", "Help")}
"""What the first usable frame shows at each size beside the first event: rows of every pane, and the keys."""

DESK = ("-m", "app")
ALLOWED_MB = 50
MOST_ROWS = 50
"""No pane is higher, so that each key leads on."""

CURSOR = "▏".encode()
"""What marks the row that a key leads to, while the filter above has the focus."""


def rows(scale: float) -> list[Row]:
    """The rows of the dashboard; scale 1 has a million contacts and a million attempts."""
    large, small = homes.large(scale), homes.small()
    rounds = max(3, round(ROUNDS * scale))
    return [
        *_first_frame(large, small, rounds),
        *_memory(large, small, max(10, round(BROWSED * scale))),
        *desk_frames.frames(large, small, max(20, round(KEYS * scale))),
        *_busy(large, max(20, round(KEYS * scale))),
        *_idle(large, small),
    ]


# The first frame


def _first_frame(large: homes.Home, small: homes.Home, rounds: int) -> Iterator[Row]:
    first = [asyncio.run(_first_event(home)) for home in (large, small)]
    for size, shown in SIZES.items():
        taken: dict[str, list[float]] = {"bare": [], "large": [], "small": []}
        for _ in range(rounds + 1):
            taken["bare"].append(_until(BARE_APP, BARE_FRAME, large.environment, size))
            taken["large"].append(_until(DESK, (first[0], *shown), large.environment, size))
            taken["small"].append(_until(DESK, (first[1], *shown), small.environment, size))
        # The first of each may still have been compiling what the others found compiled.
        bare, ours, few = (nth(times[1:], 0.5) for times in taken.values())
        what = "complete dashboard at {} by {}, CPU".format(*size)
        yield Row(f"{what} / a bare app", bare, ours, "ms", 2.8)
        yield Row(f"{what} / with 1,000 of each", few, ours, "ms", 2.0)


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


def _memory(large: homes.Home, small: homes.Home, moves: int) -> Iterator[Row]:
    with running(BARE_APP, large.environment) as bare:
        bare.wait_for(*BARE_FRAME)
        bare.drain(0.5)
        floor = bare.peak_mb() + ALLOWED_MB
    ours, few = (_browsed_mb(home, moves) for home in (large, small))
    what = f"peak memory, {moves} pages browsed"
    yield Row(f"{what} / a bare app + {ALLOWED_MB} MB", floor, ours, "MB", 1.0)
    yield Row(f"{what} / with 1,000 of each", few, ours, "MB", 2.0)


def _browsed_mb(home: homes.Home, moves: int) -> float:
    with running(DESK, home.environment) as desk:
        stands(desk)
        pages = min(moves // 2, home.attempts // MOST_ROWS)
        for pane in ("f3", "f6"):
            desk.press(pane)
            for key in ("end", "home", *["pagedown"] * pages):
                desk.press(key)
                assert desk.read(1.0) or key == "home"
        desk.drain(0.5)
        return desk.peak_mb()


def stands(desk: Running) -> None:
    """Waits until everything is there and at rest."""
    desk.wait_for("Prediction", "Reply")
    desk.drain(1.0)


# While a refresh and a send are under way


def _busy(home: homes.Home, keys: int) -> Iterator[Row]:
    with running(DESK, home.environment) as desk:
        stands(desk)
        for key in ("100", "enter", "down", "enter", "f3", "f5"):
            desk.press(key)
            desk.drain(0.2)
        desk.press("f9")
        waits = [painted_ms(desk, "down") for _ in range(keys)]
        assert b"refreshing" in desk.painted
        assert b"accepted" in desk.painted
    yield Row(
        f"key to painted frame during a refresh and a send: 99 of 100 ({len(waits)} keys)",
        None,
        nth(waits, 0.99),
        "ms",
        50.0,
    )


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


# Idle


def _idle(large: homes.Home, small: homes.Home) -> Iterator[Row]:
    ours, few = (_idle_share(home) for home in (large, small))
    yield Row("idle: share of a core", None, ours, "%", 0.5)
    yield Row("idle: share of a core / with 1,000 of each", few, ours, "%", 2.0)


def _idle_share(home: homes.Home) -> float:
    with running(DESK, home.environment) as desk:
        stands(desk)
        desk.drain(2.0)
        before, painted, written = desk.cpu_s(), len(desk.painted), _written(home)
        end = time.monotonic() + IDLE_S
        while (left := end - time.monotonic()) > 0:
            desk.read(left)
        # The age of the cache may have become another one.
        assert len(desk.painted) - painted < 500
        assert _written(home) == written
        return (desk.cpu_s() - before) / IDLE_S * 100


def _written(home: homes.Home) -> list[tuple[str, int]]:
    files = sorted(file for file in home.path.rglob("*.db*") if not file.name.endswith("-shm"))
    return [(file.name, file.stat().st_mtime_ns) for file in files]
