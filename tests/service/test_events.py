"""The events of the account, as they are listed and found."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.domain.model import Attempt, ExternalEvent, ListOrder, TriggerRequest
from app.service.catalog import Events
from app.service.live import LiveAccount
from app.settings import Profile
from app.store.attempts import History
from app.store.catalog import Cache

SHOP = Profile("shop", "http://127.0.0.1:1/api/v2")
EVENTS = (
    ExternalEvent("100", "Purchase confirmed"),
    ExternalEvent("20", "Password reset"),
    ExternalEvent("3", "a newsletter"),
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveAccount]:
    def unused(*_: object) -> Any:
        raise AssertionError("the account is asked for nothing")

    with closing(Cache(tmp_path / "cache.db")) as cache, closing(History(tmp_path / "history.db")) as history:
        with cache.replacing(False) as load:
            load.events(EVENTS)
        live = LiveAccount(SHOP, cache, history, unused, unused)
        yield live
        live.notes.close()


def ids(events: Events, text: str = "", order: ListOrder | None = None) -> list[str]:
    found = events.search(text, order)
    return [event.id for event in found.rows(0, found.total)]


def test_every_word_must_be_in_the_id_or_the_name(live: LiveAccount) -> None:
    events = Events(live)
    assert (ids(events, "RES pass"), ids(events, "0"), ids(events, "res nobody")) == (
        ["20"],
        ["20", "100"],
        [],
    )
    found = events.search()
    assert (found.total, found.position(EVENTS[0]), found.position(ExternalEvent("1", "x"))) == (3, 2, None)


def test_the_last_sent_come_first_unless_they_are_sorted(live: LiveAccount) -> None:
    events = Events(live)
    assert ids(events) == ["3", "20", "100"]
    attempt = Attempt(
        "1", "shop", live.key, TriggerRequest("100", "3", "a@example.com"), None, datetime.now(UTC), 0
    )
    live.history.begin(attempt, b"{}")
    assert (ids(events), events.recent()) == (["100", "3", "20"], ("100",))
    assert ids(events, "", ListOrder("id", True)) == ["100", "20", "3"]
    assert ids(events, "", ListOrder("name")) == ["3", "20", "100"]
