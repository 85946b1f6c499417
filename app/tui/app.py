"""The dashboard as a Textual application: sheets, themes, the first screen, leaving."""

import asyncio
import gc
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from app.domain.errors import DeskError
from app.resources import styles
from app.service import DamagedHistoryError, TriggerService, set_aside
from app.tui.key_order import KeysInOrder
from app.tui.keymap import KeymapError, checked_keymap
from app.tui.screens.confirm import Confirm
from app.tui.screens.dashboard import Dashboard
from app.tui.screens.switching import Profiles, SwitchingScreen
from app.tui.text import clean
from app.tui.theme import DARK, LIGHT, own_tokens
from app.tui.veil import Veil

OFFERED = ("Theme", "Screenshot")
SET_ASIDE = "Shall it be set aside under another name, and a new history begun? Nothing of it is deleted."
STANDS_AFTER_S = 1.0
LEAVING = "A trigger is under way. Leave now? It may still arrive; its outcome will be recorded as unknown."


def _collect_garbage() -> None:
    """Begins to: what the start has made stays, and looking through it again and again would be for nothing."""
    gc.freeze()
    gc.enable()


def _palette() -> type[Provider]:
    from app.tui.screens.palette import Palette  # noqa: PLC0415 - imported when it is opened

    return Palette


class TriggerDeskApp(KeysInOrder[DeskError]):
    """Opens the service once it runs; `run` returns the DeskError that kept it from opening, else None."""

    TITLE = "triggerdesk"
    CSS_PATH = styles() / "dashboard.tcss"
    COMMANDS = {_palette}  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q", "quit", "Quit", tooltip="Leave the desk", show=False, priority=True, id="desk.quit"
        ),
        Binding(
            "ctrl+t", "other_theme", "Dark or light", tooltip="Change the theme", show=False, id="desk.theme"
        ),
        Binding(
            "f1",
            "help",
            "Help",
            tooltip="On the part you are in, then keys, symbols, and how to produce each reply",
            priority=True,
            id="desk.help",
        ),
    ]

    def __init__(
        self,
        open_service: Callable[[], TriggerService],
        *,
        profiles: Profiles | None = None,
        veil: Veil | None = None,
        masked: bool = False,
        theme: str | None = None,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`profiles`: what can be gone to from there; `masked`: with the veil on from the first frame."""
        super().__init__()
        self._profiles = profiles
        self._veil = veil or Veil()
        self._begins_masked = masked
        self._open_service = open_service
        self._service: TriggerService | None = None
        self._switching = asyncio.Lock()
        self._keymap = dict(keymap or {})
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._begin_in(theme if theme in self.available_themes else DARK.name)

    def _begin_in(self, theme: str) -> None:
        if theme != DARK.name:
            self.theme = theme
            return
        # Taken like any later one, the theme that most begin with would have every sheet parsed a second time.
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The desk's own tokens, for themes that do not set them."""
        return own_tokens(self.current_theme.to_color_system().generate())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What Textual offers beside the desk's own actions, which its bindings bring."""
        return (command for command in super().get_system_commands(screen) if command.title in OFFERED)

    def on_mount(self) -> None:
        try:
            self.set_keymap(self._checked_keymap())
        except KeymapError as error:
            self.exit(error)
            return
        self.set_timer(STANDS_AFTER_S, _collect_garbage)
        # Nothing is painted before the first message is taken: opened now, the first frame would be drawn twice.
        self.call_later(self._open)

    def _checked_keymap(self) -> dict[str, str]:
        if not self._keymap:
            return {}
        from app.tui.screens.every_binding import EVERY_BINDING  # noqa: PLC0415 - few have a keymap

        return checked_keymap(self._keymap, [*self.BINDINGS, *EVERY_BINDING])

    def _open(self) -> None:
        try:
            self._service = self._open_service()
            if self._begins_masked and not self._veil.is_on:
                self._veil.switch()
            self.push_screen(self._desk(self._service))
        except DamagedHistoryError as error:
            question = f"{error} {SET_ASIDE}"
            self.push_screen(
                Confirm(clean(question, 2000), yes="Set aside", no="Leave"), partial(self._mend, error)
            )
        except DeskError as error:
            self.exit(error)

    def _desk(self, service: TriggerService) -> Dashboard:
        desk = Dashboard(service, self._veil, self._profiles)
        desk.fit(self.size)
        return desk

    @on(Dashboard.Chosen)
    def _other_profile(self, message: Dashboard.Chosen) -> None:
        self._switch(message.desk, message.profile)

    @work(group="switch")
    async def _switch(self, left: SwitchingScreen, profile: str) -> None:
        """Opens another profile in the place of the live one; where it cannot be opened, that stays."""
        async with self._switching:
            if self._profiles is not None and left in self.screen_stack:
                await self._replace(left, self._profiles, profile)

    async def _replace(self, left: SwitchingScreen, profiles: Profiles, profile: str) -> None:
        try:
            service = profiles.open(profile)
        except DeskError as error:
            left.say("The profile stays as it is", str(error))
            return
        await left.wind_up()
        self.clear_notifications()
        before, self._service = self._service, service
        await self.switch_screen(self._desk(service))
        if before is not None:
            await before.close()

    async def standing(self) -> None:
        """Returns once everything is there that a key may lead to."""
        if isinstance(self.screen, Dashboard):
            await self.screen.standing()

    def _mend(self, damaged: DamagedHistoryError, yes: bool | None) -> None:
        """Begins a new history beside the damaged one, or leaves with the sentence."""
        if not yes:
            self.exit(damaged)
            return
        try:
            set_aside(damaged.path)
        except DeskError as error:
            self.exit(error)
        else:
            self._open()

    async def on_unmount(self) -> None:
        if self._service is not None:
            await self._service.close()

    def action_help(self) -> None:
        """Help on the screen that is there, or away with it again."""
        from app.tui.screens.help import HelpScreen  # noqa: PLC0415 - imported when it is opened

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(self.screen))

    def action_other_theme(self) -> None:
        self.theme = DARK.name if not self.current_theme.dark else LIGHT.name

    async def action_quit(self) -> None:
        """Leaves; asks first while a trigger is under way."""
        if any(isinstance(screen, Dashboard) and screen.sending for screen in self.screen_stack):
            self.push_screen(Confirm(LEAVING, yes="Leave", no="Stay"), self._leave_if)
        else:
            self.exit()

    def _leave_if(self, leave: bool | None) -> None:
        if leave:
            self.exit()
