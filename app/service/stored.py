"""What the store gives that is shown, and how it fails: nobody above the service knows the store itself."""

from app.store.cache import CacheState, ContactRow
from app.store.database import StoreError, set_aside
from app.store.errors import StoppedError
from app.store.history import AttemptRow, DamagedHistoryError
from app.store.windows import RowWindow

__all__ = [
    "AttemptRow",
    "CacheState",
    "ContactRow",
    "DamagedHistoryError",
    "RowWindow",
    "StoppedError",
    "StoreError",
    "set_aside",
]
