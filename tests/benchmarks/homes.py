"""Homes with a demo account and a made-up past, each built once a run and shared by the benchmarks that need one.

The account is the built-in one, so a service or a dashboard opened on such a home shows it. They go with the process.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.service.demo import DemoPlan, make_demo
from app.settings import Settings, load_settings

CONTACTS = ATTEMPTS = 1_000_000
SMALL = 1000


class Home:
    """A home of `contacts` contacts and `attempts` attempts; `spent` is the CPU time of each step, in seconds."""

    def __init__(self, contacts: int, attempts: int) -> None:
        self.contacts = contacts
        self.attempts = attempts
        self._folder = TemporaryDirectory(prefix="triggerdesk-")
        self.path = Path(self._folder.name)
        self._at = time.process_time()
        self._step = ""
        self.spent: dict[str, float] = {}
        plan = DemoPlan(contacts, attempts, seed=1, end=datetime(2026, 11, 20, 12, tzinfo=UTC))
        make_demo(self.settings(), plan, self._watch)
        self._watch("", 0, 0)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which this is the home, and nothing else is set."""
        return {"TRIGGERDESK_HOME": str(self.path)}

    def settings(self) -> Settings:
        """The settings of its built-in account."""
        return load_settings(self.environment)

    def _watch(self, step: str, _: int, __: int) -> None:
        if step != self._step:
            now = time.process_time()
            self.spent[self._step] = now - self._at
            self._at, self._step = now, step


def large(scale: float) -> Home:
    """A million contacts and a million attempts at scale 1."""
    return _home(max(2 * SMALL, round(CONTACTS * scale)), max(2 * SMALL, round(ATTEMPTS * scale)))


def small() -> Home:
    """A thousand of each, which the large one is compared with."""
    return _home(SMALL, SMALL)


@cache
def _home(contacts: int, attempts: int) -> Home:
    return Home(contacts, attempts)
