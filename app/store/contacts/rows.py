"""A contact as rows of the cache and back: the narrow row, the document, the values, the words.

One place for loading, look-ups and removal: the word index keeps no text, so what is taken out of it must be
exactly what was put in.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from app.domain.model import Contact
from app.store.text import Stored, comparable, restored, restored_or_none, searchable, stored, stored_or_null

FIRST_ODD = 1 << 62
"""Row numbers from here on belong to contacts whose id is no plain number."""

FIRST_NAME, LAST_NAME, EMAIL = "1", "2", "3"
NAME = f"{FIRST_NAME} {LAST_NAME}"
"""No field has such an id: under it stands the name as it is shown, by which contacts are sorted."""

NARROW = "number, id, uid, email, first_name, last_name"

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class ContactRow(NamedTuple):
    """What a list of contacts shows of one; '' for what the contact has not."""

    id: str
    uid: str
    email: str
    first_name: str
    last_name: str


def plain_number(contact_id: str) -> int | None:
    """The row number of an id that is a plain number, without leading zeros; None for any other id."""
    if not (contact_id.isascii() and contact_id.isdigit()) or len(contact_id) > 18:
        return None
    number = int(contact_id)
    return number if str(number) == contact_id else None


def narrow_values(number: int, contact: Contact) -> tuple[int, *tuple[Stored | None, ...]]:
    """The columns NARROW; the id is left out where the number says it."""
    fields = contact.fields
    return (
        number,
        None if number < FIRST_ODD else stored(contact.id),
        stored(contact.uid),
        stored_or_null(fields.get(EMAIL)),
        stored_or_null(fields.get(FIRST_NAME)),
        stored_or_null(fields.get(LAST_NAME)),
    )


def document(contact: Contact) -> str:
    """Every value by its field id, as JSON; lone surrogates are escaped."""
    text = _COMPACT.encode(contact.fields)
    return text if searchable(text) == text else json.dumps(contact.fields, separators=(",", ":"))


def value_rows(number: int, contact: Contact) -> Iterator[tuple[Stored, Stored, int]]:
    """(field id, value, number) for each exact look-up that must find the contact; empty values find nobody."""
    for field_id, value in contact.fields.items():
        if value:
            yield stored(field_id), comparable(field_id, value), number
    name = f"{contact.value(FIRST_NAME)} {contact.value(LAST_NAME)}".strip(" ")
    if name:
        yield NAME, comparable(EMAIL, name), number
    if contact.uid:
        yield "uid", stored(contact.uid), number
    if number >= FIRST_ODD:
        yield "id", stored(contact.id), number


def word_columns(field_ids: Sequence[str]) -> Mapping[str, int]:
    """The place of each field's column among the values of `word_values`."""
    return {field_id: place for place, field_id in enumerate(field_ids, start=2)}


def word_values(contact: Contact, columns: Mapping[str, int]) -> list[str | None]:
    """The columns of the word index: id, uid, the fields that have a column, and all others in one."""
    values: list[str | None] = [None] * (len(columns) + 3)
    values[0], values[1] = searchable(contact.id), searchable(contact.uid)
    rest = []
    for field_id, text in contact.fields.items():
        place = columns.get(field_id)
        if place is None:
            rest.append((field_id, searchable(text)))
        else:
            values[place] = searchable(text)
    values[-1] = " ".join(text for _, text in sorted(rest)) or None
    return values


def row_id(row: sqlite3.Row) -> str:
    """The contact id of a row with `number` and `id`."""
    return str(row["number"]) if row["id"] is None else restored(row["id"])


def narrow_row(row: sqlite3.Row) -> ContactRow:
    """A ContactRow from the columns NARROW."""
    return ContactRow(
        row_id(row),
        restored(row["uid"]),
        restored_or_none(row["email"]) or "",
        restored_or_none(row["first_name"]) or "",
        restored_or_none(row["last_name"]) or "",
    )


def whole_contact(row: sqlite3.Row) -> Contact:
    """A Contact from the columns NARROW and the document's `fields`."""
    fields: Mapping[str, str] = json.loads(row["fields"])
    return Contact(row_id(row), restored(row["uid"]), fields)
