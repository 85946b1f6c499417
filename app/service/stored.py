"""What the store gives that is shown, and how it fails: nobody above the service knows the store itself."""

from app.store.attempts import AttemptRow, DamagedHistoryError, HistoryReplacedError, SentMeanwhileError
from app.store.database import StoreError, set_aside
from app.store.errors import StoppedError
from app.store.row_ids import FIRST_ROWS, RowIds

__all__ = [
    "FIRST_ROWS",
    "AttemptRow",
    "DamagedHistoryError",
    "HistoryReplacedError",
    "RowIds",
    "SentMeanwhileError",
    "StoppedError",
    "StoreError",
    "set_aside",
]
