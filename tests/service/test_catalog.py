"""The events and contacts of the account, as they are listed and found."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from app.domain.model import Attempt, ExternalEvent, ListOrder, TriggerRequest
from app.service.catalog import Events
from app.service.history import StoppedError
from app.service.live import LiveAccount
from app.service.session import Session
from app.settings import Profile
from app.store.attempts import History
from app.store.catalog import Cache, replacing


def test_the_first_rows_are_there_once_they_are_read(reading: Session) -> None:
    for found in (
        reading.contacts.search("thor"),
        reading.contacts.search("thor odinson"),
        reading.contacts.search("email:thor"),
        reading.contacts.search("thor odin", ListOrder("name")),
    ):
        assert len(found.rows(0, 1)) == 0
        found.read_first()
        assert [row.id for row in found.rows(0, 1)] == ["11"]


def test_a_search_stops_once_another_one_is_wanted(reading: Session) -> None:
    stop = Event()
    found = reading.contacts.search("e", None, stop)
    stop.set()
    with pytest.raises(StoppedError):
        found.count()


async def test_a_look_up_waits_for_another_window_but_the_screen_does_not(
    service: Session, tmp_path: Path
) -> None:
    (cache,) = tmp_path.rglob("cache.db")  # noqa: ASYNC240 - nobody waits beside it
    with closing(sqlite3.connect(cache, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        look_up = asyncio.create_task(service.contacts.look_up("3", "twin@example.com"))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert service.contacts.get("12") is not None
        assert service.contacts.origins() == []
        other.execute("ROLLBACK")
    assert [contact.id for contact in await look_up] == ["12", "13"]
    assert service.contacts.origins() == ["2 looked up"]


def test_fields_are_listed_and_named(reading: Session) -> None:
    assert [field.id for field in reading.contacts.fields("e-mail")] == ["3", "47"]
    assert (reading.contacts.field_name("3"), reading.contacts.field_name("nope")) == ("E-Mail", None)


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
        with replacing(cache.path, False) as load:
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


def test_the_event_that_was_typed_in_full_comes_before_the_one_sent_last(live: LiveAccount) -> None:
    with replacing(live.cache.path, False) as load:
        load.events([ExternalEvent("12", "order"), ExternalEvent("112", "reorder")])
    request = TriggerRequest("112", "3", "a@example.com")
    live.history.begin(Attempt("1", "shop", live.key, request, None, datetime.now(UTC), 0), b"{}")
    events = Events(live)
    assert ids(events, "1") == ["112", "12"]
    assert ids(events, "12") == ids(events, " Order ") == ["12", "112"]
