"""Checks `[keymap]` of config.toml without the dashboard, so that every verb reports a mistake in it."""

import re
from collections.abc import Mapping

from app.settings.profile import SettingsError

DASHBOARD = "desk."

ACTIONS: Mapping[str, str] = {
    "desk.quit": "ctrl+q",
    "desk.suspend": "ctrl+z",
    "desk.theme": "ctrl+t,alt+t",
    "desk.help": "f1",
    "desk.send": "f9",
    "desk.stop": "escape",
    "desk.events": "f2",
    "desk.contacts": "f3",
    "desk.form": "f4",
    "desk.history": "f6",
    "desk.unlock_sending": "f10",
    "desk.refresh": "f5",
    "desk.look_up": "ctrl+l",
    "desk.reply": "f7",
    "desk.bulk": "ctrl+d",
    "desk.event_data": "f8",
    "desk.format": "f11",
    "desk.fix": "ctrl+g",
    "desk.preview_request": "ctrl+r",
    "desk.switch_profile": "ctrl+o",
    "desk.personal_data": "ctrl+b",
    "desk.clear_form": "ctrl+n,alt+n",
    "attempt.back": "escape,enter",
    "attempt.evidence": "l",
    "attempt.arrived": "a",
    "attempt.did_not": "d",
    "attempt.same_trigger": "s",
    "attempt.new_trigger": "n",
    "attempt.in_the_form": "o",
    "attempt.request": "r",
    "attempt.export": "x",
    "attempt.compare": "c",
    "attempt.keep_as_check": "t",
    "attempt.note": "e",
    "attempt.previous": "left,k",
    "attempt.next": "right,j",
    "attempt.to_the_reply": "tab",
    "attempt.bytes": "b",
    "attempt.more": "v",
    "attempt.more_request": "V",
    "events.sort": "ctrl+s,r",
    "contacts.sort": "ctrl+s,r",
    "history.filter": "slash",
    "history.choose_a_filter": "f",
    "history.choose_a_time": "t",
    "history.sort": "r",
    "history.mark": "m",
    "history.compare": "c",
    "history.export": "x",
    "history.statistics": "p",
    "history.team": "e",
    "history.unresolved": "u",
    "history.keys": "question_mark",
    "contacts.attempts": "c",
    "history.full_screen": "z",
    "history.evidence": "l",
    "history.arrived": "a",
    "history.did_not": "d",
    "history.same_trigger": "s",
    "history.new_trigger": "n",
    "history.in_the_form": "o",
    "query.clear": "escape",
    "query.leave": "down",
    "compare.back": "escape,enter,c",
    "compare.equal": "e",
    "statistics.back": "escape,enter,p",
    "statistics.filter": "f",
    "statistics.refresh": "f5",
    "bulk.back": "escape",
    "bulk.new": "n",
    "bulk.again": "h",
    "bulk.run": "r",
    "bulk.pause": "p",
    "bulk.abort": "x",
    "bulk.report": "w",
    "bulk.rejected": "e",
    "bulk.resend": "u",
    "bulk.arrived": "a",
    "bulk.did_not": "d",
    "plan.back": "escape",
    "export.back": "escape",
    "export.copy": "ctrl+y",
    "menu.back": "escape",
    "request.copy": "c",
    "request.next": "right,tab",
    "request.previous": "left,shift+tab",
    "request.back": "escape,ctrl+r,enter",
    "help.back": "escape,enter",
    "help.symbols": "s",
    "help.replies": "r",
    "confirm.no": "escape",
    "confirm.yes": "ctrl+y",
    "ask.back": "escape",
    "data.back": "escape,f8",
    "data.keep": "s",
    "data.drop": "delete,d",
    "unlock.back": "escape",
    "profiles.back": "escape",
    "text.select_all": "ctrl+a",
}
"""Every action whose key can be changed, with its default; a test compares this with the bindings."""

_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_KEY = (
    r".|f([1-9]|1\d|2[0-4])|up|down|left|right|home|end|pageup|pagedown|insert|delete|backspace|tab|enter|return"
    r"|escape|space|slash|question_mark|backslash|circumflex_accent|right_square_bracket|underscore"
)


def check_keymap(wanted: Mapping[str, str]) -> Mapping[str, str]:
    """The keymap by full ids; `desk.` may be left out. Raises SettingsError, also for a shared key."""
    keymap: dict[str, str] = {}
    for name, keys in wanted.items():
        action = name if "." in name else f"{DASHBOARD}{name}"
        if action not in ACTIONS:
            known = sorted(one.removeprefix(DASHBOARD) for one in ACTIONS if one.startswith(DASHBOARD))
            raise SettingsError(f"keymap.{name}: unknown action. The dashboard has {', '.join(known)}.")
        keymap[action] = ",".join(_checked(name, key.strip()) for key in keys.split(","))
    _refuse_shared(keymap)
    return keymap


def _checked(name: str, key: str) -> str:
    *modifiers, last = key.split("+")
    if set(modifiers) <= _MODIFIERS and re.fullmatch(_KEY, last):
        return key
    raise SettingsError(f"keymap.{name}: {key!r} is not a key. Use one such as f12 or ctrl+k.")


def _refuse_shared(keymap: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for action, bound in {**ACTIONS, **keymap}.items():
        for key in bound.split(",") if action.startswith(DASHBOARD) else ():
            other = owners.setdefault(key, action)
            if other == action or not {action, other} & set(keymap):
                continue
            named, rival = (action, other) if action in keymap else (other, action)
            raise SettingsError(
                f"keymap.{named.removeprefix(DASHBOARD)}: {key} is also the key of "
                f"{rival.removeprefix(DASHBOARD)}. Give that action another key."
            )
