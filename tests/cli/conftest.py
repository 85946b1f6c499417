"""The command line, run in this process on a home of its own: real account, real stores, real wire."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli.main import program
from app.cli.signals import ENDING


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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("TRIGGERDESK_HOME", str(folder))
    for name in ("TRIGGERDESK_PROFILE", "TRIGGERDESK_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def desk(home: Path) -> Desk:
    def run(*words: str, stdin: str | bytes | None = None) -> Ran:
        # A verb that sends ends its process, and from then on ignores these signals.
        before = {number: signal.getsignal(number) for number in ENDING}
        result = CliRunner().invoke(program, list(words), input=stdin, prog_name="triggerdesk")
        for number, handler in before.items():
            signal.signal(number, handler)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def open_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a served sandbox that asks for no sign-in; nothing but trigger ids is remembered there."""
    from tests.cli.test_sandbox import served

    with served(tmp_path_factory.mktemp("there")) as (url, _):
        yield url
