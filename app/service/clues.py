"""What the cache and the history know that helps to find the cause of a refusal: the Clues that advice asks for."""

from collections.abc import Sequence

from app.domain.diagnosis import FieldMatch
from app.domain.model import ExternalEvent
from app.store.catalog import Cache
from app.store.recent_attempts import RecentAttempts


class AccountClues:
    """Clues about one account. Raises StoreError."""

    def __init__(self, cache: Cache, recent: RecentAttempts) -> None:
        self._cache = cache
        self._recent = recent

    def holders(self, value: str) -> Sequence[FieldMatch]:
        """See Clues."""
        return self._cache.contacts.holders(value, self._cache.fields())

    def variants(self, key_id: str, value: str) -> Sequence[str]:
        """See Clues."""
        return self._cache.contacts.variants(key_id, value)

    def fields_called(self, name: str) -> Sequence[str]:
        """See Clues."""
        wanted = name.strip().casefold()
        return [
            field.id
            for field in self._cache.fields()
            if wanted and wanted in (field.name.casefold(), field.string_id.casefold())
        ]

    def events_called(self, name: str) -> Sequence[ExternalEvent]:
        """See Clues."""
        wanted = name.strip().casefold()
        return [
            event for event in self._cache.list_events(name.strip(), 0) if event.name.casefold() == wanted
        ]

    def name_elsewhere(self, event_id: str) -> str | None:
        """See Clues."""
        return self._recent.name_elsewhere(event_id)
