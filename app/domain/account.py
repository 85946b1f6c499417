"""What the rules ask of an account, answered by the sandbox's truth and by the cache."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Matches:
    """The contacts that a key finds, as far as an account knows.

    `ids` holds at most a few contact ids, two or more being as good as all; `complete`
    says that no other contact can match.
    """

    ids: tuple[str, ...]
    complete: bool


class Account(Protocol):
    """The events, fields and contacts of one side; None: not known here."""

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event."""

    def has_field(self, field_id: str) -> bool | None:
        """Whether the account has this contact field."""

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The contacts whose `key_id` (a field id, `id` or `uid`) holds `external_id`."""


class FieldNames(Protocol):
    """Whoever can name a field."""

    def field_name(self, field_id: str) -> str | None:
        """The name of a contact field; None where it is not known here."""


class Directory(Account, FieldNames, Protocol):
    """An account that also knows names: what advice needs beside the rules."""

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event; None where it is not known here."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """By which column, and which way; what has no value in it stands last either way.

    Ids in numeric order, texts with ASCII case ignored; equal ones by id, the same way.
    """

    column: str
    descending: bool = False
