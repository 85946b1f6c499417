"""A home with a demo account and a made-up past, built once a run and shared by the benchmarks that need one.

The account is the built-in one, so a service or a dashboard opened on the home shows it. It goes with the process.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.service.demo import DemoPlan, fill_account, make_past, write_files
from app.settings import Settings, load_settings

MILLION = 1_000_000
SEED = 1


@dataclass(frozen=True)
class Home:
    """A home in `folder`; `spent` is the CPU time of each step of filling its account, in seconds."""

    folder: TemporaryDirectory[str]
    contacts: int
    attempts: int
    spent: Mapping[str, float]

    @property
    def path(self) -> Path:
        return Path(self.folder.name)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which this is the home, and nothing else is set."""
        return {"TRIGGERDESK_HOME": self.folder.name}

    def settings(self) -> Settings:
        """The settings of its built-in account."""
        return load_settings(self.environment)


@cache
def large(scale: float) -> Home:
    """A million contacts and a million attempts at scale 1. The past is made up beside the rest, which takes minutes."""
    folder = TemporaryDirectory(prefix="triggerdesk-")
    environment = {"TRIGGERDESK_HOME": folder.name}
    settings = load_settings(environment)
    count = max(2000, round(MILLION * scale))
    plan = DemoPlan(count, count, SEED, end=datetime(2026, 11, 20, 12, tzinfo=UTC))
    write_files(settings, plan, lambda *_: None)
    spent = _Watch()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
        past = beside.submit(_make_past, environment, plan)
        fill_account(settings, settings.demo, spent)
        past.result()
    return Home(folder, count, count, spent.ended())


def _make_past(environment: Mapping[str, str], plan: DemoPlan) -> None:
    make_past(load_settings(environment), plan, lambda *_: None)


class _Watch:
    """Told of the steps of a building in this process, it adds up the CPU time of each."""

    def __init__(self) -> None:
        self._spent = Counter[str]()
        self._at = time.process_time()
        self._under_way = ""

    def __call__(self, step: str, _: int, __: int) -> None:
        now = time.process_time()
        self._spent[self._under_way] += now - self._at
        self._at, self._under_way = now, step

    def ended(self) -> Mapping[str, float]:
        """What each step took, the last one until now."""
        self("", 0, 0)
        return self._spent
