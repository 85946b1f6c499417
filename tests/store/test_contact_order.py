"""Contacts sorted by what their list shows, all of them or those a search finds."""

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from app.domain.account import ListOrder
from app.domain.model import Contact, Field
from app.store import cache_file, found_window
from app.store.cache import Cache, ContactRow
from app.store.contacts import order as contact_order
from app.store.contacts.importing import import_contacts
from app.store.errors import StoppedError
from app.store.found_window import LaterWindow

FIELDS = (Field("1", "First"), Field("2", "Last"), Field("3", "E-Mail"))
VALUES = {
    "1": ("Zoë", "zoe", "Adam", "ADAM", "", "Łukasz", " Eve"),
    "2": ("Müller", "miller", "", "Borson", "山田"),
    "3": ("Twin@example.com", "twin@example.com", "", "a@example.org", "Z@example.com", "\ud800@example.com"),
}
SHOWN: dict[str, Callable[[ContactRow], str]] = {
    "email": lambda row: row.email,
    "name": lambda row: f"{row.first_name} {row.last_name}".strip(" "),
}


def contact(number: int) -> Contact:
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    fields = {key: chance.choice(values) for key, values in VALUES.items()}
    identifier = f"odd-{number}" if number % 50 == 0 else str(number)
    return Contact(identifier, f"u{number}", {key: value for key, value in fields.items() if value})


@pytest.fixture
def held(cache: Cache) -> Cache:
    with cache.replacing(complete=False) as load:
        load.fields(FIELDS)
        load.contacts(contact(number) for number in range(1, 121))
    cache.remember_lookup(
        "id", "500", [Contact("500", "x", {"1": "Adam", "2": "Adamson", "3": "A@example.com"})]
    )
    cache.remember_lookup("id", "7", [Contact("7", "x", {"1": "Zzz"})])
    list(import_contacts(cache.path, map(contact, range(600, 640))))
    return cache


def everybody(cache: Cache, search: str) -> list[ContactRow]:
    return list(cache.contacts_window(search).rows(0, 1000))


def in_order(rows: Sequence[ContactRow], order: ListOrder) -> list[ContactRow]:
    """Sorted by looking; `rows` come by id."""
    if order.column == "id":
        return list(reversed(rows)) if order.descending else list(rows)
    value = SHOWN[order.column]
    filled = sorted(filter(value, rows), key=lambda row: _compared(value(row)))
    empty = [row for row in rows if not value(row)]
    return [*filled[::-1], *empty[::-1]] if order.descending else [*filled, *empty]


def _compared(value: str) -> tuple[bool, bytes]:
    try:
        stored = value.encode()
    except UnicodeEncodeError:
        return True, value.encode("utf-8", "surrogatepass")
    return False, stored.lower()


@pytest.mark.parametrize("few", [1, 10_000])
@pytest.mark.parametrize("column", ["id", "email", "name"])
@pytest.mark.parametrize("descending", [False, True])
def test_any_order_of_any_search_is_right(
    held: Cache, monkeypatch: pytest.MonkeyPatch, few: int, column: str, descending: bool
) -> None:
    monkeypatch.setattr(contact_order, "_FEW", few)
    order = ListOrder(column, descending)
    for search in ("", "zoe", "example m", "first:adam", "nobody"):
        expected = in_order(everybody(held, search), order)
        window = held.contacts_window(search, order)
        assert isinstance(window, LaterWindow)
        window.prepare()
        assert list(window.rows(0, 20)) == expected[:20], search
        window.settle()
        assert list(window.rows(0, 1000)) == expected, search
        assert list(window.rows(13, 10)) == expected[13:23]
        assert window.total == len(expected)
        assert [window.position(row) for row in expected] == list(range(len(expected)))


def test_before_all_are_found_every_row_of_all_contacts_is_there_and_of_a_search_the_first(
    held: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_window, "_PREPARED", 5)
    order = ListOrder("email")
    everything = in_order(everybody(held, ""), order)
    window = held.contacts_window("", order)
    assert isinstance(window, LaterWindow)
    assert window.total == len(everything)
    window.prepare()
    assert list(window.rows(3, 30)) == everything[3:33]
    assert list(window.rows(len(everything) - 2, 30)) == everything[-2:]
    found = held.contacts_window("example", order)
    assert isinstance(found, LaterWindow)
    found.prepare()
    assert (found.total, len(found.rows(0, 30))) == (None, 5)
    assert found.position(everything[0]) == 0
    assert found.position(everything[-1]) is None


def test_it_is_stopped_by_who_wants_it_no_more(held: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_file, "_STEPS_BETWEEN_LOOKS", 1)
    stop = Event()
    window = held.contacts_window("example", ListOrder("name"), stop)
    assert isinstance(window, LaterWindow)
    stop.set()
    with pytest.raises(StoppedError):
        window.prepare()
    assert window.rows(0, 10) == []


def test_a_cache_from_before_there_were_names_is_sorted_by_them_too(held: Cache, home: Path) -> None:
    expected = in_order(everybody(held, ""), ListOrder("name"))
    held.close()
    with closing(sqlite3.connect(home / "cache.db")) as old:
        old.execute("DELETE FROM field_values WHERE field_id = '1 2'")
        old.execute("DELETE FROM _sqlite_migrations WHERE name > '0002'")
        old.execute("PRAGMA user_version = 2")
        old.commit()
    with closing(Cache(home / "cache.db")) as cache:
        window = cache.contacts_window("", ListOrder("name"))
        assert list(window.rows(0, 1000)) == expected
