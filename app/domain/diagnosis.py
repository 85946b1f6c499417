"""A remedy as a value: words for a person, and what it changes in the form, so that one key can do it.

Nothing here sends: a remedy changes what would be sent, or asks the account what it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from app.domain.model import Contact, ExternalEvent, TriggerRequest


@dataclass(frozen=True, slots=True)
class FormPatch:
    """What becomes of the form; None leaves a part of it as it is."""

    event_id: str | None = None
    key_id: str | None = None
    external_id: str | None = None

    def applied(self, request: TriggerRequest) -> TriggerRequest:
        """The request that the form would make after this change."""
        return replace(
            request,
            event_id=request.event_id if self.event_id is None else self.event_id,
            key_id=request.key_id if self.key_id is None else self.key_id,
            external_id=request.external_id if self.external_id is None else self.external_id,
        )


class Fetch(Enum):
    """What to ask the account for: everything, or the contacts that the form's key finds."""

    REFRESH = "refresh"
    LOOK_UP = "look up"


@dataclass(frozen=True, slots=True)
class QuickFix:
    """One thing to do: `words` fit on a button, such as `use contact id 12`.

    `contact` is whom the trigger goes to after the change; None if that is nobody, several, or as before.
    """

    words: str
    change: FormPatch | Fetch
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The likely cause and what to do about it, in words, and the remedies that can be had on a key, the best first."""

    words: str
    remedies: tuple[QuickFix, ...] = ()


REFRESH = QuickFix("refresh", Fetch.REFRESH)
LOOK_UP = QuickFix("look the contact up", Fetch.LOOK_UP)


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """The one contact that has a value in the key field `key_id`."""

    key_id: str
    contact_id: str


class Clues(Protocol):
    """What helps to find a cause, beyond what the rules ask: everything as far as it is known here."""

    def holders(self, value: str) -> Sequence[FieldMatch]:
        """The key fields in which exactly one contact has this value, with that contact."""

    def variants(self, key_id: str, value: str) -> Sequence[str]:
        """Values of this key field that differ from `value` only by case or by blanks around them."""

    def fields_called(self, name: str) -> Sequence[str]:
        """The ids of the fields with this name or string id, case ignored."""

    def events_called(self, name: str) -> Sequence[ExternalEvent]:
        """The events of the account with this name, case ignored."""

    def name_elsewhere(self, event_id: str) -> str | None:
        """The name that an event of this id has on another account."""


class NoClues:
    """Clues where there are none."""

    def holders(self, value: str) -> Sequence[FieldMatch]:  # noqa: ARG002
        """None."""
        return ()

    def variants(self, key_id: str, value: str) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()

    def fields_called(self, name: str) -> Sequence[str]:  # noqa: ARG002
        """None."""
        return ()

    def events_called(self, name: str) -> Sequence[ExternalEvent]:  # noqa: ARG002
        """None."""
        return ()

    def name_elsewhere(self, event_id: str) -> str | None:  # noqa: ARG002
        """None."""
        return None
