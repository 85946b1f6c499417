"""A small account written by hand, for the rules: what it knows and what it does not is said in its fields."""

from dataclasses import dataclass, field

from app.domain.diagnosis import Clues
from app.domain.model import Matches


@dataclass
class HandMadeAccount:
    """Events and fields by id and name, contact ids by (key id, value); `None` for a set not known at all."""

    events: dict[str, str] | None = field(default_factory=lambda: {"100": "purchase_confirmation"})
    fields: dict[str, str] | None = field(default_factory=lambda: {"3": "E-Mail", "10142": "Customer number"})
    found: dict[tuple[str, str], tuple[str, ...]] = field(
        default_factory=lambda: {
            ("3", "thor@example.com"): ("11",),
            ("3", "twin@example.com"): ("12", "13"),
            ("id", "11"): ("11",),
            ("uid", "mJ0LniR9aKhM"): ("11",),
        }
    )
    complete: bool = True

    def has_event(self, event_id: str) -> bool | None:
        return None if self.events is None else event_id in self.events

    def has_field(self, field_id: str) -> bool | None:
        return None if self.fields is None else field_id in self.fields

    def matches(self, key_id: str, external_id: str) -> Matches:
        return Matches(self.found.get((key_id, external_id), ()), self.complete)

    def event_name(self, event_id: str) -> str | None:
        return (self.events or {}).get(event_id)

    def field_name(self, field_id: str) -> str | None:
        return (self.fields or {}).get(field_id)


class NoClues(Clues):
    """Knows nothing beside the account."""

    user = "user"

    def holders(self, *_: str) -> tuple[()]:
        return ()

    variants = fields_called = events_called = holders

    def name_elsewhere(self, *_: str) -> None:
        return None


NO_CLUES = NoClues()
