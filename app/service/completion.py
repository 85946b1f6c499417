"""What a shell completes from the cache and the history; nothing is created, sent or refreshed for it."""

from contextlib import closing

from app.domain.model import LABEL
from app.domain.text import short_id
from app.settings import Settings
from app.store.attempts import History
from app.store.catalog import Cache

MAX_ATTEMPTS = 200

Choices = list[tuple[str, str]]


def event_choices(settings: Settings, typed: str) -> Choices:
    """Event ids with their names; for what is no number, names with their ids. Raises StoreError."""
    if not settings.cache.exists():
        return []
    with closing(Cache(settings.cache)) as cache:
        events = list(cache.list_events())
    if typed and not typed.isdigit():
        return [(event.name, event.id) for event in events if event.name.startswith(typed)]
    return [(event.id, event.name) for event in events if event.id.startswith(typed)]


def attempt_choices(settings: Settings, typed: str) -> Choices:
    """References of the latest attempts on the account, the newest first, without personal data. Raises StoreError."""
    if not settings.history.exists():
        return []
    with closing(History(settings.history)) as history:
        rows = history.recent.latest(settings.profile.account_key, MAX_ATTEMPTS)
    return [
        (
            short_id(row.attempt_id),
            f"{row.started_at.astimezone():%d %b %H:%M} {LABEL[row.outcome][1]} {row.event_id}",
        )
        for row in rows
        if short_id(row.attempt_id).startswith(typed.upper())
    ]
