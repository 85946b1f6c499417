"""Homes with a demo account and a made-up past, each built once a run and shared by the benchmarks that need one.

The account is the built-in one, so a service or a dashboard opened on such a home shows it. They go with the process.
Each is built by a process of its own: a large one takes minutes, in which the other core can measure CPU time.
"""

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.service.demo import DemoPlan, make_demo
from app.settings import Settings, load_settings

CONTACTS = ATTEMPTS = 1_000_000
SMALL = 1000
SEED = 1

Spent = Mapping[str, float]
"""The CPU time of each step of the building, in seconds."""


class Home:
    """A home of `contacts` contacts and `attempts` attempts, which is being built from now on."""

    def __init__(self, contacts: int, attempts: int) -> None:
        self.contacts = contacts
        self.attempts = attempts
        self._folder = TemporaryDirectory(prefix="triggerdesk-")
        self.path = Path(self._folder.name)
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._spent: Future[Spent] = pool.submit(_build, self.environment, contacts, attempts)
        pool.shutdown(wait=False)

    @property
    def spent(self) -> Spent:
        """What the building took; waits until it has ended."""
        return self._spent.result()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which this is the home, and nothing else is set."""
        return {"TRIGGERDESK_HOME": str(self.path)}

    def settings(self) -> Settings:
        """The settings of its built-in account."""
        return load_settings(self.environment)

    def built(self) -> "Home":
        """This, once it can be used."""
        self._spent.result()
        return self


def begin(scale: float) -> None:
    """Has the large home built beside what is measured meanwhile."""
    _large(scale)


def large(scale: float) -> Home:
    """A million contacts and a million attempts at scale 1."""
    return _large(scale).built()


def small() -> Home:
    """A thousand of each, which the large one is compared with."""
    return _home(SMALL, SMALL).built()


def size(whole: int, scale: float) -> int:
    """A part of a million of them, though never so few that the large home would be the small one."""
    return max(2 * SMALL, round(whole * scale))


def _large(scale: float) -> Home:
    return _home(size(CONTACTS, scale), size(ATTEMPTS, scale))


@cache
def _home(contacts: int, attempts: int) -> Home:
    return Home(contacts, attempts)


def _build(environment: Mapping[str, str], contacts: int, attempts: int) -> Spent:
    spent: dict[str, float] = {}
    at, under_way = time.process_time(), ""

    def watch(step: str, _: int, __: int) -> None:
        nonlocal at, under_way
        if step != under_way:
            now = time.process_time()
            spent[under_way] = now - at
            at, under_way = now, step

    plan = DemoPlan(contacts, attempts, SEED, end=datetime(2026, 11, 20, 12, tzinfo=UTC))
    make_demo(load_settings(environment), plan, watch)
    watch("", 0, 0)
    return spent
