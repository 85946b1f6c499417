"""What the cache knows of an account, what it says when it does not know, and what a refresh may lose."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.model import Contact, ExternalEvent, Field, Matches
from app.store.catalog import Cache, CacheState, replacing
from app.store.contacts import remember_lookup, storable
from app.store.database import StoreError
from tests.store.conftest import ids

EVENTS = (ExternalEvent("100", "Purchase confirmed"), ExternalEvent("20", "Password reset"))
FIELDS = (
    Field("3", "E-Mail", "email", "email"),
    Field("1", "First Name", "first_name"),
    Field("2", "Last Name", "last_name"),
    Field("4711", "Customer number", "customer_no"),
)
THOR = Contact("11", "uThor", {"3": "Thor@example.com", "1": "Thor", "2": "Odinson", "4711": "007"})
TWINS = tuple(Contact(str(n), f"uTwin{n}", {"3": "twin@example.com", "1": "Twin"}) for n in (13, 12))
NAMELESS = Contact("9", "", {})


def fill(cache: Cache, *contacts: Contact, complete: bool = True, source: str | None = None) -> None:
    with replacing(cache.path, complete, source) as load:
        load.events(EVENTS)
        load.fields(FIELDS)
        if contacts:
            load.contacts(contacts)


def found(cache: Cache, key_id: str, value: str) -> tuple[str, ...]:
    return cache.matches(key_id, value).ids


# Before and after a refresh


def test_an_empty_cache_knows_nothing_and_says_so(cache: Cache) -> None:
    assert cache.state() == CacheState(None, False, 0, 0, 0)
    assert cache.has_event("100") is None
    assert cache.has_field("3") is None
    assert cache.matches("3", "thor@example.com") == Matches((), False)
    assert (cache.event_name("100"), cache.field_name("3")) == (None, None)
    assert (cache.contacts.get("11"), cache.fields(), list(cache.contacts.containing("", 0))) == (
        None,
        (),
        [],
    )


def test_a_refresh_is_known_whole(cache: Cache) -> None:
    fill(cache, THOR, *TWINS, NAMELESS, source="folder 1")
    state = cache.state()
    assert state.refreshed_at is not None
    assert (state.complete, state.events, state.fields, state.contacts, state.source) == (
        True,
        2,
        4,
        4,
        "folder 1",
    )
    assert (cache.has_event("100"), cache.has_event("999"), cache.has_event("0100")) == (True, False, False)
    assert (cache.has_field("4711"), cache.has_field("email")) == (True, False)
    assert (cache.event_name("20"), cache.field_name("3")) == ("Password reset", "E-Mail")
    assert [field.id for field in cache.fields()] == ["1", "2", "3", "4711"]
    assert cache.fields()[2] == FIELDS[0]


def test_it_is_still_known_after_a_restart(cache: Cache, home: Path) -> None:
    fill(cache, THOR)
    with closing(Cache(home / "cache.db")) as again:
        assert again.contacts.get("11") == THOR


def test_what_has_vanished_from_the_account_keeps_its_name(cache: Cache) -> None:
    fill(cache, THOR)
    with replacing(cache.path, True) as load:
        load.events(EVENTS[1:])
    assert (cache.has_event("100"), cache.event_name("100")) == (False, "Purchase confirmed")
    assert (cache.has_field("3"), cache.field_name("3")) == (False, "E-Mail")
    assert ([event.id for event in cache.list_events("", 0)], cache.fields()) == (["20"], ())
    assert cache.state().contacts == 0


# Exact look-ups


@pytest.mark.parametrize(
    ("key_id", "value", "ids"),
    [
        ("3", "thor@example.com", ("11",)),
        ("3", "THOR@EXAMPLE.COM", ("11",)),
        ("3", " thor@example.com", ()),
        ("3", "twin@example.com", ("12", "13")),
        ("4711", "007", ("11",)),
        ("4711", "7", ()),
        ("1", "Thor", ("11",)),
        ("1", "thor", ()),
        ("1", "", ()),
        ("id", "11", ("11",)),
        ("id", "011", ()),
        ("id", "999999", ()),
        ("id", "", ()),
        ("uid", "uThor", ("11",)),
        ("uid", "uthor", ()),
        ("uid", "", ()),
        ("99", "anything", ()),
        ("", "", ()),
        ("\ud800", "\udfff", ()),
    ],
)
def test_values_are_compared_as_the_endpoint_compares_them(
    cache: Cache, key_id: str, value: str, ids: tuple[str, ...]
) -> None:
    fill(cache, THOR, *TWINS, NAMELESS)
    assert cache.matches(key_id, value) == Matches(ids, True)
    assert tuple(contact.id for contact in cache.contacts.find(key_id, value, 10)) == ids


def test_field_3_ignores_the_case_of_ascii_letters_alone(cache: Cache) -> None:
    fill(cache, Contact("1", "", {"3": "ÄRGER@example.com"}))
    assert found(cache, "3", "Ärger@EXAMPLE.com") == ("1",)
    assert found(cache, "3", "ärger@example.com") == ()


def test_a_value_shared_by_many_names_the_first_few_in_numeric_order(cache: Cache) -> None:
    fill(cache, *(Contact(str(n), "", {"5": "same"}) for n in range(120, 0, -1)))
    assert found(cache, "5", "same") == ("1", "2", "3", "4", "5", "6")
    assert [contact.id for contact in cache.contacts.find("5", "same", 2)] == ["1", "2"]
    assert [cache.contacts.count("5", "same", limit) for limit in (1, 99, 1000)] == [1, 99, 120]


def test_ids_that_are_not_plain_numbers_come_after_all_that_are(cache: Cache) -> None:
    odd = ("007", "9" * 30, "abc", "-5", "٣")
    fill(cache, *(Contact(name, f"u{name}", {"1": "odd"}) for name in ("0", *odd)), Contact("7", "u7", {}))
    assert [found(cache, "id", name) for name in odd] == [(name,) for name in odd]
    assert [found(cache, "uid", f"u{name}") for name in odd] == [(name,) for name in odd]
    everybody = ids(cache)
    assert everybody[:2] == ["0", "7"]
    assert sorted(everybody[2:]) == sorted(odd)
    assert ids(cache, "odd") == [name for name in everybody if name != "7"]
    assert [contact.id for contact in cache.contacts.find("1", "odd", 9)] == ids(cache, "odd")


def test_many_are_loaded_in_any_order_and_in_pieces(cache: Cache) -> None:
    numbers = [number * 37 % 101 for number in range(1, 101)]
    contacts = [Contact(str(n), f"u{n}", {"1": f"Name{n % 3}", "3": f"{n}@example.com"}) for n in numbers]
    with replacing(cache.path, True) as load:
        load.fields(FIELDS)
        for start in range(0, 100, 10):
            load.contacts(contacts[start : start + 10])
            load.contacts([Contact(contacts[start].id, "again", {"1": "Later"})])
    assert [contact.id for contact in cache.contacts.containing("", 0)] == [str(n) for n in range(1, 101)]
    assert all(cache.contacts.get(contact.id) == contact for contact in contacts)
    assert all(found(cache, key, contact.fields[key]) for contact in contacts for key in ("1", "3"))
    assert found(cache, "1", "Name1") == ("1", "4", "7", "10", "13", "16")
    assert (found(cache, "uid", "u100"), found(cache, "1", "Later")) == (("100",), ())
    assert ids(cache, "name2") == [str(n) for n in range(2, 101, 3)]


def test_of_two_contacts_with_one_id_the_first_counts(cache: Cache) -> None:
    later = Contact("11", "other", {"3": "other@example.com"})
    with replacing(cache.path, True) as load:
        load.contacts([THOR, later])
        load.contacts([*TWINS, later])
        load.contacts([Contact("5", "", {}), later, Contact("x", "first", {}), Contact("x", "second", {})])
    assert cache.contacts.get("11") == THOR
    assert found(cache, "3", "other@example.com") == ()
    assert cache.state().contacts == 5
    assert ids(cache) == ["5", "11", "12", "13", "x"]
    assert [found(cache, "uid", uid) for uid in ("first", "second")] == [("x",), ()]


text = st.text(st.characters(), max_size=12)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    uid=text,
    fields=st.dictionaries(text.filter(lambda name: name not in ("id", "uid")), text, max_size=5),
    search=text,
)
def test_any_contact_comes_back_equal_but_for_what_is_no_text_and_no_search_fails(
    cache: Cache, uid: str, fields: dict[str, str], search: str
) -> None:
    contact = Contact("1", uid, fields)
    with replacing(cache.path, True) as load:
        load.fields([Field(name, name) for name in sorted(fields)[:2]])
        load.contacts([contact])
    kept = {storable(key): storable(value) for key, value in fields.items()}
    assert cache.contacts.get("1") == Contact("1", storable(uid), kept)
    for key_id, value in (*kept.items(), ("uid", uid)):
        assert found(cache, key_id, value) == (("1",) if value else ())
    for words in (search, *fields, *fields.values(), ":".join(fields)):
        assert len(ids(cache, words)) <= 1
    remember_lookup(cache.path, "3", "a@example.com", [Contact("1", "changed", {"3": "a@example.com"})])
    assert found(cache, "uid", "changed") == ("1",)


# Partial


def test_a_partial_cache_knows_only_what_was_looked_up(cache: Cache) -> None:
    fill(cache, THOR, complete=False)
    assert cache.matches("3", "thor@example.com") == Matches(("11",), False)
    assert cache.matches("3", "nobody@example.com") == Matches((), False)
    remember_lookup(cache.path, "3", "NOBODY@example.com", [])
    assert cache.matches("3", "nobody@EXAMPLE.com") == Matches((), True)
    assert cache.matches("1", "nobody@example.com") == Matches((), False)


def test_what_a_look_up_found_joins_the_cache(cache: Cache) -> None:
    fill(cache, THOR, complete=False)
    sif = Contact("14", "uSif", {"3": "sif@example.com", "1": "Sif", "77": "unheard of"})
    remember_lookup(cache.path, "3", "sif@example.com", [sif])
    assert cache.matches("3", "sif@example.com") == Matches(("14",), True)
    assert cache.contacts.get("14") == sif
    assert cache.state().contacts == 2
    assert ids(cache, "unhe sif") == ["14"]


def test_a_look_up_that_tells_less_forgets_nothing_and_what_it_tells_counts(cache: Cache) -> None:
    fill(cache, THOR, complete=False)
    remember_lookup(cache.path, "4711", "007", [Contact("11", "", {"1": "Donar"})])
    assert cache.contacts.get("11") == Contact("11", "uThor", {**THOR.fields, "1": "Donar"})
    assert (found(cache, "1", "Thor"), found(cache, "1", "Donar")) == ((), ("11",))
    assert (ids(cache, "donar"), ids(cache, "thor odinson"), ids(cache, "first_name:thor")) == (
        ["11"],
        ["11"],
        [],
    )


def test_a_contact_found_by_a_value_has_that_value(cache: Cache) -> None:
    remember_lookup(cache.path, "4711", "008", [Contact("15", "", {"1": "Loki"})])
    remember_lookup(cache.path, "uid", "uLoki", [Contact("15", "", {})])
    assert cache.contacts.get("15") == Contact("15", "uLoki", {"1": "Loki", "4711": "008"})


@pytest.mark.parametrize(
    ("key_id", "value", "left"),
    [
        ("3", "thor@example.com", Contact("11", "uThor", {"1": "Thor", "2": "Odinson", "4711": "007"})),
        ("uid", "uThor", Contact("11", "", THOR.fields)),
        ("id", "11", None),
    ],
)
def test_a_contact_that_a_look_up_no_longer_finds_loses_the_value(
    cache: Cache, key_id: str, value: str, left: Contact | None
) -> None:
    fill(cache, THOR, complete=False)
    remember_lookup(cache.path, key_id, value, [])
    assert cache.matches(key_id, value) == Matches((), True)
    assert cache.contacts.get("11") == left
    assert cache.state().contacts == (1 if left else 0)
    assert len(ids(cache)) == cache.state().contacts


def test_looked_up_contacts_survive_a_partial_refresh_but_not_a_complete_one(cache: Cache) -> None:
    fill(cache, THOR, complete=False)
    odd = Contact("0815", "uOdd", {"3": "odd@example.com"})
    sif = Contact("14", "uSif", {"3": "sif@example.com"})
    remember_lookup(cache.path, "3", "odd@example.com", [odd])
    remember_lookup(cache.path, "3", "sif@example.com", [sif])
    newer = Contact("14", "uSif", {"3": "sif@example.org"})
    for _ in range(2):
        fill(cache, Contact("0099", "", {}), newer, complete=False)
        assert (ids(cache)[0], {*ids(cache)}) == ("14", {"14", "0099", "0815"})
        assert (cache.contacts.get("0815"), cache.contacts.get("14")) == (odd, newer)
        assert cache.matches("3", "odd@example.com") == Matches(("0815",), False)
        assert ids(cache, "odd@example") == ["0815"]
    fill(cache, newer)
    assert ids(cache) == ["14"]


def test_a_partial_refresh_without_contacts_keeps_those_there_are(cache: Cache) -> None:
    remember_lookup(cache.path, "3", "thor@example.com", [THOR])
    fill(cache, complete=False)
    assert cache.contacts.get("11") == THOR
    assert cache.state().contacts == 1
    assert cache.matches("3", "thor@example.com") == Matches(("11",), False)


# Filling


def test_a_refresh_that_fails_leaves_the_old_contents_whole(cache: Cache, home: Path) -> None:
    fill(cache, THOR, source="one")
    before = cache.state()

    def cut_off() -> None:
        with replacing(cache.path, True, "two") as load:
            load.events(())
            load.contacts(TWINS)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        cut_off()
    assert cache.state() == before
    assert cache.contacts.get("11") == THOR
    assert [file.name for file in home.iterdir() if "refreshing" in file.name] == []


def test_the_old_contents_are_there_until_the_new_ones_are(cache: Cache) -> None:
    fill(cache, THOR)
    with replacing(cache.path, True) as load:
        load.contacts(TWINS)
        assert found(cache, "3", "thor@example.com") == ("11",)
        assert ids(cache) == ["11"]
    assert found(cache, "3", "thor@example.com") == ()
    assert ids(cache) == ["12", "13"]


def test_two_refreshes_at_once_are_refused(cache: Cache, home: Path) -> None:
    with (
        closing(Cache(home / "cache.db")) as another,
        replacing(cache.path, True),
        pytest.raises(StoreError, match="Another refresh"),
    ):
        fill(another, TWINS[0])
    fill(cache, THOR)


def test_a_refresh_may_run_in_another_thread(cache: Cache) -> None:
    thread = threading.Thread(target=fill, args=(cache, THOR))
    thread.start()
    thread.join()
    assert found(cache, "id", "11") == ("11",)


def test_looking_up_is_possible_while_a_refresh_is_under_way_and_is_not_lost(cache: Cache) -> None:
    with replacing(cache.path, False) as load:
        load.contacts(TWINS)
        remember_lookup(cache.path, "3", "thor@example.com", [THOR])
        load.contacts([NAMELESS])
    assert ids(cache) == ["9", "11", "12", "13"]


# Damage


def test_a_cache_that_is_no_database_is_replaced_and_what_was_there_is_kept(home: Path) -> None:
    home.mkdir()
    (home / "cache.db").write_bytes(b"a letter " * 1000)
    with closing(Cache(home / "cache.db")) as cache:
        assert cache.state().refreshed_at is None
    (aside,) = home.glob("cache.db.damaged-*")
    assert aside.read_bytes() == b"a letter " * 1000


def test_a_truncated_cache_is_emptied(home: Path) -> None:
    with closing(Cache(home / "cache.db")) as cache:
        fill(cache, THOR)
    (home / "cache.db").write_bytes((home / "cache.db").read_bytes()[:9000])
    with closing(Cache(home / "cache.db")) as cache:
        assert cache.state() == CacheState(None, False, 0, 0, 0)
        fill(cache, THOR)
        assert cache.contacts.get("11") == THOR
    assert list(home.glob("*damaged*")) == []


def test_damage_that_shows_later_empties_the_cache_and_says_so(home: Path) -> None:
    with closing(Cache(home / "cache.db")) as cache:
        fill(cache, *(Contact(str(n), f"u{n}", {"1": "x" * 100}) for n in range(500)))
    whole = (home / "cache.db").read_bytes()
    (home / "cache.db").write_bytes(whole[:4096] + b"\xaa" * (len(whole) - 4096))
    with closing(Cache(home / "cache.db")) as cache:
        with pytest.raises(StoreError, match="was damaged and has been emptied"):
            ids(cache)
        assert cache.state() == CacheState(None, False, 0, 0, 0)
        fill(cache, THOR)
        assert ids(cache) == ["11"]


def test_a_cache_of_another_program_is_refused(home: Path) -> None:
    home.mkdir()
    with closing(sqlite3.connect(home / "cache.db")) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    with pytest.raises(StoreError, match="another program"):
        Cache(home / "cache.db")


def test_a_full_disk_stops_the_refresh_and_keeps_the_old_contents(cache: Cache) -> None:
    fill(cache, THOR)
    many = [Contact(str(n), "", {"1": "x" * 1000}) for n in range(500)]

    def overflow() -> None:
        with replacing(cache.path, True) as load:
            load.contacts(many)
            with load.file.guarded() as connection:
                pages = connection.execute("PRAGMA page_count").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {pages + 10}")

    with pytest.raises(StoreError, match="disk is full"):
        overflow()
    assert cache.contacts.get("11") == THOR


# Lists


def test_lists_stand_in_numeric_order_and_contain_the_text(cache: Cache) -> None:
    fill(cache, THOR, *TWINS, Contact("2", "", {"2": "Straße"}))
    assert [event.id for event in cache.list_events("", 0)] == ["20", "100"]
    assert [event.id for event in cache.list_events("PASS", 5)] == ["20"]
    assert [field.id for field in cache.list_fields("name", 0)] == ["1", "2"]
    assert [field.id for field in cache.list_fields("", 3)] == ["1", "2", "3"]
    assert [contact.id for contact in cache.contacts.containing("", 0)] == ["2", "11", "12", "13"]
    assert [contact.id for contact in cache.contacts.containing("WIN@exam", 0)] == ["12", "13"]
    assert [contact.id for contact in cache.contacts.containing("e", 2)] == ["2", "11"]
    assert [contact.id for contact in cache.contacts.containing("raß", 0)] == ["2"]
    assert [contact.id for contact in cache.contacts.containing('"', 0)] == []
    assert [contact.id for contact in cache.contacts.containing("_", 0)] == []
    assert [contact.id for contact in cache.contacts.containing("1", 0)] == ["11", "12", "13"]
    assert [contact.id for contact in cache.contacts.containing("uthor", 0)] == ["11"]
