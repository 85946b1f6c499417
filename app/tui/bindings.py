"""The keys of the dashboard, and the palette, which offers the same actions and says why one is off."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.markup import escape
from textual.screen import Screen

DESK = "desk."
NOT_IN_PALETTE = ("table", "text")
"""What moves in a list or a text is no action of the palette."""

_KEY_NAMES = {"escape": "Esc"}


def _desk(
    key: str, action: str, name: str, tooltip: str, *, action_id: str = "", show: bool = False
) -> Binding:
    # Priority: a text field has uses of its own for some of these keys.
    action_id = action_id or name.lower().replace(" ", "_")
    return Binding(key, action, name, tooltip=tooltip, show=show, priority=True, id=f"{DESK}{action_id}")


APP_BINDINGS: list[BindingType] = [
    _desk("ctrl+q", "quit", "Quit", "Quit the dashboard"),
    Binding(
        "ctrl+t",
        "other_theme",
        "Dark or light",
        tooltip="Switch between the dark and the light theme",
        show=False,
        id=f"{DESK}theme",
    ),
    _desk("f1", "help", "Help", "Explain this pane, the keys, the symbols and the replies", show=True),
]

DASHBOARD_BINDINGS: list[BindingType] = [
    _desk("f9", "send", "Send", "Trigger the event for the contact", show=True),
    _desk(
        "escape", "stop", "Stop", "Stop waiting for the reply (asks first), or stop the refresh", show=True
    ),
    _desk("f10", "unlock", "Unlock sending", "Unlock sending on a live account, or lock it again", show=True),
    _desk("f2", "go('events')", "Events", "Find an event", show=True),
    _desk("f3", "go('contacts')", "Contacts", "Find a contact", show=True),
    _desk("f4", "go('trigger')", "Form", "Edit the trigger form", show=True),
    _desk("f6", "go('history')", "History", "Find attempts and read their replies", show=True),
    _desk("f5", "refresh_lists", "Refresh", "Load events, fields and contacts from the account", show=True),
    _desk("f7", "go('reply')", "Reply", "Read the reply to the last trigger"),
    _desk("ctrl+d", "bulk", "Bulk", "Send one event to many contacts: plan a file, run it, read the report"),
    _desk("ctrl+l", "look_up", "Look up", "Ask the account for the contact you typed"),
    _desk(
        "f8", "event_data", "Event data", "Insert the example, the last data or a template; save a template"
    ),
    _desk("f11", "format", "Format", "Indent the JSON of the event data"),
    _desk("ctrl+g", "fix", "Fix", "Apply the first suggested fix; never sends"),
    _desk("ctrl+r", "preview_request", "Preview request", "Show the request as cURL, Python or JSON"),
    _desk("ctrl+o", "switch_profile", "Switch profile", "Open the account of another profile"),
    _desk(
        "ctrl+b",
        "personal_data",
        "Hide or show personal data",
        "Mask names, addresses and values everywhere, or show them again",
        action_id="personal_data",
    ),
    _desk("ctrl+n", "clear_form", "Clear form", "Empty the form"),
]


def key_of(node: DOMNode, action: str) -> str:
    """The key that a binding id has now, as a sentence names it; "the palette" if it has none.

    Ids of the dashboard may leave out `desk.`.
    """
    action_id = action if "." in action else f"{DESK}{action}"
    for active in node.screen.active_bindings.values():
        if active.binding.id == action_id:
            return _KEY_NAMES.get(active.binding.key, active.binding.key)
    return "the palette"


def active_in_order(screen: Screen[Any]) -> list[ActiveBinding]:
    """The active bindings, each action once: of the focus, of the screen in its order, of the app.

    The order of Textual's own list depends on which of them the keymap changed.
    """
    listed = [binding.id for binding in screen.BINDINGS if isinstance(binding, Binding)]
    found: dict[tuple[str | None, str], ActiveBinding] = {}
    for active in screen.active_bindings.values():
        found.setdefault((active.binding.id, active.binding.action), active)

    def place(active: ActiveBinding) -> int:
        if active.binding.id in listed:
            return listed.index(active.binding.id)
        return len(listed) if active.node is screen.app else -1

    return sorted(found.values(), key=place)


@dataclass(frozen=True, slots=True)
class Command:
    """An entry of the palette."""

    name: str
    help: str
    run: Callable[[], object]


@runtime_checkable
class PaletteScreen(Protocol):
    """A screen that explains what is off, and has commands without a key."""

    def why_off(self, action: str) -> str: ...

    def commands(self) -> Sequence[Command]: ...


class Palette(Provider):
    """The bindings of the screen and its panes, its other commands, and those of Textual, in this order."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.name, command.run, help=escape(command.help))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for one in self._commands():
            # A match in the name counts more than one in the help.
            if score := 2 * matcher.match(one.name) or matcher.match(f"{one.name}: {one.help}"):
                yield Hit(score, matcher.highlight(one.name), one.run, one.name, escape(one.help))

    def _commands(self) -> Iterator[Command]:
        seen: set[str] = set()
        for active in self._bindings():
            action_id = active.binding.id or ""
            if action_id.partition(".")[0] not in ("", *NOT_IN_PALETTE) and action_id not in seen:
                seen.add(action_id)
                yield self._command(active)
        if isinstance(self.screen, PaletteScreen):
            yield from self.screen.commands()
        for title, text, callback, _ in self.app.get_system_commands(self.screen):
            yield Command(title, text, callback)

    def _bindings(self) -> Iterator[ActiveBinding]:
        """The active bindings, the dashboard's before those of the focused pane; those of other panes; those that are off."""
        yield from sorted(active_in_order(self.screen), key=lambda one: one.node.has_class("pane"))
        for pane in self.screen.query(".pane"):
            for binding in type(pane).BINDINGS:
                if isinstance(binding, Binding):
                    yield ActiveBinding(
                        pane, binding, True, f"{binding.tooltip}, in {(pane.id or '').title()}"
                    )
        for binding in self.screen.BINDINGS:
            if isinstance(binding, Binding):
                yield ActiveBinding(self.screen, binding, False, binding.tooltip)

    def _command(self, active: ActiveBinding) -> Command:
        binding, app = active.binding, self.app
        if not active.enabled:
            why = self.screen.why_off(binding.action) if isinstance(self.screen, PaletteScreen) else ""
            say = partial(app.notify, why or binding.tooltip, severity="warning", markup=False)
            return Command(binding.description, f"Off: {why or binding.tooltip}", say)
        run = partial(app.run_action, binding.action, active.node)
        if active.node.has_class("pane"):
            return Command(binding.description, active.tooltip, run)
        return Command(binding.description, f"{active.tooltip} ({app.get_key_display(binding)})", run)
