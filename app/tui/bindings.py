"""The keys of the dashboard, and the palette, which offers the same actions and says why one is off."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.markup import escape
from textual.screen import Screen

DESK = "desk."
NOT_IN_PALETTE = ("table", "text")
"""What moves in a list or a text is no action of the palette."""

PALETTE_PADDING = 3
"""The blank cells and the scrollbar of the palette at its sides."""

_KEY_NAMES = {"escape": "Esc"}


def _desk(
    key: str,
    action: str,
    name: str,
    tooltip: str,
    *,
    action_id: str = "",
    show: bool = False,
    priority: bool = True,
) -> Binding:
    # Priority: a text field has uses of its own for some of these keys.
    action_id = f"{DESK}{action_id or name.lower().replace(' ', '_')}"
    return Binding(key, action, name, tooltip=tooltip, show=show, priority=priority, id=action_id)


APP_BINDINGS: list[BindingType] = [
    _desk("ctrl+q", "quit", "Quit", "Quit the dashboard"),
    _desk("ctrl+z", "suspend_process", "Suspend", "Back to the shell, whose fg returns here", priority=False),
    _desk(
        "ctrl+t,alt+t", "other_theme", "Dark or light", "Switch between the dark and the light theme",
        action_id="theme", priority=False,
    ),
    _desk("f1", "help", "Help", "Explain this pane, the keys, the symbols and the replies", show=True),
]  # fmt: skip

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
    _desk("ctrl+n,alt+n", "clear_form", "Clear form", "Empty the form"),
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
    """An entry of the palette; `off` says why it cannot run now."""

    name: str
    help: str
    run: Callable[[], object]
    key: str = ""
    off: str = ""


@runtime_checkable
class PaletteScreen(Protocol):
    """A screen that explains what is off, and has commands without a key."""

    def why_off(self, action: str) -> str: ...

    def commands(self) -> Sequence[Command]: ...


class Palette(Provider):
    """The bindings of the screen, of each pane, its other commands, those of Textual; at the end, what is off."""

    async def discover(self) -> Hits:
        for one in self._in_order():
            yield DiscoveryHit(self._line(one, Content(one.name)), one.run, one.name, escape(one.help))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for one in self._in_order():
            if score := _score(query.casefold().split(), one) or matcher.match(one.name):
                name = matcher.highlight(escape(one.name))
                yield Hit(score, self._line(one, name), one.run, one.name, escape(one.help))

    def _line(self, command: Command, name: Content) -> Content:
        """The name, and the key at the right edge."""
        gap = self.app.size.width - 2 * PALETTE_PADDING - name.cell_length - len(command.key)
        return Content.assemble(name, " " * max(2, gap), (command.key, "bold $accent"))

    def _in_order(self) -> Sequence[Command]:
        return sorted(self._commands(), key=lambda one: bool(one.off))

    def _commands(self) -> Iterator[Command]:
        seen: set[str] = set()
        for pane, active in self._bindings():
            action_id = active.binding.id or ""
            if action_id.partition(".")[0] not in ("", *NOT_IN_PALETTE) and action_id not in seen:
                seen.add(action_id)
                yield self._command(pane, active)
        if isinstance(self.screen, PaletteScreen):
            yield from self.screen.commands()
        for title, text, callback, _ in self.app.get_system_commands(self.screen):
            yield Command(title, text, callback)

    def _bindings(self) -> Iterator[tuple[str, ActiveBinding]]:
        """The active bindings by pane, '' for none; then those of the panes without the focus, and those that are off."""
        active = [(_pane_of(one.node), one) for one in active_in_order(self.screen)]
        yield from ((pane, one) for pane, one in active if not pane)
        for pane in self.screen.query(".pane"):
            title = (pane.id or "").title()
            yield from ((name, one) for name, one in active if name == title)
            for binding in type(pane).BINDINGS:
                if isinstance(binding, Binding):
                    yield title, ActiveBinding(pane, binding, True, binding.tooltip)
        for binding in self.screen.BINDINGS:
            if isinstance(binding, Binding):
                yield "", ActiveBinding(self.screen, binding, False, binding.tooltip)

    def _command(self, pane: str, active: ActiveBinding) -> Command:
        binding, app = active.binding, self.app
        name = f"{pane}: {binding.description}" if pane else binding.description
        key = app.get_key_display(binding)
        if not active.enabled:
            why = self.screen.why_off(binding.action) if isinstance(self.screen, PaletteScreen) else ""
            why = why or binding.tooltip
            say = partial(app.notify, why, severity="warning", markup=False)
            return Command(name, f"Off: {why}", say, key, why)
        return Command(name, active.tooltip, partial(app.run_action, binding.action, active.node), key)


def _pane_of(node: DOMNode) -> str:
    return next(((one.id or "").title() for one in node.ancestors_with_self if one.has_class("pane")), "")


def _score(words: Sequence[str], command: Command) -> int:
    """More for words in the name than in the help; 0 if one is in neither."""
    name, every = command.name.casefold(), f"{command.name} {command.help}".casefold()
    if not words or not all(word in every for word in words):
        return 0
    return (20 if all(word in name for word in words) else 10) - 5 * bool(command.off)
