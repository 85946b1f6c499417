"""Which key an action has: by default its own, else the one that `[keymap]` of the configuration gives it."""

from collections.abc import Iterable, Mapping
from typing import Any

from textual.binding import ActiveBinding, Binding, BindingType
from textual.dom import DOMNode
from textual.keys import Keys
from textual.screen import Screen

from app.domain.errors import DeskError

DESK = "desk."
_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_SAID = {"escape": "Esc"}
_NAMED = {key.value for key in Keys}


class KeymapError(DeskError):
    """A mistake in the keymap; the message says which."""


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


def checked_keymap(wanted: Mapping[str, str], bindings: Iterable[BindingType]) -> dict[str, str]:
    """The keymap by the ids of these bindings; an action of the desk may be named without `desk.`.

    Raises KeymapError for an action or a key that does not exist, and for a key that two actions of the desk have.
    """
    known = {one.id: one.key for one in bindings if isinstance(one, Binding) and one.id}
    keymap: dict[str, str] = {}
    for name, keys in wanted.items():
        full = _full(name)
        if full not in known:
            desk = ", ".join(sorted(one.removeprefix(DESK) for one in known if one.startswith(DESK)))
            raise KeymapError(
                f"config.toml: keymap.{name}: there is no such action. Of the desk there are {desk}."
            )
        keymap[full] = ",".join(_checked(name, key.strip()) for key in keys.split(","))
    _refuse_shared({**known, **keymap}, keymap)
    return keymap


def _full(name: str) -> str:
    return name if "." in name else f"{DESK}{name}"


def _checked(name: str, key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ["plus"]
    if set(modifiers) <= _MODIFIERS and (len(last) == 1 or last in _NAMED or f"ctrl+{last}" in _NAMED):
        return key
    raise KeymapError(f"config.toml: keymap.{name}: {key!r} is no key, such as f12 or ctrl+k.")


def _refuse_shared(keys: Mapping[str, str], keymap: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for action, bound in keys.items():
        for key in bound.split(",") if action.startswith(DESK) else ():
            if (other := owners.setdefault(key, action)) != action and {action, other} & set(keymap):
                named = action if action in keymap else other
                rival = other if named == action else action
                raise KeymapError(
                    f"config.toml: keymap.{named.removeprefix(DESK)}: {key} is the key of "
                    f"{rival.removeprefix(DESK)} too; give that another one."
                )
