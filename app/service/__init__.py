"""The verbs of the product over one account: everything that shows or sends goes through here.

`desk` has the service itself; the dashboard and the command line take all they need from here.
"""

from app.service.arming import Arming
from app.service.desk import NotRecordedError, TriggerService
from app.service.files import FileError, FileExistsAlreadyError, new_file
from app.service.filling import FillStep
from app.service.form import Preflight
from app.service.guard import GuardError, check_production
from app.service.importing import ImportRefusedError, ImportReport
from app.service.keeping import ForgetRefusedError, Forgetting
from app.service.past import EVERYTHING, neighbours
from app.service.rehearsal import FAILURES, REPLIES, Failure, Rehearsal
from app.service.second_send import second_send_words
from app.service.settling import AttemptError, check_note, offers_same_trigger
from app.store.cache import CacheState, ContactRow
from app.store.database import StoreError, set_aside
from app.store.errors import StoppedError
from app.store.history import AttemptRow, DamagedHistoryError
from app.store.windows import RowWindow

__all__ = [
    "EVERYTHING",
    "FAILURES",
    "REPLIES",
    "Arming",
    "AttemptError",
    "AttemptRow",
    "CacheState",
    "ContactRow",
    "DamagedHistoryError",
    "Failure",
    "FileError",
    "FileExistsAlreadyError",
    "FillStep",
    "ForgetRefusedError",
    "Forgetting",
    "GuardError",
    "ImportRefusedError",
    "ImportReport",
    "NotRecordedError",
    "Preflight",
    "Rehearsal",
    "RowWindow",
    "StoppedError",
    "StoreError",
    "TriggerService",
    "check_note",
    "check_production",
    "neighbours",
    "new_file",
    "offers_same_trigger",
    "second_send_words",
    "set_aside",
]
