"""The command line, run in this process on a home of its own: real account, real stores, real wire."""

import json
import logging
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli.errors import ENDING
from app.cli.main import program
from tests.cli.real import SECRET, Account


@dataclass(frozen=True)
class Ran:
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Desk = Callable[..., Ran]


def run(*words: str, stdin: str | bytes | None = None) -> Ran:
    """Runs the program on the home of the environment."""
    # A verb that sends ends its process, and from then on ignores these signals.
    before = {number: signal.getsignal(number) for number in ENDING}
    result = CliRunner().invoke(program, list(words), input=stdin, prog_name="triggerdesk")
    for number, handler in before.items():
        signal.signal(number, handler)
    logger = logging.getLogger("app")
    for log in logger.handlers[:]:
        log.close()
        logger.removeHandler(log)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose built-in account is filled, and in which nothing was sent; tests copy it."""
    folder = tmp_path_factory.mktemp("filled") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIGGERDESK_HOME", str(folder))
        assert run("events").code == 0
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("TRIGGERDESK_HOME", str(folder))
    for name in ("TRIGGERDESK_PROFILE", "TRIGGERDESK_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def ready_home(home: Path, filled_home: Path) -> Path:
    """A home whose account is filled, for processes that would each fill it."""
    return shutil.copytree(filled_home, home)


@pytest.fixture
def new_desk(home: Path) -> Desk:
    """The program on a home that does not exist yet."""
    return run


@pytest.fixture
def desk(home: Path, filled_home: Path) -> Desk:
    """The program on a home whose account is filled at its first run, unless the test has begun one."""

    def run_filled(*words: str, stdin: str | bytes | None = None) -> Ran:
        if not any((home / name).exists() for name in ("accounts", "history.db")):
            shutil.copytree(filled_home, home, dirs_exist_ok=True)
        return run(*words, stdin=stdin)

    return run_filled


@pytest.fixture(scope="session")
def served_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of a served sandbox that asks for a sign-in, started at its first use; it keeps trigger ids only."""
    from tests.cli.test_sandbox import served

    with ExitStack() as running:

        @cache
        def url(auth: str) -> str:
            signed = () if auth == "none" else ("--auth", auth, "--user", "shop001", "--secret", SECRET)
            return running.enter_context(served(tmp_path_factory.mktemp("there"), *signed))[0]

        yield url


@pytest.fixture(scope="session")
def open_account(served_account: Callable[[str], str]) -> str:
    """The URL of a served sandbox that asks for no sign-in."""
    return served_account("none")


@pytest.fixture
def account(desk: Desk, home: Path, served_account: Callable[[str], str]) -> Callable[[str], Account]:
    """A desk whose profile `shop` reaches a served sandbox with this sign-in."""
    return lambda auth: Account(desk, served_account(auth), home)
