"""What the account has, as far as the cache knows it: events, fields and contacts, for the screen and for the lists.

Separate from `desk` because nothing here sends, records or refreshes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.domain.model import Contact, ExternalEvent, Field
from app.store.cache import Cache, ContactRow
from app.store.windows import RowWindow

if TYPE_CHECKING:
    from app.domain.ids import Resolved, Unresolved


class AccountLists:
    """The verbs that only read the cache. Raises StoreError."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def events(self, search: str = "") -> RowWindow[ExternalEvent]:
        """External events whose name or id matches, by numeric id."""
        return self._cache.events_window(search)

    def contacts(self, search: str = "") -> RowWindow[ContactRow]:
        """Contacts of which any value matches, by numeric id."""
        return self._cache.contacts_window(search)

    def fields(self) -> tuple[Field, ...]:
        """Every field of the account, by numeric id."""
        return self._cache.fields()

    def contact(self, contact_id: str) -> Contact | None:
        """One contact with all its values; None where it is not known here."""
        return self._cache.contact(contact_id)

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event; None where it is not known here."""
        return self._cache.event_name(event_id)

    def field_name(self, field_id: str) -> str | None:
        """The name of a contact field; None where it is not known here."""
        return self._cache.field_name(field_id)

    def resolve_event(self, text: str) -> "Resolved | Unresolved":
        """The event that is meant by an id, however it is written, or by a name."""
        from app.domain.ids import resolve_event

        return resolve_event(text, lambda: self._cache.list_events("", 0))

    def list_events(self, text: str, limit: int) -> Iterator[ExternalEvent]:
        """External events that contain `text`, case ignored, by numeric id; limit 0: all."""
        return self._cache.list_events(text, limit)

    def list_fields(self, text: str, limit: int) -> Iterator[Field]:
        """Fields that contain `text`, case ignored, by numeric id; limit 0: all."""
        return self._cache.list_fields(text, limit)

    def list_contacts(self, text: str, limit: int) -> Iterator[Contact]:
        """Contacts of which any value contains `text`, case ignored, by numeric id; limit 0: all."""
        return self._cache.list_contacts(text, limit)
