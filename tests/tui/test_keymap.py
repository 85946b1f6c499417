"""The keymap of the configuration is obeyed, and named wherever a key is named."""

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys

from app.settings import SettingsError
from app.settings.keymap import ACTIONS, check_keymap
from app.tui import app as everything  # imports every part of the dashboard
from tests.tui.conftest import NARROW, OpenDesk


def classes(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """The classes of the dashboard below this one."""
    for one in kind.__subclasses__():
        yield from classes(one)
        if one.__module__.startswith(everything.__package__):
            yield one


BINDINGS = [
    binding
    for owner in set(classes(DOMNode))
    for binding in vars(owner).get("BINDINGS", ())
    if isinstance(binding, Binding) and binding.id and not binding.id.startswith("table.")
]


def test_the_actions_of_the_configuration_are_the_bindings_of_the_dashboard() -> None:
    assert dict(ACTIONS) == {binding.id: binding.key for binding in BINDINGS}


def test_every_key_that_textual_names_can_be_given() -> None:
    keys = {key.value for key in Keys if not key.value.startswith("<") and key.value != "ctrl-at"}
    refused = {key for key in keys if not _can_be_given(key)}
    assert refused == set()


def _can_be_given(key: str) -> bool:
    try:
        check_keymap({"attempt.note": key})
    except SettingsError:
        return False
    return True


def test_ids_are_not_given_twice() -> None:
    ids = [binding.id for binding in BINDINGS]
    assert len(ids) == len(set(ids))


async def test_other_keys_are_obeyed_and_told_wherever_a_key_is_named(open_desk: OpenDesk) -> None:
    keymap = {
        "send": "f12",
        "desk.history": "ctrl+k",
        "event_data": "ctrl+e",
        "refresh": "ctrl+f",
        "help": "f3",
        "contacts": "f14",
    }
    async with open_desk(size=NARROW, keymap=check_keymap(keymap)) as desk:
        assert "f12 Send" in desk.screen().splitlines()[-1]
        await desk.press("ctrl+k")
        assert desk.dashboard.pane == "history"
        assert desk.dashboard.query_one("#history").border_subtitle == "^k"
        await desk.press("f4", *"100", "tab", "tab", "tab", "space")
        assert "ctrl+e inserts the example" in desk.text_of("#data-check")
        await desk.press("f3")
        shown = desk.text_of("#help")
        assert " f12 Send" in shown
        assert "f9" not in shown.partition("The form")[0]
        assert "^f Refresh" in shown
        await desk.press("f3")
        assert desk.app.screen is desk.dashboard
