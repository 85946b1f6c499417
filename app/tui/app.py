"""The dashboard as a Textual application: opens a profile, switches to another, quits; keys, messages, themes."""

import asyncio
import gc
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol

from textual import constants, events, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen

from app.domain.errors import AppError
from app.domain.masking import Mask
from app.resources import styles
from app.service.session import DamagedHistoryError, Profile, Session, set_aside
from app.tui.bindings import APP_BINDINGS, Palette
from app.tui.controllers.send import SET_ASIDE
from app.tui.dashboard import Dashboard, reading_s
from app.tui.key_queue import KeyQueue
from app.tui.privacy import PrivacyMode
from app.tui.screens import open_screen
from app.tui.screens.confirm import Confirm
from app.tui.screens.help import HelpScreen
from app.tui.text import sanitize
from app.tui.theme import DARK, HIGH_CONTRAST, LIGHT, OWN, own_tokens

PALETTE_CLOSES_S = 0.1
READABLE_AFTER_S = 1.0
"""A key that follows sooner was pressed before anybody could read the message."""

QUIT = "A trigger is still being sent. Quit anyway? It will be recorded as unknown."
QUIT_UNRECORDED = (
    "The reply is here but not recorded yet, because the history is locked. "
    "Quit anyway? The trigger will be recorded as unknown."
)


class ProfileSource(Protocol):
    """The configured profiles; both methods raise AppError."""

    def known(self) -> Sequence[Profile]:
        """All profiles, as the configuration lists them now."""

    def open(self, name: str | None = None) -> Session:
        """A session with the account of one profile; without a name, of the one the program was started with."""


class TriggerDeskApp(App[AppError]):
    """Runs the dashboard; `run` returns the AppError that kept it from opening, else None."""

    TITLE = "triggerdesk"
    CSS_PATH = styles("app")
    COMMANDS = {Palette}  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = APP_BINDINGS

    def __init__(
        self,
        profiles: ProfileSource,
        *,
        open_mask: Callable[[], Mask] | None = None,
        masked: bool = False,
        theme: str | None = None,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`masked` hides personal data from the first frame on; `keymap` maps binding ids to keys."""
        super().__init__()
        self._profiles = profiles
        self._privacy = PrivacyMode(open_mask)
        self._starts_masked = masked
        self._keymap = dict(keymap or {})
        self._session: Session | None = None
        self._switching = asyncio.Lock()
        self._opened = asyncio.Event()
        self._keys = KeyQueue(self, super().on_event, self.ready)
        self._message = ""
        self._message_stays_until = 0.0
        self._message_goes_from = math.inf
        for own in OWN:
            self.register_theme(own)
        # Softer colours all become grey where there are only sixteen.
        usual = HIGH_CONTRAST if self.console.color_system == "standard" else DARK
        self.theme = theme if theme in self.available_themes else usual.name

    # Textual

    def get_driver_class(self) -> type[Driver]:
        if sys.platform == "win32" or constants.DRIVER:  # a web server has a driver of its own
            return super().get_driver_class()
        from app.tui.terminal import TerminalDriver  # noqa: PLC0415 - imports modules that Windows lacks

        return TerminalDriver

    def _fatal_error(self) -> None:
        from rich.traceback import Traceback  # noqa: PLC0415 - what colours the code is needed for a crash only

        # Textual's own shows the locals of every frame, and the secret may be among them.
        self.panic(Traceback())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return own_tokens(self.current_theme.to_color_system().generate())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from (one for one in super().get_system_commands(screen) if one.title == "Theme")
        yield SystemCommand(
            "Screenshot",
            "Save the screen as a picture (SVG) in the home",
            lambda: self.set_timer(PALETTE_CLOSES_S, self.action_screenshot),
        )

    def on_mount(self) -> None:
        # Where Python can (3.12 and newer), Textual lets tasks begin at once: work could end before it is known here.
        asyncio.get_running_loop().set_task_factory(None)
        self.set_keymap(self._keymap)
        # Until the app is mounted Textual draws nothing: a dashboard laid out now would be laid out twice.
        self.call_later(self._open)

    async def on_unmount(self) -> None:
        if self._session is not None:
            await self._session.close()

    def action_help(self) -> None:
        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(self.screen))

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Saves the screen as an SVG picture in the home, and says where; a browser downloads it."""
        if self._session is None or self.is_web:
            super().action_screenshot(filename, path)
            return
        try:
            saved = self._session.keep_screenshot(self.export_screenshot())
        except AppError as error:
            self.notify(sanitize(str(error), 500), title="Not saved", severity="warning", markup=False)
        else:
            self.notify(sanitize(str(saved), 500), title="Screenshot saved", markup=False)

    def action_other_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    # Keys and messages

    async def on_event(self, event: events.Event) -> None:
        if not self._keys.takes(event):
            await super().on_event(event)
            return
        if not isinstance(event, events.MouseMove) and time.monotonic() >= self._message_goes_from:
            self._message_goes_from = math.inf
            self.clear_notifications()
        self._keys.put(event)

    @property
    def is_idle(self) -> bool:
        """Whether every key that was pressed has taken effect."""
        return self._keys.is_idle

    async def ready(self, event: events.Event | None = None) -> None:
        """Returns once a key, or this event, may take effect."""
        await self._opened.wait()
        if isinstance(self.screen, Dashboard):
            await self.screen.ready(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Shows a message until the next one, or the next key once it could be read.

        A message with a `timeout` stays that long, also beside the next message.
        """
        now = time.monotonic()
        said = f"{title}: {message}" if title else message
        if now >= self._message_stays_until:
            self.clear_notifications()
        elif said == self._message:
            return
        self._message = said
        self._message_stays_until = max(self._message_stays_until, now + (timeout or 0))
        self._message_goes_from = max(self._message_stays_until, now + READABLE_AFTER_S)
        super().notify(said, severity=severity, timeout=timeout or reading_s(said), markup=markup)

    # Opening, switching, quitting

    async def _open(self, damaged: DamagedHistoryError | None = None, yes: bool | None = True) -> None:
        """Opens the first session, once a `damaged` history is renamed if the user said `yes`."""
        try:
            if damaged is not None:
                if not yes:
                    raise damaged
                set_aside(damaged.path)
            self._session = self._profiles.open()
            if self._starts_masked and not self._privacy.is_on:
                self._privacy.switch()
            await self.push_screen(self._dashboard(self._session))
            if not self.is_headless:
                # What is there now stays. A full collection, which any thread may cause, would hold up a key for 80 ms.
                self.call_after_refresh(gc.freeze)
        except AppError as error:
            if isinstance(error, DamagedHistoryError) and yes:
                question = sanitize(f"{error} {SET_ASIDE}", 2000)
                self.push_screen(Confirm(question, yes="Rename", no="Quit"), partial(self._open, error))
            else:
                self.exit(error)
        self._opened.set()

    def _dashboard(self, session: Session) -> Dashboard:
        return Dashboard(session, self._privacy, self._profiles.known, self._switch)

    @work(group="switch")
    async def _switch(self, left: Dashboard, profile: str) -> None:
        """Replaces the dashboard by the one of another profile, if that can be opened."""
        async with self._switching:
            if left in self.screen_stack:
                await self._replace(left, profile)

    async def _replace(self, left: Dashboard, profile: str) -> None:
        try:
            session = self._profiles.open(profile)
        except AppError as error:
            left.say(f"Cannot open the profile {profile}", str(error))
            return
        await left.shutdown()
        self.clear_notifications()  # it may be about a contact of the other account
        before, self._session = self._session, session
        while self.screen is not left:
            await self.pop_screen()
        await self.switch_screen(self._dashboard(session))
        if before is not None:
            await before.close()

    async def action_quit(self) -> None:
        dashboards = [screen for screen in self.screen_stack if isinstance(screen, Dashboard)]
        if any(dashboard.send.is_sending for dashboard in dashboards):
            unrecorded = any(dashboard.send.is_recording for dashboard in dashboards)
            question = QUIT_UNRECORDED if unrecorded else QUIT
            open_screen(self, Confirm(question, yes="Quit"), lambda _: self.leave())
        else:
            self.leave()

    @work(group="leave", exclusive=True)
    async def leave(self, return_code: int = 0) -> None:
        """Ends the dashboard once the trigger being sent is recorded and the draft is saved."""
        await self._opened.wait()
        for screen in self.screen_stack:
            if isinstance(screen, Dashboard):
                await screen.shutdown()
        self.exit(return_code=return_code)
