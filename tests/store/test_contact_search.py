"""Finding contacts as one types: words in any order, each as a beginning, in any field or in one."""

from threading import Event

import pytest

from app.domain.model import Contact, Field
from app.store.cache import Cache
from app.store.errors import StoppedError
from app.store.found_window import LaterWindow

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
    ("search", "ids"),
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
        ("first_name:zoe", ["1"]),
        ("firstname:zo", ["1"]),
        ("1:zoe", ["1"]),
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
def test_a_search_finds(filled: Cache, search: str, ids: list[str]) -> None:
    window = filled.contacts_window(search)
    assert [row.id for row in window.rows(0, 50)] == ids
    assert window.total == len(ids)


def test_of_several_words_the_rows_are_there_once_they_were_found_in_a_thread(filled: Cache) -> None:
    stop = Event()
    assert not isinstance(filled.contacts_window("zoe", stop=stop), LaterWindow)
    window = filled.contacts_window("zoe example", stop=stop)
    assert isinstance(window, LaterWindow)
    assert (window.rows(0, 50), window.total) == ([], None)
    window.prepare()
    assert [row.id for row in window.rows(0, 50)] == ["1", "3"]
    assert [window.position(row) for row in window.rows(0, 50)] == list(range(window.total or 0))
    stop.set()
    with pytest.raises(StoppedError):
        filled.contacts_window("zoe c-1", stop=stop).settle()


def test_a_field_that_only_a_look_up_told_of_is_searched_too(filled: Cache) -> None:
    filled.remember_lookup(
        "3", "sif@example.com", [Contact("5", "", {"3": "sif@example.com", "88": "golden hair"})]
    )
    assert [row.id for row in filled.contacts_window("gold").rows(0, 5)] == ["5"]
    assert [row.id for row in filled.contacts_window("email:sif").rows(0, 5)] == ["5"]
