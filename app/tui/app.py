"""The dashboard as a Textual application: sheets, themes, keys, the palette."""

import gc
import sys
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rich.traceback import Traceback
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.screen import Screen

from app.resources import styles
from app.tui.opening import OpeningApp, Profiles
from app.tui.privacy import PrivacyMode
from app.tui.theme import DARK, LIGHT, own_tokens

OFFERED = ("Theme", "Screenshot")
STANDS_AFTER_S = 1.0


def _collect_garbage() -> None:
    """Begins to: what the start has made stays, and looking through it again and again would be for nothing."""
    gc.freeze()
    gc.enable()


def _palette() -> type[Provider]:
    from app.tui.screens.palette import Palette  # noqa: PLC0415 - imported when it is opened

    return Palette


class TriggerDeskApp(OpeningApp):
    """What everything on the screen shares: the look, the keys of everywhere, the palette."""

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
        profiles: Profiles,
        *,
        veil: PrivacyMode | None = None,
        masked: bool = False,
        theme: str | None = None,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`masked`: with the veil on from the first frame; `keymap` by the ids of bindings."""
        super().__init__(profiles, veil or PrivacyMode(), masked=masked)
        self._keymap = dict(keymap or {})
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._begin_in(theme or DARK.name)

    def get_driver_class(self) -> type[Driver]:
        """Textual's own on Windows, where the terminal is another."""
        if sys.platform == "win32":
            return super().get_driver_class()
        from app.tui.terminal import TerminalDriver  # noqa: PLC0415 - imports modules that Windows lacks

        return TerminalDriver

    def _fatal_error(self) -> None:
        # Textual's own shows the locals of every frame, and the secret may be among them.
        self.panic(Traceback())

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
        self.set_keymap(self._keymap)
        self.set_timer(STANDS_AFTER_S, _collect_garbage)
        # Nothing is painted before the first message is taken: opened now, the first frame would be drawn twice.
        self.call_later(self._open)

    def action_help(self) -> None:
        """Help on the screen that is there, or away with it again."""
        from app.tui.screens.help import HelpScreen  # noqa: PLC0415 - imported when it is opened

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(self.screen))

    def action_other_theme(self) -> None:
        self.theme = DARK.name if not self.current_theme.dark else LIGHT.name
