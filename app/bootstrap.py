"""The composition root: settings -> TriggerService; alone knows client AND sandbox.

What is heavy is imported where it is needed: a list from the cache needs neither httpx nor
Starlette.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.model import JsonObject
from app.resources import sample_data
from app.service import TriggerService
from app.settings import Profile, Settings
from app.store.cache import Cache
from app.store.history import History

if TYPE_CHECKING:
    from app.client.api import ApiClient

SANDBOX_URL = "http://sandbox.localhost/api/v2"


def open_service(settings: Settings) -> TriggerService:
    """The service over the live profile's account. Raises AccountFolderError and StoreError."""
    profile = settings.profile
    history = History(settings.home / "history.db")
    history.recover()
    cache = Cache(settings.account_home / "cache.db")
    if profile.is_sandbox:
        return _sandboxed(profile, cache, history, settings.account_home / "sandbox.db")
    return TriggerService(profile, cache, history, lambda: _http_client(profile))
