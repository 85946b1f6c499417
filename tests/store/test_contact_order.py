"""Contacts sorted by what their list shows, all of them or those a search finds."""

import random
from collections.abc import Callable, Sequence
from itertools import product
from threading import Event

import pytest

from app.domain.model import Contact, Field, ListOrder
from app.domain.recipient import EMAIL, FIRST_NAME, LAST_NAME
from app.store.catalog import Cache, replacing
from app.store.contacts import BY_ID, NEAREST, import_contacts, remember_lookup
from app.store.database import StoppedError

FIELDS = (Field("1", "First"), Field("2", "Last"), Field("3", "E-Mail"))
VALUES = {
    "1": ("Zoë", "zoe", "Adam", "ADAM", "", "Łukasz", " Eve"),
    "2": ("Müller", "miller", "", "Borson", "山田"),
    "3": ("Twin@example.com", "twin@example.com", "", "a@example.org", "Z@example.com", "\ufffd@example.com"),
}
SHOWN: dict[str, Callable[[Contact], str]] = {
    "email": lambda row: row.value(EMAIL),
    "name": lambda row: f"{row.value(FIRST_NAME)} {row.value(LAST_NAME)}".strip(" "),
}


def contact(number: int) -> Contact:
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    fields = {key: chance.choice(values) for key, values in VALUES.items()}
    identifier = f"odd-{number}" if number % 50 == 0 else str(number)
    return Contact(identifier, f"u{number}", {key: value for key, value in fields.items() if value})


@pytest.fixture
def held(cache: Cache) -> Cache:
    with replacing(cache.path, complete=False) as load:
        load.fields(FIELDS)
        load.contacts(contact(number) for number in range(1, 121))
    remember_lookup(
        cache.path, "id", "500", [Contact("500", "x", {"1": "Adam", "2": "Adamson", "3": "A@example.com"})]
    )
    remember_lookup(cache.path, "id", "7", [Contact("7", "x", {"1": "Zzz"})])
    list(import_contacts(cache.path, map(contact, range(600, 640))))
    return cache


def listed(cache: Cache, search: str, order: ListOrder = BY_ID) -> list[Contact]:
    found = cache.search_contacts(search, order)
    found.read_all()
    return list(found.rows(0, 1000))


def in_order(rows: Sequence[Contact], order: ListOrder) -> list[Contact]:
    """Sorted by looking; `rows` come by id."""
    if order.column == "id":
        return list(reversed(rows)) if order.descending else list(rows)
    value = SHOWN[order.column]
    filled = sorted(filter(value, rows), key=lambda row: _compared(value(row)))
    empty = [row for row in rows if not value(row)]
    return [*filled[::-1], *empty[::-1]] if order.descending else [*filled, *empty]


def _compared(value: str) -> bytes:
    return value.encode().lower()


def test_any_order_of_any_search_is_right(held: Cache) -> None:
    orders = [ListOrder(column, way) for column in ("id", "email", "name") for way in (False, True)]
    for order, search in product(
        orders, ("", "zoe", "example m", "first:adam", "first:adam last:b", "zoe first:z", "nobody")
    ):
        expected = in_order(listed(held, search), order)
        found = held.search_contacts(search, order)
        found.read_first()
        assert list(found.rows(0, 20)) == expected[:20], search
        found.count()
        assert found.total == len(expected)
        assert list(found.rows(0, 1000)) == expected, search
        assert list(found.rows(13, 10)) == expected[13:23]
        assert [found.position(row) for row in expected] == list(range(len(expected)))


def test_it_is_stopped_by_who_wants_it_no_more(held: Cache) -> None:
    stop = Event()
    found = held.search_contacts("example", ListOrder("name"), stop)
    stop.set()
    with pytest.raises(StoppedError):
        found.read_first()
    assert list(found.rows(0, 10)) == []


def test_contacts_with_the_whole_word_come_before_those_that_only_begin_with_it(cache: Cache) -> None:
    names = {"1": "Thorgils", "2": "Thora", "30": "Thor", "4": "Thordis", "31": "Thor"}
    with replacing(cache.path, True) as load:
        load.contacts([Contact(number, "", {"1": name}) for number, name in names.items()])
    assert [row.id for row in listed(cache, "thor", NEAREST)] == ["30", "31", "1", "2", "4"]
    assert [row.id for row in listed(cache, "thor", BY_ID)] == ["1", "2", "4", "30", "31"]
    assert [row.id for row in listed(cache, "tho", NEAREST)] == ["1", "2", "4", "30", "31"]


def test_an_address_or_id_typed_in_full_comes_before_contacts_that_have_the_same_words(cache: Cache) -> None:
    with replacing(cache.path, True) as load:
        load.contacts(
            [
                Contact("5", "", {"3": "mr.thor@example.com"}),
                Contact("7", "", {"3": "eleven@example.com", "1": "11"}),
                Contact("11", "", {"3": "Thor@example.com"}),
            ]
        )
    assert [row.id for row in listed(cache, " thor@Example.com ", NEAREST)] == ["11", "5"]
    assert [row.id for row in listed(cache, "11", NEAREST)] == ["11", "7"]
    assert [row.id for row in listed(cache, "thor\ud800", NEAREST)] == ["5", "11"]
