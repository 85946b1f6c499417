"""A cache of the version before is opened with the contacts that no refresh would bring back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.model import Contact, Matches
from app.store.catalog import Cache, replacing
from app.store.contacts import remember_lookup
from app.store.database import open_database
from app.store.schema import CACHE
from tests.store.conftest import ids

VERSION_3 = """
PRAGMA application_id = 1413759841;
PRAGMA user_version = 3;
CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);
INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('cache', '0001'), ('cache', '0002'), ('cache', '0003');
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), refreshed_at INTEGER, complete INTEGER NOT NULL DEFAULT 0,
    source TEXT, contacts INTEGER NOT NULL DEFAULT 0
);
INSERT INTO state VALUES (1, 1790000000000000, 0, NULL, 4);
CREATE TABLE events (id TEXT PRIMARY KEY, name TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO events VALUES ('100', 'Purchase confirmed', 0);
CREATE TABLE fields (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, string_id TEXT NOT NULL, application_type TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO fields VALUES ('1', 'First Name', 'first_name', '', 0), ('3', 'E-Mail', 'email', '', 0);
CREATE TABLE origins (contact INTEGER PRIMARY KEY, origin TEXT NOT NULL);
INSERT INTO origins VALUES (14, 'lookup'), (99, 'import'), (4611686018427387904, 'import');
CREATE TABLE looked_up (key_id TEXT, value TEXT, PRIMARY KEY (key_id, value)) WITHOUT ROWID;
INSERT INTO looked_up VALUES ('3', 'sif@example.com');
CREATE TABLE contacts (
    number INTEGER PRIMARY KEY, id TEXT, uid TEXT NOT NULL, email TEXT, first_name TEXT, last_name TEXT
);
INSERT INTO contacts VALUES
    (11, NULL, 'uThor', 'Thor@example.com', 'Thor', NULL), (14, NULL, 'uSif', 'sif@example.com', 'Sif', NULL),
    (99, NULL, '', NULL, 'Zoë', NULL), (4611686018427387904, '007', x'eda080', NULL, NULL, NULL);
CREATE TABLE documents (number INTEGER PRIMARY KEY, fields TEXT NOT NULL);
INSERT INTO documents VALUES
    (11, '{"1":"Thor","3":"Thor@example.com"}'), (14, '{"1":"Sif","3":"sif@example.com"}'), (99, '{"1":"Zoë"}'),
    (4611686018427387904, '{}');
CREATE TABLE field_values (
    field_id TEXT, value TEXT, contact INTEGER, PRIMARY KEY (field_id, value, contact)
) WITHOUT ROWID;
CREATE TABLE anchors (number INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE search_columns (position INTEGER PRIMARY KEY, field_id TEXT NOT NULL);
CREATE TABLE kept_searches (search INTEGER PRIMARY KEY, word_column TEXT, beginning TEXT, until INTEGER);
CREATE TABLE kept_found (contact INTEGER, search INTEGER, PRIMARY KEY (contact, search)) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(contact_id, contact_uid, rest, content='', columnsize=0);
"""


@pytest.fixture
def file(home: Path) -> Path:
    home.mkdir()
    file = home / "cache.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(VERSION_3)
    return file


def test_all_contacts_of_a_real_account_are_there(file: Path) -> None:
    with closing(Cache(file)) as cache:
        assert ids(cache) == ["11", "14", "99", "007"]
        assert (ids(cache, "thor"), ids(cache, "email:SIF"), ids(cache, "zoe")) == (["11"], ["14"], ["99"])
        assert cache.contacts.get("11") == Contact("11", "uThor", {"1": "Thor", "3": "Thor@example.com"})
        assert cache.contacts.get("007") == Contact("007", "", {})
        assert cache.matches("3", "Sif@example.com") == Matches(("14",), True)
        assert cache.contacts.origins() == {"lookup": 1, "import": 2}
        assert (cache.state().contacts, cache.event_name("100")) == (4, "Purchase confirmed")


def test_those_that_were_looked_up_or_imported_stay_in_a_refresh(file: Path) -> None:
    with closing(Cache(file)) as cache:
        with replacing(cache.path, False) as load:
            load.contacts([Contact("007", "bond", {}), Contact("5", "", {})])
        assert ids(cache) == ["5", "14", "99", "007"]
        assert cache.contacts.get("007") == Contact("007", "bond", {})
        assert (cache.contacts.origins(), cache.state().contacts) == ({"lookup": 1, "import": 1}, 4)


def test_an_id_that_is_no_plain_number_is_found_again_by_a_look_up(file: Path) -> None:
    with closing(Cache(file)) as cache:
        remember_lookup(cache.path, "uid", "bond", [Contact("007", "bond", {})])
        assert ids(cache) == ["11", "14", "99", "007"]
        assert cache.matches("uid", "bond").ids == ("007",)


def test_the_cache_of_a_sandbox_is_emptied_to_be_refreshed(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE state SET complete = 1, source = 'some folder'")
        connection.commit()
    with closing(Cache(file)) as cache:
        state = cache.state()
        assert (state.refreshed_at, state.source, state.contacts, ids(cache)) == (None, None, 0, [])
        with replacing(cache.path, True, "some folder") as load:
            load.contacts([Contact("1", "", {})])
        assert ids(cache) == ["1"]


def test_the_contacts_of_version_4_are_found_by_folded_words(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with closing(open_database(path, CACHE._replace(steps=CACHE.steps[:4]))) as connection:
        connection.execute(
            """INSERT INTO contacts VALUES (7, '7', 'u', NULL, 'Weiß', '{"2": "Weiß"}', 'import')"""
        )
        connection.execute("UPDATE state SET contacts = 1")
    with closing(Cache(path)) as cache:
        assert (ids(cache, "weiss"), ids(cache, ""), cache.contacts.origins()) == (
            ["7"],
            ["7"],
            {"import": 1},
        )
