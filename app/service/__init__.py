"""The verbs of the product over one account: everything that shows or sends goes through here.

`desk` has the service itself; the dashboard and the command line take all they need from here. What is taken is
imported when it is taken: the first frame needs little of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.service.arming import Arming
    from app.service.desk import NotRecordedError, TriggerService
    from app.service.files import FileError, FileExistsAlreadyError, new_file
    from app.service.filling import FillStep
    from app.service.form import Preflight
    from app.service.guard import GuardError, check_production
    from app.service.importing import ImportRefusedError, ImportReport
    from app.service.keeping import ForgetRefusedError, Forgetting
    from app.service.lists import AccountLists
    from app.service.live import LiveAccount
    from app.service.past import EVERYTHING, neighbours, prepare
    from app.service.rehearsal import FAILURES, REPLIES, Failure, Rehearsal
    from app.service.second_send import second_send_words, sent_before
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
    "AccountLists",
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
    "LiveAccount",
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
    "prepare",
    "second_send_words",
    "sent_before",
    "set_aside",
]

_FROM = {
    "AccountLists": "app.service.lists",
    "Arming": "app.service.arming",
    "AttemptError": "app.service.settling",
    "AttemptRow": "app.store.history",
    "CacheState": "app.store.cache",
    "ContactRow": "app.store.cache",
    "DamagedHistoryError": "app.store.history",
    "EVERYTHING": "app.service.past",
    "FAILURES": "app.service.rehearsal",
    "Failure": "app.service.rehearsal",
    "FileError": "app.service.files",
    "FileExistsAlreadyError": "app.service.files",
    "FillStep": "app.service.filling",
    "ForgetRefusedError": "app.service.keeping",
    "Forgetting": "app.service.keeping",
    "GuardError": "app.service.guard",
    "ImportRefusedError": "app.service.importing",
    "ImportReport": "app.service.importing",
    "LiveAccount": "app.service.live",
    "NotRecordedError": "app.service.desk",
    "Preflight": "app.service.form",
    "REPLIES": "app.service.rehearsal",
    "Rehearsal": "app.service.rehearsal",
    "RowWindow": "app.store.windows",
    "StoppedError": "app.store.errors",
    "StoreError": "app.store.database",
    "TriggerService": "app.service.desk",
    "check_note": "app.service.settling",
    "check_production": "app.service.guard",
    "neighbours": "app.service.past",
    "prepare": "app.service.past",
    "new_file": "app.service.files",
    "offers_same_trigger": "app.service.settling",
    "second_send_words": "app.service.second_send",
    "sent_before": "app.service.second_send",
    "set_aside": "app.store.database",
}


def __getattr__(name: str) -> object:
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_FROM[name]), name)
    return found
