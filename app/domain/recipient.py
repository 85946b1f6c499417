"""The contact that gets a trigger, and the contact that event data was typed for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.fingerprint import normalize
from app.domain.identifiers import bare
from app.domain.model import Contact, Field, TriggerRequest
from app.domain.sanitize import sanitize

FIRST_NAME, LAST_NAME, EMAIL = "1", "2", "3"
NAMED = 3
COUNTED = 1000


_CUSTOMER = {"customernumber", "customerno", "customerid", "customernr", "kundennummer"}


def customer_number(fields: Iterable[Field]) -> Field | None:
    """The field that holds the customer number, by its string id or name; accounts give it ids of their own."""
    return next((one for one in fields if {_plain(one.string_id or ""), _plain(one.name)} & _CUSTOMER), None)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def contact_name(contact: Contact) -> str:
    """First and last name, or the e-mail address, or ''."""
    names = [contact.fields.get(FIRST_NAME, ""), contact.fields.get(LAST_NAME, "")]
    return " ".join(name for name in names if name) or contact.fields.get(EMAIL, "")


@dataclass(frozen=True, slots=True)
class Recipient:
    """The contacts that a key finds: the first few `contacts`, and their `total`, counted up to COUNTED.

    `complete` says that no other contact of the account can have the value.
    """

    contacts: tuple[Contact, ...] = ()
    total: int = 0
    complete: bool = False

    @property
    def only(self) -> Contact | None:
        """The contact, if the key finds exactly one."""
        return self.contacts[0] if self.total == 1 else None

    @property
    def reachable(self) -> bool:
        """Whether one contact can get the trigger: the one found, or one that is missing from the local list."""
        return self.total == 1 or (self.total == 0 and not self.complete)


def shared_words(contacts: Sequence[Contact], total: int, field: str) -> str:
    """A sentence that names the first few of `total` contacts that share a value of `field`."""
    names = [
        f"{sanitize(contact_name(one) or 'without a name', 60)} ({sanitize(one.id)})" for one in contacts
    ]
    cut = "+" if total >= COUNTED else ""
    rest = total - len(names[:NAMED])
    more = f" and {rest:,}{cut} more" if rest else ""
    return f"{total:,}{cut} contacts share this {field}: {', '.join(names[:NAMED])}{more}"


def nobody_words(field: str, *, complete: bool) -> str:
    """A sentence about a value of `field` that no known contact has."""
    return f"No contact has this {field}" if complete else "This contact is not in the local list"


@dataclass(frozen=True, slots=True)
class DataUse:
    """Event data, the contact it was sent to or typed for, and when.

    `data` is in the form of `canonical_json`; an empty `external_id` means that there was no contact yet.
    """

    data: str
    key_id: str
    external_id: str
    contact: Contact | None
    at: datetime

    def is_for(self, request: TriggerRequest, contact: Contact | None) -> bool:
        """Whether `request`, which finds `contact`, goes to the same person."""
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
