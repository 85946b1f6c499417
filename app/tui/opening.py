"""Which account's dashboard is on the screen: the first one, another one in its place, and leaving.

Separate from the application, which is themes, keys and palette.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from textual import work

from app.domain.errors import AppError
from app.service.session import DamagedHistoryError, Session, set_aside
from app.tui.messages import Messages
from app.tui.privacy import PrivacyMode
from app.tui.screens.dashboard import Dashboard
from app.tui.text import Live, sanitize

SET_ASIDE = "Shall it be set aside under another name, and a new history begun? Nothing of it is deleted."
LEAVING = "A trigger is under way. Leave now? It may still arrive; its outcome will be recorded as unknown."
RECORDING = (
    "The reply is here and still being recorded. Leave now? The outcome will be recorded as unknown; "
    "wait for the history to be free to keep it."
)


class Profiles(Protocol):
    """The profiles of the home; both raise AppError."""

    def known(self) -> Sequence[Live]:
        """All of them, as the configuration has them now."""

    def open(self, name: str | None = None) -> Session:
        """The service over the account of one of them; without a name, of the one that the program was started with."""


class OpeningApp(Messages[AppError]):
    """Opens the service once it runs; `run` returns the AppError that kept it from opening, else None."""

    def __init__(
        self,
        profiles: Profiles,
        veil: PrivacyMode,
        *,
        masked: bool,
    ) -> None:
        """`masked`: with the veil on from the first frame."""
        super().__init__()
        self._profiles = profiles
        self._veil = veil
        self._begins_masked = masked
        self._service: Session | None = None
        self._switching = asyncio.Lock()

    async def on_unmount(self) -> None:
        if self._service is not None:
            await self._service.close()

    async def standing(self) -> None:
        """Returns once everything is there that a key may lead to."""
        if isinstance(self.screen, Dashboard):
            await self.screen.standing()

    # The first one

    def _open(self) -> None:
        try:
            self._service = self._profiles.open()
            if self._begins_masked and not self._veil.is_on:
                self._veil.switch()
            self.push_screen(self._desk(self._service))
        except DamagedHistoryError as error:
            question = f"{error} {SET_ASIDE}"
            self._ask(question, "Set aside", "Leave", partial(self._mend, error))
        except AppError as error:
            self.exit(error)

    def _desk(self, service: Session) -> Dashboard:
        desk = Dashboard(service, self._veil, self._profiles.known, self._switch)
        desk.fit(self.size)
        return desk

    def _mend(self, damaged: DamagedHistoryError, yes: bool | None) -> None:
        """Begins a new history beside the damaged one, or leaves with the sentence."""
        if not yes:
            self.exit(damaged)
            return
        try:
            set_aside(damaged.path)
        except AppError as error:
            self.exit(error)
        else:
            self._open()

    def _ask(self, question: str, yes: str, no: str, then: Callable[[bool | None], None]) -> None:
        from app.tui.screens.confirm import Confirm  # noqa: PLC0415 - imported when there is something to ask

        self.push_screen(Confirm(sanitize(question, 2000), yes=yes, no=no), then)

    # Another one

    @work(group="switch")
    async def _switch(self, left: Dashboard, profile: str) -> None:
        """Opens another profile in the place of the live one; where it cannot be opened, that stays."""
        async with self._switching:
            if left in self.screen_stack:
                await self._replace(left, profile)

    async def _replace(self, left: Dashboard, profile: str) -> None:
        try:
            service = self._profiles.open(profile)
        except AppError as error:
            left.desk.say("The profile stays as it is", str(error))
            return
        await left.parts.wind_up()
        self.clear_notifications()  # it may be about a contact of the other account
        before, self._service = self._service, service
        while self.screen is not left:
            await self.pop_screen()
        await self.switch_screen(self._desk(service))
        if before is not None:
            await before.close()

    # Leaving

    async def action_quit(self) -> None:
        """Leaves; asks first while a trigger is under way."""
        desks = [screen for screen in self.screen_stack if isinstance(screen, Dashboard)]
        if any(desk.is_sending for desk in desks):
            question = RECORDING if any(desk.is_recording for desk in desks) else LEAVING
            self._ask(question, "Leave", "Stay", self._leave_if)
        else:
            self.leave()

    def _leave_if(self, leave: bool | None) -> None:
        if leave:
            self.leave()

    @work(group="leave", exclusive=True)
    async def leave(self, return_code: int = 0) -> None:
        """Ends the dashboard once what is under way is recorded and what was typed is kept."""
        await self.shown()
        for screen in self.screen_stack:
            if isinstance(screen, Dashboard):
                await screen.standing()  # panes that are still being mounted would fail
                await screen.parts.wind_up()
        self.exit(return_code=return_code)
