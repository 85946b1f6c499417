"""What the dashboard does to go to another profile: asks where to, and first whether what is under way may be left."""

from collections.abc import Callable, Sequence
from functools import partial

from app.domain.errors import AppError
from app.tui.screens.confirm import Confirm
from app.tui.screens.desk import Desk
from app.tui.screens.menu import ProfileList
from app.tui.screens.sending import Sending
from app.tui.text import Live

UNDER_WAY = (
    "A trigger is under way. Go to another profile now? Nobody waits for its reply then: "
    "it may still arrive, and is recorded as unknown."
)


class Switching:
    """The way to another profile."""

    def __init__(
        self,
        desk: Desk,
        sending: Sending,
        known: Callable[[], Sequence[Live]],
        leave: Callable[[str], object],
    ) -> None:
        """`known` gives all profiles, or raises AppError; `leave` makes way for the one of this name."""
        self._desk = desk
        self._sending = sending
        self._known = known
        self._leave = leave

    def ask(self) -> None:
        """Asks where to go."""
        try:
            known = self._known()
        except AppError as error:
            self._desk.say("The profiles cannot be read", str(error))
        else:
            self._desk.push(ProfileList(known, self._desk.service.profile.name), self._go)

    def _go(self, profile: str | None) -> None:
        if profile is None:
            return
        if self._sending.is_under_way:
            self._desk.push(Confirm(UNDER_WAY, yes="Go", no="Stay"), partial(self._go_if, profile))
        else:
            self._go_if(profile, True)

    def _go_if(self, profile: str, yes: bool | None) -> None:
        if yes:
            self._leave(profile)
