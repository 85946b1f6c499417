"""What a trigger from the command line costs, from the start of the process to its end, in CPU time."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks import homes
from tests.benchmarks.journal import server
from tests.benchmarks.table import Row
from tests.benchmarks.timing import nth

ROUNDS = 9
BARE = ("-c", "import httpx, sqlite3")
TRIGGER = ("-m", "app", "--profile", "local", "trigger", "100", "--key", "3", "--external-id")


def rows(scale: float) -> list[Row]:
    """One row: a trigger with a long history against the imports it cannot do without."""
    home = homes.large(scale)
    with server() as base_url:
        text = f'[profiles.local]\nbase_url = "{base_url}"\n'
        (home.path / "config.toml").write_text(text, encoding="utf-8")
        floor, ours = list[float](), list[float]()
        for number in range(max(3, round(ROUNDS * scale)) + 1):
            floor.append(_cpu_ms(BARE, home.environment))
            ours.append(_cpu_ms([*TRIGGER, f"bench{number}@example.com"], home.environment))
    # The first of each may still have been compiling what the others found compiled.
    bare, trigger = (nth(taken[1:], 0.5) for taken in (floor, ours))
    return [Row("trigger, start to exit / python -c 'import httpx, sqlite3'", bare, trigger, "ms", 1.6)]


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
