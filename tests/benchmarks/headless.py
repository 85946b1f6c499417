"""What a trigger from the command line costs, from the start of the process to its end, in CPU time."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.benchmarks import homes
from tests.benchmarks.journal import server
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth

ROUNDS = 9
BARE = ("-c", "import httpx, sqlite3")
TRIGGER = ("-m", "app", "--profile", "local", "trigger", "100", "--key", "3", "--external-id")


def rows(scale: float) -> list[Row]:
    """A trigger against the imports it cannot do without, and with a long history against a short one."""
    with server() as base_url:
        large, small = (_with_profile(home, base_url) for home in (homes.large(scale), homes.small()))
        return list(_measured(large, small, max(3, round(ROUNDS * scale))))


def _measured(large: homes.Home, small: homes.Home, rounds: int) -> Iterator[Row]:
    floor: list[float] = []
    times: list[float] = []
    times_small: list[float] = []
    for number in range(rounds + 1):
        who = f"bench{number}@example.com"
        floor.append(_cpu_ms(BARE, large.environment))
        times.append(_cpu_ms([*TRIGGER, who], large.environment))
        times_small.append(_cpu_ms([*TRIGGER, who], small.environment))
    # The first of each may still have been compiling what the others found compiled.
    bare, ours, few = (nth(taken[1:], 0.5) for taken in (floor, times, times_small))
    yield Row("trigger, start to exit / python -c 'import httpx, sqlite3'", bare, ours, "ms", 1.6)
    yield Row("trigger, start to exit / with 1,000 attempts", few, ours, "ms", 2.0)


def _with_profile(home: homes.Home, base_url: str) -> homes.Home:
    text = f'[profiles.local]\nbase_url = "{base_url}"\n'
    (home.path / "config.toml").write_text(text, encoding="utf-8")
    return home


def _cpu_ms(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    before = _children_s()
    subprocess.run(
        [sys.executable, *arguments],
        env={"PATH": os.defpath, **environment},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (_children_s() - before) * 1000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
