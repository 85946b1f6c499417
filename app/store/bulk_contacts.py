"""Looks up the contacts of a batch in the cache at once."""

import json
import sqlite3
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.model import Contact, KeptContact, Matches
from app.domain.recipient import EMAIL, contact_name
from app.store.cache_file import opened
from app.store.contacts import storable
from app.store.text import comparable, stored

_FOUND = """
SELECT wanted.key AS place, contacts.id, uid, fields FROM json_each(?2) AS wanted
CROSS JOIN field_values ON field_id = ?1 AND field_values.value = wanted.value{exact} JOIN contacts ON number = contact
"""

_ALONE = """
SELECT field.key, wanted.value FROM json_each(?) AS field, json_each(field.value) AS wanted
WHERE 1 = (SELECT count(*) FROM (SELECT 1 FROM field_values WHERE field_id = field.key
AND field_values.value = wanted.value AND (field_id = '3' OR field_values.value = wanted.value COLLATE BINARY) LIMIT 2))
"""


@dataclass(frozen=True, slots=True)
class FoundContacts:
    """The contacts that a key finds: none, one, or more that share the value; `kept` is the one."""

    contacts: list[Contact] = field(default_factory=list)
    complete: bool = False
    kept: KeptContact | None = None

    @property
    def matches(self) -> Matches:
        return Matches(tuple(contact.id for contact in self.contacts[:2]), self.complete)


def look_up(path: Path, key_id: str, values: Sequence[str]) -> list[FoundContacts]:
    """What the cache at a path knows of each value of a key field. Raises StoreError."""
    with opened(path) as file, file.guarded() as connection:
        binary = "" if key_id == EMAIL else " AND field_values.value = wanted.value COLLATE BINARY"
        found: list[list[Contact]] = [[] for _ in values]
        wanted = json.dumps([stored(value) for value in values])
        for row in connection.execute(_FOUND.format(exact=binary), (stored(key_id), wanted)):
            found[row["place"]].append(Contact(row["id"], row["uid"], json.loads(row["fields"])))
        complete = bool(connection.execute("SELECT complete FROM state").fetchone()[0])
        known = _looked_up(connection, key_id, values)
        alone = _alone(connection, [contacts[0] for contacts in found if len(contacts) == 1])
        return [
            FoundContacts(
                contacts,
                complete or comparable(key_id, value) in known,
                _kept(contacts[0], alone) if len(contacts) == 1 else None,
            )
            for value, contacts in zip(values, found, strict=True)
        ]


def _looked_up(connection: sqlite3.Connection, key_id: str, values: Sequence[str]) -> set[str]:
    rows = connection.execute(
        "SELECT looked_up.value FROM json_each(?2) AS wanted "
        "CROSS JOIN looked_up ON key_id = ?1 AND looked_up.value = wanted.value",
        (stored(key_id), json.dumps([comparable(key_id, value) for value in values])),
    )
    return {row[0] for row in rows}


def _alone(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> set[tuple[str, str]]:
    """The keys and values of these contacts that no other contact shares."""
    wanted: dict[str, list[str]] = {}
    for contact in contacts:
        for key_id, value in _keys(contact):
            wanted.setdefault(key_id, []).append(value)
    return {(row[0], row[1]) for row in connection.execute(_ALONE, (json.dumps(wanted),))}


def _keys(contact: Contact) -> list[tuple[str, str]]:
    return [(key_id, storable(value)) for key_id, value in (*contact.fields.items(), ("uid", contact.uid))]


def _kept(contact: Contact, alone: Set[tuple[str, str]]) -> KeptContact:
    values = dict.fromkeys(value for key_id, value in _keys(contact) if (key_id, value) in alone)
    return KeptContact(contact.id, contact_name(contact), tuple(values))
