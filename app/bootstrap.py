"""The composition root: settings -> TriggerService; alone knows client and sandbox.

What is heavy is imported where it is used: a list from the cache needs neither httpx nor
Starlette.
"""

from app.domain.model import JsonObject
from app.resources import sample_data
from app.service import TriggerService
from app.settings import Settings
from app.store.cache import Cache
from app.store.history import History
