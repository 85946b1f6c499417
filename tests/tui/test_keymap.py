"""The keymap of the configuration: obeyed, checked, and told wherever a key is named."""

import pytest
from textual.binding import Binding

from app.tui.app import TriggerDeskApp
from app.tui.keymap import KeymapError, checked_keymap
from app.tui.screens.every_binding import EVERY_BINDING
from tests.profiles import Opening
from tests.tui.conftest import NARROW, OpenDesk

BINDINGS = [*TriggerDeskApp.BINDINGS, *EVERY_BINDING]


def test_an_action_of_the_desk_may_be_named_without_its_place() -> None:
    wanted = {"send": "f12", "desk.history": "ctrl+k,f14", "attempt.arrived": "x"}
    assert checked_keymap(wanted, BINDINGS) == {
        "desk.send": "f12",
        "desk.history": "ctrl+k,f14",
        "attempt.arrived": "x",
    }
    assert checked_keymap({"send": "f2", "events": "f9"}, BINDINGS)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"sent": "f12"}, "keymap.sent: there is no such action. Of the desk there are arm, clear_form, "),
        ({"attempt.arived": "f12"}, "keymap.attempt.arived: there is no such action."),
        ({"send": "F12"}, "keymap.send: 'F12' is no key, such as f12 or ctrl+k."),
        ({"send": ""}, "keymap.send: '' is no key"),
        ({"send": "f2"}, "keymap.send: f2 is the key of events too; give that another one."),
        ({"send": "f12", "help": "f12"}, "f12 is the key of "),
    ],
)
def test_a_mistake_is_told(wanted: dict[str, str], said: str) -> None:
    with pytest.raises(KeymapError) as caught:
        checked_keymap(wanted, BINDINGS)
    assert said in str(caught.value)


def test_ids_are_not_given_twice() -> None:
    ids = [one.id for one in BINDINGS if isinstance(one, Binding) and one.id]
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
    async with open_desk(size=NARROW, keymap=keymap) as desk:
        assert desk.text_of("KeyLine").startswith("f12 Send")
        await desk.press("ctrl+k")
        assert desk.dashboard.pane == "history"
        assert desk.dashboard.query_one("#history").border_subtitle == "^k"
        await desk.press("f4", *"100", "tab", "tab", "tab", "space")
        assert "ctrl+e has the example" in desk.text_of("#data-check")
        await desk.press("f3")
        shown = desk.text_of("#help")
        assert " f12 Send" in shown
        assert "f9" not in shown
        assert "^f Refresh" in shown
        await desk.press("f3")
        assert desk.app.screen is desk.dashboard


async def test_a_mistake_ends_the_program_with_its_sentence(open_desk: OpenDesk) -> None:
    app = TriggerDeskApp(Opening(lambda: pytest.fail("opened")), keymap={"sent": "f12"})
    async with app.run_test():
        pass
    assert "keymap.sent" in str(app.return_value)
