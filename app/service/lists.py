"""What the account has, as far as the cache knows it: events, fields and contacts, for the screen and for the lists.

Separate from `desk` because nothing here sends, records or refreshes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.domain.model import Contact, ExternalEvent, Field
from app.service.live import LiveAccount
from app.store.cache import ContactRow
from app.store.windows import ListWindow, RowWindow

if TYPE_CHECKING:
    from app.domain.ids import Resolved, Unresolved


RECENT_EVENTS = 20


class AccountLists:
    """The verbs that only read what is known here. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache

    def events(self, search: str = "") -> RowWindow[ExternalEvent]:
        """External events whose name or id matches, by numeric id."""
        return self._cache.events_window(search)

    def recent_events(self, limit: int = RECENT_EVENTS) -> tuple[str, ...]:
        """The ids of the events that were sent on this account, the last one first."""
        return self._live.history.recent.events(self._live.key, limit)

    def events_by_use(self, search: str = "") -> RowWindow[ExternalEvent]:
        """External events whose name or id matches: those sent last first, then the others by numeric id."""
        recent = {event_id: number for number, event_id in enumerate(self.recent_events())}
        found = self._cache.events_window(search)
        if not recent:
            return found
        rows = found.rows(0, found.total)
        return ListWindow(sorted(rows, key=lambda event: recent.get(event.id, len(recent))))

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
