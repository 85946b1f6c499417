"""What every test needs."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from app.store.attempts import History
from app.store.catalog import Cache

# Without bytecode every program that a test starts would compile what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Read when Textual is imported: a scroll takes one frame instead of twenty, and a dashboard draws when a test looks at
# it instead of once for every key, which halves what it costs.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TEXTUAL_FPS"] = "1"

settings.register_profile("few", max_examples=20, deadline=None)
settings.load_profile("few")


def pytest_configure() -> None:
    # What a test puts into a home is the user's alone, as the program makes it.
    os.umask(0o077)
    # A background job ignores SIGINT, nohup SIGHUP; the processes that tests start and stop would inherit that.
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(ignored) is signal.SIG_IGN:
            default = signal.default_int_handler if ignored == signal.SIGINT else signal.SIG_DFL
            signal.signal(ignored, default)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dashboards first, which take seconds each: so all workers end at the same time."""
    items.sort(key=lambda item: item.path.parent.name != "tui")


def pytest_collection_finish() -> None:
    """The dashboards that tests start as programs draw as often as for a user."""
    os.environ.pop("TEXTUAL_FPS", None)


@pytest.fixture(scope="session")
def new_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty history and an empty cache, to copy: that takes a tenth of making them."""
    folder = tmp_path_factory.mktemp("new")
    History(folder / "history.db").close()
    Cache(folder / "cache.db").close()
    return folder
