"""`[keymap]`: which names and keys it takes, and what is said about a mistake."""

import pytest

from app.settings import SettingsError
from app.settings.keymap import ACTIONS, check_keymap


def test_an_action_of_the_dashboard_may_be_named_without_its_place() -> None:
    wanted = {"send": "f12", "desk.history": "ctrl+k, f14", "attempt.arrived": "x"}
    assert check_keymap(wanted) == {
        "desk.send": "f12",
        "desk.history": "ctrl+k,f14",
        "attempt.arrived": "x",
    }
    assert check_keymap({"send": "f2", "events": "f9"})


def test_the_keys_that_actions_have_can_be_given_to_them() -> None:
    assert check_keymap(ACTIONS) == ACTIONS


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"sent": "f12"},
            "keymap.sent: unknown action. The dashboard has bulk, clear_form, contacts, ",
        ),
        ({"attempt.arived": "f12"}, "keymap.attempt.arived: unknown action."),
        ({"send": "F12"}, "keymap.send: 'F12' is not a key. Use one such as f12 or ctrl+k."),
        ({"send": "f25"}, "keymap.send: 'f25' is not a key"),
        ({"send": "control+k"}, "keymap.send: 'control+k' is not a key"),
        ({"send": "+"}, "keymap.send: '+' is not a key"),
        ({"send": ""}, "keymap.send: '' is not a key"),
        ({"send": "f2"}, "keymap.send: f2 is also the key of events. Give that action another key."),
        ({"send": "f12", "help": "f12"}, "f12 is also the key of "),
    ],
)
def test_a_mistake_is_told(wanted: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_keymap(wanted)
    assert said in str(caught.value)
