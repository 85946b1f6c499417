"""What the dashboard can do: its keys, and the palette, which offers the same actions and says why one is off."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider

from app.tui.keymap import DESK


def _binding(key: str, action: str, name: str, tooltip: str, *, show: bool = True) -> Binding:
    return Binding(
        # Before the focused widget: an editor has uses of its own for some function keys.
        key,
        action,
        name,
        tooltip=tooltip,
        show=show,
        priority=True,
        id=f"{DESK}{name.lower().replace(' ', '_')}",
    )


DESK_BINDINGS: list[BindingType] = [
    _binding("f9", "send", "Send", "Trigger the event for the contact"),
    Binding(
        "escape",
        "stop",
        "Stop",
        tooltip="Stop waiting for the reply; where nothing is being sent, stop a refresh",
        priority=True,
        id="desk.stop",
    ),
    _binding("f2", "go('events')", "Events", "Find an event"),
    _binding("f3", "go('contacts')", "Contacts", "Find a contact"),
    _binding("f4", "go('trigger')", "Form", "Edit the trigger form"),
    _binding("f6", "go('history')", "History", "What was sent before, and the replies"),
    _binding("f5", "refresh", "Refresh", "Read events, fields and contacts of the account again"),
    _binding("ctrl+l", "lookup", "Look up", "Ask the account for the contact that is typed", show=False),
    _binding("f7", "go('reply')", "Reply", "Read the reply to the last trigger", show=False),
    _binding(
        "f8", "example", "Take example", "The event's example data in place of what was typed", show=False
    ),
    _binding("f10", "arm", "Arm", "Arm sending to a real account for some minutes, or end that"),
    _binding("ctrl+r", "request", "Request", "See the exact request, as cURL, Python or JSON", show=False),
    _binding("ctrl+o", "switch", "Switch profile", "Go to the account of another profile", show=False),
    _binding("ctrl+b", "mask", "Mask", "Mask persons in everything that is shown, or no longer", show=False),
    _binding("ctrl+n", "clear", "Clear form", "Empty the form, to begin anew", show=False),
    _binding("f1", "help", "Help", "Keys, symbols, and how to produce each reply"),
]


@runtime_checkable
class Explaining(Protocol):
    """A screen that can say why an action is off."""

    def why_off(self, action: str) -> str: ...


class DeskCommands(Provider):
    """The bindings whose id begins with `desk.`, so that a key and the palette cannot differ."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for active in self._bindings():
            yield DiscoveryHit(active.binding.description, self._run(active), help=self._help(active))

    async def search(self, query: str) -> Hits:
        """Those whose words match what is typed."""
        matcher = self.matcher(query)
        for active in self._bindings():
            words = f"{active.binding.description}: {active.tooltip}"
            if (score := matcher.match(words)) > 0:
                name = active.binding.description
                yield Hit(score, matcher.highlight(name), self._run(active), name, self._help(active))

    def _bindings(self) -> Iterator[ActiveBinding]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.id.startswith(DESK) and binding.id not in seen:
                seen.add(binding.id)
                yield active

    def _help(self, active: ActiveBinding) -> str:
        key = self.app.get_key_display(active.binding)
        return f"{active.tooltip} ({key})" if active.enabled else f"Off: {self._why_off(active)}"

    def _why_off(self, active: ActiveBinding) -> str:
        screen = self.screen
        return screen.why_off(active.binding.action) if isinstance(screen, Explaining) else active.tooltip

    def _run(self, active: ActiveBinding) -> partial[Any]:
        if not active.enabled:
            return partial(self.app.notify, self._why_off(active), severity="warning", markup=False)
        return partial(self.app.run_action, active.binding.action, active.node)
