"""The contacts of the account, as the screen asks for them."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from app.domain.model import ListOrder
from app.service.history import StoppedError
from app.service.session import Session


async def test_the_first_rows_are_there_once_they_are_read(service: Session) -> None:
    for found in (
        service.contacts.search("thor"),
        service.contacts.search("thor odinson"),
        service.contacts.search("email:thor"),
        service.contacts.search("thor odin", ListOrder("name")),
    ):
        assert len(found.rows(0, 1)) == 0
        found.read_first()
        assert [row.id for row in found.rows(0, 1)] == ["11"]


async def test_a_search_stops_once_another_one_is_wanted(service: Session) -> None:
    stop = Event()
    found = service.contacts.search("e", None, stop)
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


async def test_fields_are_listed_and_named(service: Session) -> None:
    assert [field.id for field in service.contacts.fields("e-mail")] == ["3", "47"]
    assert (service.contacts.field_name("3"), service.contacts.field_name("nope")) == ("E-Mail", None)
