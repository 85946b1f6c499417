"""What the dashboard can do: its keys, and the palette, which offers the same actions and says why one is off."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.fuzzy import Matcher
from textual.markup import escape

from app.tui.keymap import DESK, active_in_order
from app.tui.widgets.filtered_list import FilteredList

NOT_OFFERED = ("table", "text")
"""What moves in a list or a text is no action of the palette."""


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
    _binding("f9", "do('send')", "Send", "Trigger the event for the contact"),
    Binding(
        "escape",
        "do('stop')",
        "Stop",
        tooltip="Ask whether to stop waiting for the reply; if nothing is being sent, stop a refresh",
        priority=True,
        id="desk.stop",
    ),
    _binding("f2", "go('events')", "Events", "Find an event"),
    _binding("f3", "go('contacts')", "Contacts", "Find a contact"),
    _binding("f4", "go('trigger')", "Form", "Edit the trigger form"),
    _binding("f6", "go('history')", "History", "What was sent before, and the replies"),
    _binding("f10", "do('arm')", "Arm", "Arm sending to a real account for some minutes, or end that"),
    _binding("f5", "do('refresh')", "Refresh", "Read events, fields and contacts of the account again"),
    _binding(
        "ctrl+l", "do('lookup')", "Look up", "Ask the account for the contact that is typed", show=False
    ),
    _binding("f7", "go('reply')", "Reply", "Read the reply to the last trigger", show=False),
    _binding(
        "f8",
        "do('data')",
        "Event data",
        "Fill the event data with the example, what was last used or a template; keep or delete a template",
        show=False,
    ),
    _binding("f11", "do('format')", "Format", "Indent the JSON of the event data", show=False),
    _binding(
        "ctrl+g",
        "do('remedy')",
        "Mend",
        "Do what is advised first; it changes the form or asks the account, and does not send",
        show=False,
    ),
    _binding(
        "ctrl+r", "do('request')", "Request", "See the exact request, as cURL, Python or JSON", show=False
    ),
    _binding("ctrl+o", "do('switch')", "Switch profile", "Go to the account of another profile", show=False),
    _binding(
        "ctrl+b", "do('mask')", "Mask", "Mask persons in everything that is shown, or no longer", show=False
    ),
    _binding("ctrl+n", "do('clear')", "Clear form", "Empty the form, to begin anew", show=False),
]


@runtime_checkable
class Explaining(Protocol):
    """A screen that can say why an action is off."""

    def why_off(self, action: str) -> str: ...


def rank(matcher: Matcher, name: str, what: str) -> float:
    """How well a command fits what is typed, by its name before by what it does; 0 where it does not."""
    return 2 * matcher.match(name) or matcher.match(f"{name}: {what}")


class DeskCommands(Provider):
    """The bindings of the screen and of its panes, so that a key and the palette cannot differ."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for active in self._actions():
            yield DiscoveryHit(active.binding.description, self._run(active), help=self._help(active))

    async def search(self, query: str) -> Hits:
        """Those whose words match what is typed."""
        matcher = self.matcher(query)
        for active in self._actions():
            name = active.binding.description
            if (score := rank(matcher, name, active.tooltip)) > 0:
                yield Hit(score, matcher.highlight(name), self._run(active), name, self._help(active))

    def _actions(self) -> Iterator[ActiveBinding]:
        """Those that can be pressed now, those of the panes that have not the focus, and those that are not to be had."""
        seen: set[str] = set()
        # One begins in a list: what the desk can do comes before what is done about a list.
        now = sorted(active_in_order(self.screen), key=lambda one: isinstance(one.node, FilteredList))
        for active in (*now, *self._elsewhere(), *self._unavailable()):
            name = active.binding.id or ""
            if name.partition(".")[0] not in ("", *NOT_OFFERED) and name not in seen:
                seen.add(name)
                yield active

    def _elsewhere(self) -> Iterator[ActiveBinding]:
        for pane in self.screen.query(".pane"):
            for binding in type(pane).BINDINGS:
                if isinstance(binding, Binding):
                    yield ActiveBinding(
                        pane, binding, True, f"{binding.tooltip}, in {(pane.id or '').title()}"
                    )

    def _unavailable(self) -> Iterator[ActiveBinding]:
        for binding in self.screen.BINDINGS:
            if isinstance(binding, Binding):
                yield ActiveBinding(self.screen, binding, False, binding.tooltip)

    def _help(self, active: ActiveBinding) -> str:
        if not active.enabled:
            return escape(f"Off: {self._why_off(active)}")
        if active.node.has_class("pane"):
            return active.tooltip
        return escape(f"{active.tooltip} ({self.app.get_key_display(active.binding)})")

    def _why_off(self, active: ActiveBinding) -> str:
        screen = self.screen
        why = screen.why_off(active.binding.action) if isinstance(screen, Explaining) else ""
        return why or active.tooltip

    def _run(self, active: ActiveBinding) -> partial[Any]:
        if not active.enabled:
            return partial(self.app.notify, self._why_off(active), severity="warning", markup=False)
        return partial(self.app.run_action, active.binding.action, active.node)
