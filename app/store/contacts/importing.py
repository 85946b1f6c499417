"""Contacts from a file into a cache: in transactions of many, on a connection of their own."""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.domain.model import Contact
from app.store.cache_file import opened
from app.store.contacts.bulk import ContactBulk
from app.store.contacts.kept_answers import KeptAnswers
from app.store.contacts.rows import plain_number
from app.store.contacts.slow_searches import SlowSearches
from app.store.contacts.write import ContactTables, remember
from app.store.database import transaction
from app.store.windows import STEP

_BATCH = 25_000


def import_contacts(path: Path, contacts: Iterable[Contact]) -> Iterator[int]:
    """Adds contacts, or what is new about them, marked as imported; the number so far, every 25,000 and at the end.

    What was told is on the disk, also where it goes no further. Raises StoreError.
    """
    remaining = iter(contacts)
    done = 0
    with opened(path) as file:
        with file.guarded() as connection:
            bulk = ContactBulk(connection)
        while batch := list(islice(remaining, _BATCH)):
            with file.guarded() as connection, transaction(connection):
                KeptAnswers(connection).keep(())  # not true any more, and found anew at the end
                _add(connection, bulk, batch)
            done += len(batch)
            yield done
        with file.guarded() as connection, transaction(connection):
            ContactTables(connection).place_anchors(STEP)
            KeptAnswers(connection).keep(SlowSearches(connection).answers())


def _add(connection: sqlite3.Connection, bulk: ContactBulk, batch: Sequence[Contact]) -> None:
    """Adds the new ones all together; those that are there already, or stand here twice, one by one."""
    numbers = [plain_number(contact.id) for contact in batch]
    known = _known(connection, numbers)
    new: dict[int, Contact] = {}
    others: list[Contact] = []
    for number, contact in zip(numbers, batch, strict=True):
        if number is None or number in known or number in new:
            others.append(contact)
        else:
            new[number] = contact
    bulk.stage(new.items())
    connection.execute("UPDATE state SET contacts = contacts + ?", (bulk.spread(),))
    connection.executemany(
        "INSERT OR IGNORE INTO origins VALUES (?, 'import')", ((number,) for number in new)
    )
    _move_anchors(connection, sorted(new))
    for contact in others:
        remember(connection, contact, "import")


def _known(connection: sqlite3.Connection, numbers: Sequence[int | None]) -> frozenset[int]:
    found = connection.execute(
        "SELECT number FROM contacts WHERE number IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
    )
    return frozenset(row[0] for row in found)


def _move_anchors(connection: sqlite3.Connection, added: Sequence[int]) -> None:
    """Each anchor stands behind those that were added before it."""
    moved = [
        (bisect_left(added, row[0]), row[0])
        for row in connection.execute("SELECT number FROM anchors").fetchall()
    ]
    connection.executemany("UPDATE anchors SET position = position + ? WHERE number = ?", moved)
