"""The account's external events: list, search, resolve."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.domain.account import ListOrder
from app.domain.fingerprint import normalize
from app.domain.identifiers import Resolved, Unresolved, resolve_event
from app.domain.model import ExternalEvent
from app.service.live import LiveAccount
from app.store.row_ids import FewRows
from app.store.text import numeric_order

MAX_RECENT = 20

_SORT_KEYS: Mapping[str, Callable[[ExternalEvent], Any]] = {
    "id": lambda event: numeric_order(event.id),
    "name": lambda event: (normalize("3", event.name), numeric_order(event.id)),
}


class Events:
    """The external events of the live account. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account

    def search(self, text: str = "", order: ListOrder | None = None) -> FewRows[ExternalEvent]:
        """Events whose id or name contains every word, case ignored; the one sent last comes first.

        Events that were never sent follow by numeric id. `order` is by `id` or `name`.
        """
        words = text.casefold().split()
        found = [
            event
            for event in self.containing()
            if all(word in f"{event.id} {event.name}".casefold() for word in words)
        ]
        if order is not None:
            found.sort(key=_SORT_KEYS[order.column], reverse=order.descending)
        else:
            recent = {event_id: place for place, event_id in enumerate(self.recent())}
            found.sort(key=lambda event: recent.get(event.id, len(recent)))
        return FewRows(found)

    def recent(self, limit: int = MAX_RECENT) -> tuple[str, ...]:
        """The ids of the events sent on this account, the last one first."""
        return self._live.history.recent.events(self._live.key, limit)

    def name(self, event_id: str) -> str | None:
        """The name of an external event; None if it is not known."""
        return self._live.cache.event_name(event_id)

    def resolve(self, text: str) -> Resolved | Unresolved:
        """The event with this id, in any notation, or this name."""
        return resolve_event(text, self.containing)

    def containing(self, text: str = "", limit: int = 0) -> Iterator[ExternalEvent]:
        """Events with `text` in id or name, case ignored, by numeric id; limit 0: all."""
        return self._live.cache.list_events(text, limit)
