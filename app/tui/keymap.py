"""Which key an action has: by default its own, else the one that `[keymap]` of the configuration gives it."""

from typing import Any

from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen

DESK = "desk."
_SAID = {"escape": "Esc"}


def key_of(node: DOMNode, action: str) -> str:
    """The key that an action has now, as sentences name it; where it has none, where else it is.

    Those of the desk may be named without `desk.`.
    """
    for active in node.screen.active_bindings.values():
        if active.binding.id == _full(action):
            return _SAID.get(active.binding.key, active.binding.key)
    return "the palette"


def active_in_order(screen: Screen[Any]) -> list[ActiveBinding]:
    """What can be pressed now, each action once: of what has the focus, of the screen in its order, of the program.

    The order of Textual's own list depends on which of them the keymap has changed.
    """
    listed = [binding.id for binding in screen.BINDINGS if isinstance(binding, Binding)]
    found: dict[tuple[str | None, str], ActiveBinding] = {}
    for active in screen.active_bindings.values():
        found.setdefault((active.binding.id, active.binding.action), active)

    def place(one: ActiveBinding) -> int:
        if one.binding.id in listed:
            return listed.index(one.binding.id)
        return len(listed) if one.node is screen.app else -1

    return sorted(found.values(), key=place)


def _full(name: str) -> str:
    return name if "." in name else f"{DESK}{name}"
