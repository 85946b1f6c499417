"""The safety catch of a production account: looking only, until sending is armed by hand for some minutes."""

from collections.abc import Callable
from datetime import UTC, datetime

from app.service.production_lock import ProductionLock
from app.tui.keymap import key_of
from app.tui.screens.desk import Desk
from app.tui.screens.unlock import Unlock, UnlockScreen

UNNEEDED = "This account mails nobody real, so that nothing need be armed."


class SafetyCatch:
    """Whether sending is armed; where the account is no production one, nothing need be."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        """`changed` is called when it was armed, or disarmed."""
        self._desk = desk
        self._changed = changed
        profile = desk.service.profile
        self._arming = ProductionLock(profile.name) if profile.is_production else None

    @property
    def permit(self) -> str | None:
        """What the guard is given: the name of the profile while sending to it is armed."""
        return self._arming.permit(datetime.now(UTC)) if self._arming else None

    @property
    def left_s(self) -> int | None:
        """Seconds of the countdown; 0: looking only; None where nothing need be armed."""
        return self._arming.left_s(datetime.now(UTC)) if self._arming else None

    @property
    def why_not(self) -> str:
        """Why nothing can be armed, '' where it can."""
        return "" if self._arming else UNNEEDED

    @property
    def in_the_way(self) -> str:
        """Why nothing can be sent, '' where it can."""
        return f"Looking only; {key_of(self._desk.screen, 'arm')} arms sending." if self.left_s == 0 else ""

    def switch(self) -> None:
        """Asks for the profile's name, which arms sending; armed, it goes back to looking only."""
        if self._arming is None:
            return
        if self.permit:
            self._arming.disarm()
            self._changed()
        else:
            self._desk.push(UnlockScreen(self._desk.service.profile.name), self._arm)

    def _arm(self, armed: Unlock | None) -> None:
        if armed is not None and self._arming is not None:
            self._arming.arm(armed.name, armed.minutes, datetime.now(UTC))
        self._changed()
