"""The verbs of the product over one account: everything that shows or sends goes through here.

`desk` has the service itself; the dashboard and the command line take all they need from here.
"""

from app.service.desk import NotRecordedError, Preflight, TriggerService
from app.store.cache import CacheState, ContactRow
from app.store.database import StoreError
from app.store.history import AttemptRow
from app.store.windows import RowWindow

__all__ = [
    "AttemptRow",
    "CacheState",
    "ContactRow",
    "NotRecordedError",
    "Preflight",
    "RowWindow",
    "StoreError",
    "TriggerService",
]
