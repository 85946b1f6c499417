"""What the account has, as far as the cache knows it: events, fields and contacts, for the screen and for the lists.

Separate from `desk` because nothing here sends, records or refreshes.
"""

from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

from app.domain.account import ListOrder
from app.domain.fingerprint import normalize
from app.domain.identifiers import Resolved, Unresolved, resolve_event
from app.domain.model import Contact, ExternalEvent, Field
from app.service.live import LiveAccount
from app.store.cache import ContactRow
from app.store.text import numeric_order
from app.store.windows import ListWindow, RowWindow

RECENT_EVENTS = 20

_EVENT_KEYS: Mapping[str, Callable[[ExternalEvent], Any]] = {
    "id": lambda event: numeric_order(event.id),
    "name": lambda event: (normalize("3", event.name), numeric_order(event.id)),
}


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

    def events_by_use(self, search: str = "", order: ListOrder | None = None) -> RowWindow[ExternalEvent]:
        """External events whose name or id matches: those sent last first, then the others by numeric id.

        With an `order`, which is by `id` or `name`, in that.
        """
        found = self._cache.events_window(search)
        rows = found.rows(0, found.total)
        if order is not None:
            return ListWindow(sorted(rows, key=_EVENT_KEYS[order.column], reverse=order.descending))
        recent = {event_id: number for number, event_id in enumerate(self.recent_events())}
        if not recent:
            return found
        return ListWindow(sorted(rows, key=lambda event: recent.get(event.id, len(recent))))

    def contacts(
        self, search: str = "", order: ListOrder | None = None, stop: Event | None = None
    ) -> RowWindow[ContactRow]:
        """Contacts of which any value matches, by numeric id, or in an `order` by `id`, `email` or `name`.

        What then takes long ends by StoppedError once `stop` is set.
        """
        return self._cache.contacts_window(search, order, stop)

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
