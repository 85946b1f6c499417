"""The contacts of a batch are looked up at once, and are what looking each up alone finds."""

import pytest

from app.domain.model import Contact, KeptContact
from app.store.bulk_contacts import look_up
from app.store.catalog import Cache, replacing
from app.store.contacts import remember_lookup

THOR = Contact("11", "uThor", {"3": "Thor@example.com", "1": "Thor", "2": "Odinson", "4711": "007"})
TWINS = tuple(Contact(str(n), f"uTwin{n}", {"3": "twin@example.com", "1": "Twin"}) for n in (12, 13))
OTHERS = (
    Contact("9", "", {}),
    Contact("14", "UTHOR", {"1": "thor", "2": "Odinson", "3": "\u00fcser@example.com"}),
    Contact("15", "u15", {"1": "Thor", "3": 'quo"te\ud83d@example.com', "37": "+44 7700 900930"}),
)
VALUES = {
    "3": ["THOR@EXAMPLE.COM", "twin@example.com", "nobody@example.com", "", "\u00fcser@example.com", "\u00dcSER@example.com"],
    "1": ["Thor", "thor", "THOR", "Twin"],
    "4711": ["007", "7"],
    "uid": ["uThor", "UTHOR", "uthor"],
    "id": ["9", "15", "99"],
}  # fmt: skip


@pytest.mark.parametrize("key_id", VALUES)
def test_each_value_finds_what_it_finds_alone(key_id: str, cache: Cache) -> None:
    with replacing(cache.path, complete=True) as load:
        load.contacts([THOR, *TWINS, *OTHERS])
    found = look_up(cache.path, key_id, VALUES[key_id])
    for value, one in zip(VALUES[key_id], found, strict=True):
        alone = cache.contacts.find(key_id, value, 100)
        assert [(contact.id, contact.value("3")) for contact in one.contacts] == [
            (contact.id, contact.value("3")) for contact in alone
        ]
        assert (one.complete, one.kept) == (True, cache.contacts.kept(key_id, value))


def test_the_one_contact_is_kept_with_the_values_that_no_other_has(cache: Cache) -> None:
    with replacing(cache.path, complete=True) as load:
        load.contacts([THOR, *TWINS, *OTHERS])
    (found,) = look_up(cache.path, "3", ["thor@example.com"])
    assert found.kept == KeptContact("11", "Thor Odinson", ("Thor@example.com", "007", "uThor"))


def test_only_values_that_were_looked_up_are_known_whole_in_a_part_of_an_account(cache: Cache) -> None:
    with replacing(cache.path, complete=False) as load:
        load.contacts([THOR])
    remember_lookup(cache.path, "3", "New@example.com", [])
    found = look_up(cache.path, "3", ["thor@example.com", "NEW@example.com", "other@example.com"])
    assert [(len(one.contacts), one.complete) for one in found] == [(1, False), (0, True), (0, False)]
