"""The contact that gets a trigger or got event data, and the fingerprints that find equal contacts and triggers.

A fingerprint is a 64-bit number, so that its index stays small for a million attempts. Two different values share one
with a probability of 1 in 10^19; the only consequence is a needless warning.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from app.domain.identifiers import bare
from app.domain.model import Contact, Field, JsonObject, TriggerRequest
from app.domain.text import sanitize

FIRST_NAME, LAST_NAME, EMAIL = "1", "2", "3"

_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_EXACT_WHOLE = 2**53


def normalize(key_id: str, value: str) -> str:
    """The value in the form used for comparison: lower case (ASCII) for field 3, unchanged for other fields."""
    if key_id != EMAIL:
        return value
    return value.lower() if value.isascii() else value.translate(_ASCII_LOWER)


def canonical_json(data: JsonObject | None) -> str:
    """Event data as JSON with sorted keys and the shortest form of each number; '' for None and `{}`."""
    return json.dumps(_plain_json(data), sort_keys=True, separators=(",", ":")) if data else ""


def contact_fingerprint(account: str, key_id: str, external_id: str) -> int:
    return _mark(account, key_id, normalize(key_id, external_id))


def request_fingerprint(account: str, request: TriggerRequest, data: str) -> int:
    """The fingerprint of account, event, contact key and `data`, which is in the form of `canonical_json`."""
    value = normalize(request.key_id, request.external_id)
    return _mark(account, request.key_id, value, request.event_id, data)


def _plain_json(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(member) for member in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_WHOLE:
        return int(value)
    return value


def _mark(*parts: str) -> int:
    return int.from_bytes(blake2b(framed(parts), digest_size=8).digest(), "big", signed=True)


def framed(parts: Sequence[str]) -> bytes:
    """The texts, each after its length, so that no two lists of texts look alike."""
    texts = [part.encode("utf-8", "replace") for part in parts]
    return b"".join(len(text).to_bytes(8, "big") + text for text in texts)


# Recipients


NAMED = 3
COUNTED = 1000


_CUSTOMER = {"customernumber", "customerno", "customerid", "customernr", "kundennummer"}


def customer_number(fields: Iterable[Field]) -> Field | None:
    """The field that holds the customer number, by its string id or name; accounts give it ids of their own."""
    return next(
        (one for one in fields if {plain_name(one.string_id), plain_name(one.name)} & _CUSTOMER), None
    )


def plain_name(name: str) -> str:
    """The letters and digits of the name of a field, in lower case."""
    return "".join(filter(str.isalnum, name.casefold()))


def contact_name(contact: Contact) -> str:
    names = [contact.fields.get(FIRST_NAME, ""), contact.fields.get(LAST_NAME, "")]
    return " ".join(name for name in names if name) or contact.fields.get(EMAIL, "")


class Recipient(NamedTuple):
    """The first few contacts that a key finds, their `total` up to COUNTED; `complete`: no other can have the value."""

    contacts: tuple[Contact, ...] = ()
    total: int = 0
    complete: bool = False

    @property
    def only(self) -> Contact | None:
        return self.contacts[0] if self.total == 1 else None

    @property
    def reachable(self) -> bool:
        return self.total == 1 or (self.total == 0 and not self.complete)


def shared_words(contacts: Sequence[Contact], total: int, field: str) -> str:
    names = [
        f"{sanitize(contact_name(one) or 'without a name', 60)} ({sanitize(one.id)})" for one in contacts
    ]
    cut = "+" if total >= COUNTED else ""
    rest = total - len(names[:NAMED])
    more = f" and {rest:,}{cut} more" if rest else ""
    return f"{total:,}{cut} contacts share this {field}: {', '.join(names[:NAMED])}{more}"


def nobody_words(field: str, *, complete: bool) -> str:
    return f"No contact has this {field}" if complete else "This contact is not in the local list"


class DataUse(NamedTuple):
    """Event data, the contact it was sent to or typed for, and when.

    `data` is in the form of `canonical_json`; an empty `external_id` means that there was no contact yet.
    """

    data: str
    key_id: str
    external_id: str
    contact: Contact | None
    at: datetime

    def is_for(self, request: TriggerRequest, contact: Contact | None) -> bool:
        if self.contact is not None and contact is not None:
            return self.contact.id == contact.id
        values = {bare(request.external_id)} | ({contact.value(self.key_id)} if contact else set())
        return normalize(self.key_id, bare(self.external_id)) in {
            normalize(self.key_id, value) for value in values
        }


def data_use_after(before: DataUse | None, now: DataUse, chosen: str) -> DataUse | None:
    """The use of the form's data after a change to `now`; `chosen` is the id of the chosen contact.

    Changed data is for the current recipient. Data typed before there was a recipient is for the first contact that the
    user chooses; a contact that matches while the user is still typing does not count.
    """
    if not now.data:
        return before
    if before is None or before.data != now.data:
        return now
    is_first = not before.external_id and now.contact is not None and now.contact.id == chosen
    return now if is_first else before
