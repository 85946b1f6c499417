"""Contacts from a file among those that are there: every list, search and look-up finds both."""

import pytest

from app.domain.model import Contact, Field
from app.store import contacts
from app.store.catalog import Cache, replacing
from app.store.contacts import import_contacts, storable
from tests.store.conftest import ids

FIELDS = (Field("1", "First Name", "first_name"), Field("3", "E-Mail", "email"))
THERE = tuple(
    Contact(str(number), f"u{number}", {"1": "Thor", "3": f"thor{number}@example.com"})
    for number in range(10, 5000, 10)
)


@pytest.fixture
def held(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setattr(contacts, "IMPORT_BATCH", 700)
    with replacing(cache.path, False) as load:
        load.fields(FIELDS)
        load.contacts(THERE)
    return cache


def add(cache: Cache, *contacts: Contact) -> list[int]:
    return list(import_contacts(cache.path, contacts))


def test_new_ones_stand_among_the_others_in_order(held: Cache) -> None:
    new = [Contact(str(number), "", {"1": "Sif", "9": "of no known field"}) for number in range(5, 9000, 5)]
    told = add(held, *new)
    assert (told[0], told[-1]) == (700, len(new))
    everybody = sorted({*range(10, 5000, 10), *range(5, 9000, 5)})
    assert ids(held, "") == [str(number) for number in everybody]
    assert held.state().contacts == len(everybody)
    found = held.search_contacts()
    found.read_all()
    for place in (0, 777, 1500, len(everybody) - 1):
        (row,) = found.rows(place, 1)
        assert (row.id, found.position(row)) == (str(everybody[place]), place)
    assert ids(held, "first_name:thor") == []
    assert ids(held, "sif known") == [str(number) for number in range(5, 9000, 5)]
    assert held.matches("1", "Sif").ids[:2] == ("5", "10")


def test_what_is_new_about_a_contact_joins_what_was_known(held: Cache) -> None:
    add(held, Contact("10", "", {"1": "Sif"}), Contact("20", "u20", {}))
    assert held.contacts.get("10") == Contact("10", "u10", {"1": "Sif", "3": "thor10@example.com"})
    assert held.contacts.get("20") == THERE[1]
    assert (ids(held, "sif"), held.state().contacts) == (["10"], len(THERE))


def test_of_two_lines_with_one_id_the_later_one_counts(held: Cache) -> None:
    add(held, Contact("7", "", {"1": "Odin", "3": "o@example.com"}), Contact("7", "u7", {"1": "Loki"}))
    assert held.contacts.get("7") == Contact("7", "u7", {"1": "Loki", "3": "o@example.com"})
    assert (ids(held, "loki"), ids(held, "odin")) == (["7"], [])


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800", 'C:\\ud "x"', "\\u0000", "Zo\u0308e", "\U0001f600 \ud83d"]
)
def test_awkward_texts_and_ids_come_back_but_for_what_is_no_text(held: Cache, text: str) -> None:
    odd = Contact("007", text, {"1": text, "3": f"{text}@example.com", "99": text})
    plain = Contact("7", text, odd.fields)
    add(held, odd, plain, *THERE[:3])
    kept = {"1": storable(text), "3": f"{storable(text)}@example.com", "99": storable(text)}
    assert held.contacts.get("7") == Contact("7", storable(text), kept)
    assert held.contacts.get("007") == Contact("007", storable(text), kept)
    assert {contact.id for contact in held.contacts.find("3", f"{text}@example.com", 9)} == {"7", "007"}
    add(held, Contact("7", "", {"1": "gone"}))
    assert held.matches("1", text).ids == ("007",)


def test_they_survive_a_partial_refresh(held: Cache) -> None:
    add(held, Contact("7", "", {"1": "Sif"}))
    with replacing(held.path, False) as load:
        load.fields(FIELDS)
        load.contacts(THERE[:2])
    assert ids(held, "") == ["7", "10", "20"]
