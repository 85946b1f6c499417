"""What the store gives that is shown, and how it fails: nobody above the service knows the store itself."""

from app.store.cache import CacheState, ContactRow
from app.store.database import StoreError, set_aside
from app.store.errors import BusyError, StoppedError
from app.store.history import AttemptRow, DamagedHistoryError, HistoryReplacedError, SentMeanwhileError
from app.store.windows import RowWindow

__all__ = [
    "AttemptRow",
    "BusyError",
    "CacheState",
    "ContactRow",
    "DamagedHistoryError",
    "HistoryReplacedError",
    "RowWindow",
    "SentMeanwhileError",
    "StoppedError",
    "StoreError",
    "set_aside",
]
