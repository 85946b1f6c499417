"""Looks up the contacts of a batch in the cache at once."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.model import Contact, KeptContact
from app.domain.recipient import EMAIL
from app.store.cache_file import opened
from app.store.text import comparable, stored

MAX_SHARING = 100
"""The most contacts that are looked at for one value."""

_FOUND = f"""
SELECT wanted.key AS place, contacts.id, email, coalesce(name, email, '') AS name, (
    SELECT json_group_array(own.value) FROM json_each(json_insert(fields, '$.uid', uid)) AS own
    WHERE own.value != '' AND NOT EXISTS (
        SELECT 1 FROM field_values AS other WHERE field_id = own.key AND other.value = own.value AND contact != number
        AND (field_id = '{EMAIL}' OR other.value = own.value COLLATE BINARY)
    )
) AS keys FROM json_each(?2) AS wanted CROSS JOIN contacts ON number IN (
    SELECT contact FROM field_values AS same WHERE field_id = ?1 AND same.value = wanted.value
    AND (field_id = '{EMAIL}' OR same.value = wanted.value COLLATE BINARY) LIMIT {MAX_SHARING}
)
"""
"""The contacts with each of some values; `keys` are the values of a contact that no other one has."""


@dataclass(frozen=True, slots=True)
class FoundContacts:
    """The contacts that a key finds: none, one, or more that share the value; `kept` is the one.

    The contacts have no field but their e-mail address.
    """

    contacts: Sequence[Contact]
    complete: bool
    kept: KeptContact | None


def look_up(path: Path, key_id: str, values: Sequence[str]) -> list[FoundContacts]:
    """What the cache at a path knows of each value of a key field. Raises StoreError."""
    with opened(path) as file, file.guarded() as connection:
        found = connection.execute(_FOUND, (stored(key_id), json.dumps([stored(one) for one in values])))
        by_place: dict[int, list[sqlite3.Row]] = {}
        for row in found:
            by_place.setdefault(row["place"], []).append(row)
        complete = bool(connection.execute("SELECT complete FROM state").fetchone()[0])
        known = range(len(values)) if complete else _looked_up(connection, key_id, values)
        return [_found(by_place.get(place, ()), complete=place in known) for place in range(len(values))]


def _found(rows: Sequence[sqlite3.Row], *, complete: bool) -> FoundContacts:
    contacts = [Contact(row["id"], "", {EMAIL: row["email"] or ""}) for row in rows]
    kept = None
    if len(rows) == 1:
        keys = dict.fromkeys(json.loads(rows[0]["keys"]))
        kept = KeptContact(rows[0]["id"], rows[0]["name"], tuple(keys))
    return FoundContacts(contacts, complete, kept)


def _looked_up(connection: sqlite3.Connection, key_id: str, values: Sequence[str]) -> set[int]:
    """The places of the values that the account was asked for."""
    rows = connection.execute(
        "SELECT wanted.key FROM json_each(?2) AS wanted "
        "CROSS JOIN looked_up ON key_id = ?1 AND looked_up.value = wanted.value",
        (stored(key_id), json.dumps([comparable(key_id, value) for value in values])),
    )
    return {row[0] for row in rows}
