"""The look-ups that rules and diagnoses make in an account; the sandbox and the cache both implement them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Matches:
    """The known contacts that a key finds.

    `ids` holds only the first few contact ids, since two already mean "several"; `complete` says that no other
    contact can match.
    """

    ids: tuple[str, ...]
    complete: bool


class Account(Protocol):
    """Events, fields and contacts; None means not known."""

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event."""

    def has_field(self, field_id: str) -> bool | None:
        """Whether the account has this contact field."""

    def matches(self, key_id: str, external_id: str) -> Matches:
        """The contacts whose `key_id` (a field id, `id` or `uid`) has the value `external_id`."""


class FieldNames(Protocol):
    """The names of contact fields."""

    def field_name(self, field_id: str) -> str | None:
        """The name of a contact field; None if it is not known."""


class Directory(Account, FieldNames, Protocol):
    """An account with the names of its events and fields."""

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event; None if it is not known."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """A column and a direction; rows without a value in the column come last either way.

    Ids sort numerically, texts without regard to ASCII case, and equal values by id in the same direction.
    """

    column: str
    descending: bool = False
