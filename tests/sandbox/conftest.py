"""The sandbox over a small account, in process, and the clock that it goes by."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import Sandbox, create_sandbox
from app.sandbox.idempotency import AcceptedTriggers
from app.sandbox.options import SandboxOptions
from tests.sandbox.asking import Asker
from tests.sandbox.folders import write_folder
from tests.sandbox.serving import Served


class Clock:
    """Seconds since 1970, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxAccount]:
    """The account that all tests share: nothing is ever written to it."""
    folder = tmp_path_factory.mktemp("account")
    account = SandboxAccount(write_folder(folder), folder / "sandbox.db")
    yield account
    account.close()


@pytest.fixture
def own_account(tmp_path: Path) -> Iterator[SandboxAccount]:
    """An account of the test's own, for files beside it."""
    account = SandboxAccount(write_folder(tmp_path / "folder"), tmp_path / "home" / "sandbox.db")
    yield account
    account.close()


@pytest.fixture
def open_sandbox(account: SandboxAccount, clock: Clock) -> Iterator[Callable[..., Asker]]:
    """Opens sandboxes over the account, each with accepted triggers of its own: `open_sandbox(auth="wsse")`."""
    opened: list[Sandbox] = []

    def opener(**options: object) -> Asker:
        accepted = AcceptedTriggers(None)
        opened.append(create_sandbox(account, SandboxOptions(**options), clock, accepted))  # type: ignore[arg-type]
        return Asker(opened[-1])

    yield opener
    for sandbox in opened:
        sandbox.close()


@pytest.fixture
def sandbox(open_sandbox: Callable[..., Asker]) -> Asker:
    return open_sandbox()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that all tests share; it says nothing on stderr, whatever they send."""
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    assert served.end() == (0, "ended\n", "")
