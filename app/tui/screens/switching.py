"""What the dashboard does to go to another profile: asks where to, ends what is under way, keeps what was typed."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from textual import on
from textual.message import Message

from app.domain.errors import DeskError
from app.service import TriggerService
from app.tui.screens.confirm import Confirm
from app.tui.screens.drafting import DraftingScreen
from app.tui.text import Live
from app.tui.veil import Veil
from app.tui.widgets.status_line import StatusLine

UNDER_WAY = (
    "A trigger is under way. Go to another profile now? Nobody waits for its reply then: "
    "it may still arrive, and is recorded as unknown."
)


class Profiles(Protocol):
    """The profiles of the home; both raise DeskError."""

    def known(self) -> Sequence[Live]:
        """All of them, as the configuration has them now."""

    def open(self, name: str) -> TriggerService:
        """The service over the account of one of them."""


class SwitchingScreen(DraftingScreen):
    """A screen that can make way for that of another profile."""

    class Chosen(Message):
        """Another profile is to take this one's place."""

        def __init__(self, desk: "SwitchingScreen", profile: str) -> None:
            super().__init__()
            self.desk = desk
            self.profile = profile

    def __init__(
        self, service: TriggerService, veil: Veil | None = None, profiles: Profiles | None = None
    ) -> None:
        super().__init__(service, veil)
        self._profiles = profiles

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now: None is shown dimmed, False not at all."""
        if action == "switch":
            return None if self._profiles is None else True
        return super().check_action(action, parameters)

    def why_off(self, action: str) -> str:
        """Why an action that is shown dimmed does nothing."""
        return "There are no other profiles here." if action == "switch" else super().why_off(action)

    @on(StatusLine.Pressed)
    def action_switch(self) -> None:
        if self._profiles is None:
            return
        try:
            known = self._profiles.known()
        except DeskError as error:
            self.say("The profiles cannot be read", str(error))
        else:
            from app.tui.screens.profiles import ProfileList

            self.app.push_screen(ProfileList(known, self.profile_name), self._go)

    def _go(self, profile: str | None) -> None:
        if profile is None:
            return
        if self.sending:
            self.app.push_screen(Confirm(UNDER_WAY, yes="Go", no="Stay"), partial(self._go_if, profile))
        else:
            self._go_if(profile, True)

    def _go_if(self, profile: str, yes: bool | None) -> None:
        if yes:
            self.post_message(self.Chosen(self, profile))

    async def wind_up(self) -> None:
        """Ends what is under way, so that it is recorded, and keeps what was typed."""
        await self.end_sending()
        await self.end_fetching()
        self.keep_draft()
