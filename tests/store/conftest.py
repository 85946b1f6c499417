"""A home folder in tmp_path, and the two databases in it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from app.domain.model import Attempt, JsonObject, ListOrder, TriggerRequest
from app.store.attempts import History
from app.store.catalog import Cache
from app.store.contacts import BY_ID


def ids(cache: Cache, text: str = "", order: ListOrder = BY_ID) -> list[str]:
    """The ids of all contacts that a search finds, in the order of the list."""
    found = cache.search_contacts(text, order)
    found.read_all()
    assert found.total is not None
    return [row.id for row in found.rows(0, found.total)]


STARTED = datetime(2026, 3, 1, 10, 31, 2, 123456, UTC)


class Making(Protocol):
    def __call__(
        self,
        attempt_id: str,
        *,
        account: str = ...,
        external_id: str = ...,
        event_name: str | None = ...,
        data: JsonObject | None = ...,
    ) -> Attempt: ...


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def cache(home: Path, new_databases: Path) -> Iterator[Cache]:
    shutil.copytree(new_databases, home, dirs_exist_ok=True)
    cache = Cache(home / "cache.db")
    yield cache
    cache.close()


@pytest.fixture
def history(home: Path, new_databases: Path) -> Iterator[History]:
    shutil.copytree(new_databases, home, dirs_exist_ok=True)
    history = History(home / "history.db")
    yield history
    history.close()


@pytest.fixture
def make() -> Making:
    """An attempt as it is before it is sent."""

    def attempt(
        attempt_id: str,
        *,
        account: str = "here",
        external_id: str = "thor@example.com",
        event_name: str | None = "Purchase confirmed",
        data: JsonObject | None = None,
    ) -> Attempt:
        request = TriggerRequest("100", "3", external_id, data, attempt_id)
        return Attempt(attempt_id, "sandbox", account, request, event_name, STARTED, 0)

    return attempt
