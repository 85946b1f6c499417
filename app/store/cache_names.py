"""The external events and fields of a cache: what is listed whole, found by id, and known by name."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from app.domain.model import ExternalEvent, Field
from app.store.cache_file import CacheFile
from app.store.text import numeric_order, restored, stored
from app.store.windows import ListWindow

T = TypeVar("T")


class CachedNames:
    """Events and fields as the last refresh told. Raises StoreError."""

    def __init__(self, file: CacheFile) -> None:
        self._file = file

    def has_event(self, event_id: str) -> bool | None:
        """Whether the account has this external event; None before the first refresh."""
        return self._has("SELECT 1 FROM events WHERE id = ? AND NOT gone", event_id)

    def has_field(self, field_id: str) -> bool | None:
        """Whether the account has this field; None before the first refresh."""
        return self._has("SELECT 1 FROM fields WHERE id = ? AND NOT gone", field_id)

    def event_name(self, event_id: str) -> str | None:
        """The name of an external event, its last one if it has vanished; None where it was never known."""
        return self._name("SELECT name FROM events WHERE id = ?", event_id)

    def field_name(self, field_id: str) -> str | None:
        """The name of a field, its last one if it has vanished; None where it was never known."""
        return self._name("SELECT name FROM fields WHERE id = ?", field_id)

    def fields(self) -> tuple[Field, ...]:
        """Every field of the account, by numeric id."""
        return tuple(self.list_fields("", 0))

    def list_events(self, text: str, limit: int) -> Iterator[ExternalEvent]:
        """External events of which id or name contains `text`, case ignored, by numeric id; limit 0: all."""
        rows = self._file.all("SELECT id, name FROM events WHERE NOT gone")
        events = (ExternalEvent(restored(row["id"]), restored(row["name"])) for row in rows)
        return _chosen(events, lambda event: (event.id, event.name), text, limit)

    def list_fields(self, text: str, limit: int) -> Iterator[Field]:
        """Fields of which id, name or string id contains `text`, case ignored, by numeric id; limit 0: all."""
        rows = self._file.all("SELECT id, name, string_id, application_type FROM fields WHERE NOT gone")
        fields = (Field(*(restored(value) for value in row)) for row in rows)
        return _chosen(fields, lambda field: (field.id, field.name, field.string_id), text, limit)

    def events_window(self, search: str = "") -> ListWindow[ExternalEvent]:
        """External events of which id or name contains every word of `search`, case ignored, by numeric id."""
        words = search.casefold().split()
        return ListWindow(
            [
                event
                for event in self.list_events("", 0)
                if all(word in f"{event.id} {event.name}".casefold() for word in words)
            ]
        )

    def _has(self, sql: str, identifier: str) -> bool | None:
        if self._file.one(sql, stored(identifier)) is not None:
            return True
        return None if self._file.one("SELECT 1 FROM state WHERE refreshed_at IS NULL") else False

    def _name(self, sql: str, identifier: str) -> str | None:
        row = self._file.one(sql, stored(identifier))
        return None if row is None else restored(row["name"])


def _chosen(rows: Iterable[T], texts: Callable[[T], tuple[str, ...]], wanted: str, limit: int) -> Iterator[T]:
    folded = wanted.casefold()
    found = [row for row in rows if any(folded in text.casefold() for text in texts(row))]
    found.sort(key=lambda row: numeric_order(texts(row)[0]))
    return iter(found[: limit or None])
