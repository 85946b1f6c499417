"""Finding contacts as one types: words in any order, each as a beginning, in any field or in one."""

import random
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from threading import Event
from unicodedata import combining, normalize

import pytest

from app.domain.model import Contact, Field, ListOrder
from app.store.catalog import Cache, replacing
from app.store.contacts import import_contacts, remember_lookup
from app.store.database import StoppedError
from app.store.erasure import forget_in_cache, person
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


def fill(cache: Cache, contacts: Iterable[Contact], *more: Field) -> Cache:
    with replacing(cache.path, True) as load:
        load.fields((*FIELDS, *more))
        load.contacts(contacts)
    return cache


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    with closing(Cache(tmp_path_factory.mktemp("filled") / "cache.db")) as cache:
        yield fill(cache, CONTACTS)


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
    found.count()
    assert ([row.id for row in found.rows(0, 50)], found.total) == (expected, len(expected))


def test_a_search_that_is_no_longer_wanted_stops(filled: Cache) -> None:
    stop = Event()
    found = filled.search_contacts("zoe c-1", stop=stop)
    stop.set()
    with pytest.raises(StoppedError):
        found.count()


def test_a_field_that_only_a_look_up_told_of_is_searched_too(cache: Cache) -> None:
    fill(cache, CONTACTS)
    remember_lookup(
        cache.path, "3", "sif@example.com", [Contact("5", "", {"3": "sif@example.com", "88": "golden hair"})]
    )
    assert (ids(cache, "gold"), ids(cache, "email:sif")) == (["5"], ["5"])


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
    cache: Cache, seed: int
) -> None:
    fill(cache, CONTACTS)
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    for _ in range(12):
        some = [random_contact(chance) for _ in range(chance.randrange(1, 8))]
        match chance.randrange(5):
            case 0:
                with replacing(cache.path, False) as load:
                    load.fields(FIELDS)
                    load.contacts(some)
            case 1:
                list(import_contacts(cache.path, some))
            case 2:
                remember_lookup(cache.path, "2", chance.choice(WORDS), some[:2])
            case 3:
                remember_lookup(cache.path, "id", some[0].id, [])
            case _:
                named = person("id", some[0].id, ())
                forget_in_cache(cache.path, named, [some[0].id])
        everybody = list(cache.contacts.containing("", 0))
        assert cache.state().contacts == len(everybody)
        for search in SEARCHES:
            found = [one.id for one in everybody if all(finds(one, word) for word in search.split())]
            rows = cache.search_contacts(search)
            rows.read_all()
            listed = [] if rows.similar else [row.id for row in rows.rows(0, 100)]
            assert listed == found, search


PEOPLE = (
    Contact("1", "aa", {"1": "Imogen", "2": "Fairweather", "15": "+44 7700 900511", "4711": "C-10006"}),
    Contact("2", "bb", {"1": "Jörg", "2": "Weiß", "15": "+49 (0)30 9018-20", "13": "AV2 1HT"}),
    Contact("3", "cc", {"1": "Søren", "2": "Ærøskøbing", "15": "07700 900622"}),
    Contact("4", "dd", {"1": "Łukasz", "2": "Źrebiński", "15": "+1 202 555 0143"}),
    Contact("5", "ee", {"1": "Ελένη", "2": "Παπαδογιάννης", "15": "0049.221.4710815"}),
    Contact("6", "ff", {"1": "Þór", "2": "Guðmundsson", "13": "000-0001", "15": "+353 1 901 2345"}),
    Contact("7", "gg", {"1": "Åsa", "2": "Mueller", "4711": "K/77.B-9", "15": "+4477009007331"}),
    Contact("8", "hh", {"1": "Işıl", "2": "Đorđević", "15": "(0221) 555 66-77"}),
)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    with closing(Cache(tmp_path_factory.mktemp("people") / "cache.db")) as cache:
        yield fill(cache, PEOPLE, Field("13", "ZIP Code"), Field("15", "Phone"))


def found(cache: Cache, typed: str) -> tuple[list[str], bool]:
    rows = cache.search_contacts(typed)
    rows.count()
    return [row.id for row in rows.rows(0, 50)], rows.similar


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        (2, "weiss jorg"), (2, "WEISS"), (2, "weiß joerg"), (2, "jörg"), (3, "soren"), (3, "soeren"),
        (3, "aeroskobing"), (3, "aeroeskoebing"), (3, "ærø"), (4, "lukasz zrebinski"), (4, "łuk źreb"),
        (5, "ελενη"), (5, "ΠΑΠΑΔΟΓΙΑΝΝΗΣ"), (6, "thor"), (6, "gudmundsson"), (6, "þór"), (7, "asa"),
        (7, "aasa"), (7, "müller"), (8, "isil"), (8, "dordevic"), (8, "IŞIL"),
    ],
)  # fmt: skip
def test_letters_are_found_as_people_type_them(people: Cache, number: int, typed: str) -> None:
    assert found(people, typed) == ([str(number)], False)


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        (1, "+447700900511"), (1, "07700 900511"), (1, "(07700) 900-511"), (1, "0044 7700 900 511"),
        (1, "7700900511"), (1, "447700900511"), (1, "+44 (0)7700/900.511"), (1, "imogen 07700 900511"),
        (1, "c10006"), (1, "C 10006"), (1, "c.10006"), (2, "av21ht"), (2, "AV2 1HT"), (2, "av2-1ht"),
        (2, "0309018"), (2, "+4930 901820"), (2, "030/9018-20"), (3, "+44 7700 900622"), (3, "07700-900622"),
        (4, "2025550143"), (4, "+1 (202) 555-0143"), (4, "001 202 5550143"), (5, "02214710815"),
        (5, "+492214710815"), (6, "0000001"), (6, "01 9012345"), (6, "00353 1901"), (7, "k77b9"), (7, "K77-B9"),
        (8, "022155566"), (8, "0221 5556677"), (8, "+49 221 5556677"),
        (1, "900511 10006"),
    ],
)  # fmt: skip
def test_numbers_and_codes_are_found_by_their_digits(people: Cache, number: int, typed: str) -> None:
    assert found(people, typed) == ([str(number)], False)


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        (1, "weather"), (1, "mogen weath"), (1, "Fairwether"), (1, "imogen fairwaether"), (1, "Imgoen"),
        (2, "eiß"), (3, "roskob"), (4, "lukaz"), (5, "γιαννησ"), (6, "gudmundson"), (7, "muellr"),
        (8, "dordevich"), (8, "first_name:iş ordevi"), (1, "Bairweather"), (1, "Fmogen"), (1, "miogen"), (1, "fimogem"),
    ],
)  # fmt: skip
def test_parts_and_slips_of_the_pen_are_found_as_similar(people: Cache, number: int, typed: str) -> None:
    assert found(people, typed) == ([str(number)], True)


@pytest.mark.parametrize("typed", ["zz", "qqqqqqq", "imogen qqqqqqq", "999999999", "last_name:weather", "q"])
def test_what_is_like_nothing_finds_nothing(people: Cache, typed: str) -> None:
    assert found(people, typed) == ([], False)


def test_similar_contacts_are_counted_sorted_and_read_in_full(people: Cache) -> None:
    rows = people.search_contacts("eather", ListOrder("name", True))
    rows.read_first()
    rows.count()
    rows.read_all()
    assert ([row.id for row in rows.rows(0, 5)], rows.total, rows.similar) == (["1"], 1, True)


def test_a_changed_contact_is_found_by_its_new_words_only(cache: Cache) -> None:
    fill(cache, PEOPLE)
    remember_lookup(cache.path, "id", "2", [Contact("2", "bb", {"2": "Groß"})])
    assert (found(cache, "gross"), found(cache, "weiss")) == ((["2"], False), ([], False))
