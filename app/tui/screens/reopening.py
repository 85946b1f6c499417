"""What the dashboard does when its history was removed or replaced: asks whether to open the one that is there now."""

from functools import partial

from app.domain.errors import AppError
from app.service.session import DamagedHistoryError, HistoryReplacedError, set_aside
from app.tui.screens.confirm import Confirm
from app.tui.screens.desk import Desk
from app.tui.screens.searching import Searching
from app.tui.text import sanitize

SET_ASIDE = "Set it aside under another name, and begin a new history? Nothing of it is deleted."
REOPENED = "Nothing was sent. The history is open again: you can send now."


class Reopening:
    """Opens the history again, once the user has agreed."""

    def __init__(self, desk: Desk, searching: Searching) -> None:
        self._desk = desk
        self._searching = searching

    def offer(self, replaced: HistoryReplacedError) -> None:
        """Asks whether to open the history again."""
        question = f"Nothing was sent. {sanitize(str(replaced), 2000)}"
        self._desk.push(Confirm(question, yes="Open again", no="Cancel"), self._reopen)

    def _reopen(self, yes: bool | None) -> None:
        if not yes:
            return
        desk = self._desk
        try:
            desk.service.reopen_history()
        except DamagedHistoryError as error:
            question = f"{sanitize(str(error), 2000)} {SET_ASIDE}"
            desk.push(Confirm(question, yes="Set aside", no="Cancel"), partial(self._set_aside, error))
        except AppError as error:
            desk.tell_fault(str(error))
        else:
            desk.form.forget_last()
            desk.tell(lambda panel: panel.show_fault(REOPENED))
            self._searching.show()

    def _set_aside(self, damaged: DamagedHistoryError, yes: bool | None) -> None:
        if not yes:
            return
        try:
            set_aside(damaged.path)
        except AppError as error:
            self._desk.tell_fault(str(error))
        else:
            self._reopen(True)
