"""Homes with a demo account and a made-up past, each built once a run and shared by the benchmarks that need one.

The account is the built-in one, so a service or a dashboard opened on such a home shows it. They go with the process.
Each is built by processes of its own: a large one takes minutes, in which CPU time can be measured in this one.
"""

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.service.demo import DemoPlan, fill_account, make_past, write_files
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
    """Writes the account's files; then the past is made up by a process beside this one, which builds the rest."""
    settings = load_settings(environment)
    plan = DemoPlan(contacts, attempts, SEED, end=datetime(2026, 11, 20, 12, tzinfo=UTC))
    spent = _Watch()
    write_files(settings, plan, spent)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
        past = beside.submit(_make_past, environment, plan)
        fill_account(settings, settings.demo, spent)
        return {**spent.ended(), **past.result()}


def _make_past(environment: Mapping[str, str], plan: DemoPlan) -> Spent:
    spent = _Watch()
    make_past(load_settings(environment), plan, spent)
    return spent.ended()


class _Watch:
    """Told of the steps of a building in this process, it adds up the CPU time of each."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._at = time.process_time()
        self._under_way = ""

    def __call__(self, step: str, _: int, __: int) -> None:
        if step != self._under_way:
            now = time.process_time()
            self._spent[self._under_way] = now - self._at
            self._at, self._under_way = now, step

    def ended(self) -> Spent:
        """What each step took, the last one until now."""
        self("", 0, 0)
        return self._spent
