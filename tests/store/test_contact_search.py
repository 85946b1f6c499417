"""Finding contacts as one types: words in any order, each as a beginning, in any field or in one."""

import random
import re
from threading import Event
from unicodedata import combining, normalize

import pytest

from app.domain.model import Contact, Field
from app.store.catalog import Cache
from app.store.contacts import import_contacts
from app.store.erasure import forget_in_cache, person
from app.store.errors import StoppedError
from tests.store.conftest import ids

FIELDS = (
    Field("1", "First Name", "first_name"),
    Field("2", "Last Name", "last_name"),
    Field("3", "E-Mail", "email"),
    Field("31", "Optin"),
    Field("4711", "Číslo", "number"),
)
CONTACTS = (
    Contact("1", "aaBB", {"1": "Zoë", "2": "Müller-Lüdenscheidt", "3": "zoe.mueller@example.com"}),
    Contact("20", "ccDD", {"1": "Odin", "2": "Borson", "3": "odin@example.org", "4711": "C-10005"}),
    Contact("3", "eeFF", {"1": "Miller", "2": "Zoe", "3": "mz@example.com", "99": "of no known field"}),
    Contact("4", "ggHH", {"1": "Борис", "2": "山田 太郎", "3": '"quoted"@example.com'}),
)


@pytest.fixture
def filled(cache: Cache) -> Cache:
    with cache.replacing(True) as load:
        load.fields(FIELDS)
        load.contacts(CONTACTS)
    return cache


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("zo", ["1", "3"]),
        ("ZOE", ["1", "3"]),
        ("zoë", ["1", "3"]),
        ("mull", ["1"]),
        ("ludensch zoe", ["1"]),
        ("zoe m", ["1", "3"]),
        ("m z", ["1", "3"]),
        ("zoe.mueller@exam", ["1"]),
        ("odin@example.org", ["20"]),
        ("example", ["1", "3", "4", "20"]),
        ("c-10", ["20"]),
        ("20", ["20"]),
        ("ccd", ["20"]),
        ("борис", ["4"]),
        ("山", ["4"]),
        ("of no known", ["3"]),
        ("nobody", []),
        ("zoe nobody", []),
        ("first_name:zoë", ["1"]),
        ("firstname:zo", ["1"]),
        ("1:ZOë", ["1"]),
        ("1:oë", []),
        ("last_name:müller-l", ["1"]),
        ("zoe first_name:zo", ["1"]),
        ("last-name:zoe", ["3"]),
        ("LAST_NAME:z first_name:m", ["3"]),
        ("číslo:c", ["20"]),
        ("id:20", ["20"]),
        ("uid:eeff", ["3"]),
        ("optin:zoe", []),
        ("first_name:", ["1", "3", "4", "20"]),
        ("example:com", ["1", "3", "4"]),
        ("", ["1", "3", "4", "20"]),
        ("  ", ["1", "3", "4", "20"]),
        ("@", ["1", "3", "4", "20"]),
        ('"', ["1", "3", "4", "20"]),
        ('"quoted"@', ["4"]),
        ("zoe AND OR NOT NEAR(", []),
        ("zoe*", ["1", "3"]),
        ("^zoe", ["1", "3"]),
        ("a\0b", []),
        ("\ud800", ["1", "3", "4", "20"]),
        ("x" * 100_000, []),
        ("zoe " * 1000, ["1", "3"]),
    ],
)
def test_a_search_finds(filled: Cache, search: str, expected: list[str]) -> None:
    found = filled.search_contacts(search)
    found.settle()
    assert ([row.id for row in found.rows(0, 50)], found.total) == (expected, len(expected))


def test_a_search_that_is_no_longer_wanted_stops(filled: Cache) -> None:
    stop = Event()
    found = filled.search_contacts("zoe c-1", stop=stop)
    stop.set()
    with pytest.raises(StoppedError):
        found.settle()


def test_a_field_that_only_a_look_up_told_of_is_searched_too(filled: Cache) -> None:
    filled.remember_lookup(
        "3", "sif@example.com", [Contact("5", "", {"3": "sif@example.com", "88": "golden hair"})]
    )
    assert (ids(filled, "gold"), ids(filled, "email:sif")) == (["5"], ["5"])


WORDS = ("imogen", "im", "example", "ex", "zoë", "Zoe", "c-10", "7700", "saint", "mail")
SEARCHES = (
    "i", "im", "imo", "ex", "zoe", "zo im", "c-1", "77", "s", "example im", "nobody", "first_name:im",
    "1:ex last_name:s", "zoe 2:im", "number:c", "uid:u1", "id:1", "id:2 ex",
)  # fmt: skip


def random_contact(chance: random.Random) -> Contact:
    number = chance.randrange(60)
    keys = chance.sample(("1", "2", "3", "4711", "99"), chance.randrange(5))
    values = {key: " ".join(chance.choices(WORDS, k=chance.randrange(1, 3))) for key in keys}
    return Contact(f"0{number}" if number > 50 else str(number), f"u{number}", values)


def finds(contact: Contact, word: str) -> bool:
    """Whether a word of a search finds a contact, by looking at all its values."""
    name, colon, value = word.partition(":")
    if colon:
        key_id = {"first_name": "1", "last_name": "2", "number": "4711"}.get(name, name)
        return contact.value(key_id).lower().startswith(value)
    text = " ".join((contact.id, contact.uid, *contact.fields.values()))
    plain = "".join(one for one in normalize("NFD", text.lower()) if not combining(one))
    return re.search(rf"\b{re.escape(word)}", plain) is not None


@pytest.mark.parametrize("seed", range(4))
def test_every_search_finds_what_looking_at_all_contacts_finds_whatever_became_of_them(
    filled: Cache, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    for _ in range(12):
        some = [random_contact(chance) for _ in range(chance.randrange(1, 8))]
        match chance.randrange(5):
            case 0:
                with filled.replacing(False) as load:
                    load.fields(FIELDS)
                    load.contacts(some)
            case 1:
                list(import_contacts(filled.path, some))
            case 2:
                filled.remember_lookup("2", chance.choice(WORDS), some[:2])
            case 3:
                filled.remember_lookup("id", some[0].id, [])
            case _:
                named = person("id", some[0].id, ())
                forget_in_cache(filled.path, named, [some[0].id])
        everybody = list(filled.contacts.containing("", 0))
        assert filled.state().contacts == len(everybody)
        for search in SEARCHES:
            found = [one.id for one in everybody if all(finds(one, word) for word in search.split())]
            assert ids(filled, search) == found, search
