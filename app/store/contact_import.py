"""Contacts from a file into a cache: in transactions of many, on a connection of their own."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from app.domain.model import Contact
from app.store.cache_file import opened
from app.store.contact_write import remember
from app.store.database import transaction

_BATCH = 1000


def import_contacts(path: Path, contacts: Iterable[Contact]) -> Iterator[int]:
    """Adds contacts, or what is new about them, marked as imported; the number so far, every 1000 and at the end.

    What was told is on the disk, also where it goes no further. Raises StoreError.
    """
    remaining = iter(contacts)
    done = 0
    with opened(path) as file:
        while batch := list(islice(remaining, _BATCH)):
            with file.guarded() as connection, transaction(connection):
                for contact in batch:
                    remember(connection, contact, "import")
            done += len(batch)
            yield done
