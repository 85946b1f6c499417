"""Searches that the word index would answer slowly find the same contacts, whatever becomes of these."""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache as remembered
from unicodedata import combining, normalize

import pytest

from app.domain.model import Contact, Field
from app.store.cache import Cache
from app.store.cache_file import opened
from app.store.contacts import slow_searches
from app.store.contacts.importing import import_contacts
from app.store.erasure import forget_in_cache, person

FIELDS = (Field("1", "First"), Field("2", "Last"), Field("3", "E-Mail"), Field("9", "Code"))
NAMED = {"first": "1", "last": "2", "e-mail": "3", "code": "9"}
NAMES = ("Exa", "Comfort", "Imogen", "Zoë", "Ëxandra", "Customer", "o'Neill")


def contact(number: int, **more: str) -> Contact:
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    fields = {
        "1": chance.choice(NAMES) if number % 5 == 0 else "",
        "2": chance.choice(("Customerly", "Com", "Ex", "Somebody Else")) if number > 350 else "Nobody",
        "3": f"customership{number:04}@example.com",
        "9": f"C-{number}",
    } | more
    return Contact(str(number), f"u{number}x", {key: value for key, value in fields.items() if value})


@pytest.fixture
def held(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> dict[str, Contact]:
    """What the cache holds, by contact id: few enough to be seen through, and many by what is made of `many`."""
    for name, value in {"_SAMPLED_EVERY": 4, "_EARLY": 20, "_KEPT": 30, "_MOST_TOGETHER": 45}.items():
        monkeypatch.setattr(slow_searches, name, value)
    contacts = [contact(number) for number in range(1, 401)]
    with cache.replacing(complete=False) as load:
        load.fields(FIELDS)
        load.contacts(contacts)
    return {one.id: one for one in contacts}


def kept(cache: Cache) -> Mapping[str, int]:
    """How many of the answers stand in each column of the word index, and `contacts`: in all of them."""
    with opened(cache.path) as file:
        counts = {
            row[0]: row[1] for row in file.all("SELECT word_column, count(*) FROM kept_searches GROUP BY 1")
        }
        return counts | {"contacts": file.all("SELECT count(*) FROM kept_found")[0][0]}


def searches() -> Iterable[str]:
    for word in ("example", "customership000", "customerly", "imogen", "1", "nobody", "u2"):
        for end in (1, 2, 3, 7, 8, 9, 12):
            for field in ("", "first:", "last:", "e-mail:", "code:", "uid:"):
                yield f"{field}{word[:end]}"
    yield from (
        "first:+ex-",
        "first:example.com",
        "first:ex last:ex",
        "e-mail:c code:c",
        "last:com first:c",
        "EXAMPLE",
    )


def finding(search: str) -> Callable[[Contact], bool]:
    """Whether a contact has every word, found by looking."""
    wanted = []
    for word in search.lower().split():
        field, colon, value = word.rpartition(":")
        parts = re.findall("[a-z0-9]+", value)
        pattern = re.compile(r"(?<![^\W_])" + r"[\W_]+".join(parts))
        wanted.append((NAMED.get(field, field) if colon else None, pattern))

    def has(one: Contact) -> bool:
        return all(any(map(pattern.search, texts(one, key))) for key, pattern in wanted)

    return has


def texts(one: Contact, key: str | None) -> Iterable[str]:
    values = (one.id, one.uid, *one.fields.values()) if key is None else (one.value(key),)
    return [plain(value) for value in values]


@remembered
def plain(text: str) -> str:
    return "".join(one for one in normalize("NFD", text.lower()) if not combining(one))


def assert_all_true(cache: Cache, held: Mapping[str, Contact]) -> None:
    contacts = sorted(held.values(), key=lambda one: int(one.id))
    for search in searches():
        expected = [one.id for one in filter(finding(search), contacts)]
        window = cache.contacts_window(search)
        found: Sequence[str] = [row.id for row in window.rows(0, 50)]
        assert found == expected[:50], search
        assert [row.id for row in window.rows(50, 2000)] == expected[50:], search


def test_what_is_kept_is_found_as_before(cache: Cache, held: dict[str, Contact]) -> None:
    counts = kept(cache)
    assert counts.keys() >= {"", "f0", "f1", "f2", "f3", "contact_id", "contact_uid"}
    assert counts["contacts"] > 100
    assert_all_true(cache, held)


def test_it_stays_true_while_contacts_come_change_and_go(cache: Cache, held: dict[str, Contact]) -> None:
    counts = kept(cache)
    changed = {
        "7": contact(7, **{"1": "Example", "2": "Zoë Exander"}),
        "40": contact(40, **{"1": "Imogen", "9": "Example-7"}),
        "500": contact(500, **{"1": "ÉXAMPLE com"}),
        "5": contact(5, **{"2": "C"}),
    }
    for one in changed.values():
        cache.remember_lookup("id", one.id, [one])
    cache.remember_lookup("1", "Comfort", [])
    held |= changed
    held |= {
        one.id: Contact(one.id, one.uid, {key: text for key, text in one.fields.items() if text != "Comfort"})
        for one in held.values()
    }
    assert_all_true(cache, held)
    gone = held.pop("40")
    forget_in_cache(cache.path, person("id", "40", [gone]), ["40"])
    with opened(cache.path) as file:
        assert not file.all("SELECT 1 FROM kept_found WHERE contact = 40")
    assert_all_true(cache, held)
    assert kept(cache).keys() == counts.keys()


def test_it_is_found_out_anew_by_a_refresh_and_by_an_import(cache: Cache, held: dict[str, Contact]) -> None:
    cache.remember_lookup("id", "700", [looked_up := contact(700, **{"1": "Example Comfort"})])
    with cache.replacing(complete=False) as load:
        load.fields(FIELDS)
        load.contacts(held.values())
    held["700"] = looked_up
    assert_all_true(cache, held)
    new = [contact(number, **{"1": f"Customership{number}"}) for number in range(800, 1000)]
    list(import_contacts(cache.path, new))
    held |= {one.id: one for one in new}
    assert kept(cache)["contacts"]
    assert_all_true(cache, held)


def test_nothing_is_kept_of_a_few_contacts(cache: Cache) -> None:
    with cache.replacing(complete=True) as load:
        load.fields(FIELDS)
        load.contacts(contact(number) for number in range(1, 400))
    assert kept(cache) == {"contacts": 0}
