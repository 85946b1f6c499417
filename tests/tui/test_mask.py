"""The mask on the screen: no pane, no notice and no picture shows a person, and everything can be undone."""

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from app.bootstrap import open_service
from app.domain.errors import AppError
from app.service.masking import KEY_FILE, open_mask
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.privacy import covered
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk

PERSONS = re.compile(r"(?i)(?<!on:today.)(?<!on:today&#160;)thor|odinson|twin@|sif|loki")
"""The persons named on the screen, except in the example of a query."""


async def test_no_person_is_shown_anywhere_while_the_mask_is_on(home: Path) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    service.scenarios = None  # as on any account but the built-in one
    app = TriggerDeskApp(Opening(lambda: service), open_mask=lambda: open_mask(home), masked=True)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()

        def seen() -> None:
            assert PERSONS.findall(desk.screen()) == []

        assert "masked" in desk.screen().splitlines()[0]
        await desk.press("f3")
        assert "@mask" in desk.screen()
        seen()
        await desk.press("f2", *"100", "enter", *"thor")
        seen()
        await desk.press("enter")
        assert desk.form.request().external_id == "thor@example.com"
        seen()
        desk.form.editor.fill('{"name": "Thor"}', typed=True)
        await desk.press("f4", "f9")
        assert "accepted" in desk.screen()
        seen()
        assert PERSONS.findall(app.export_screenshot()) == []
        for keys in (("f7",), ("f4",), ("ctrl+l",), ("ctrl+r",), ("escape", "f6"), ("enter",)):
            await desk.press(*keys)
            seen()
        await desk.press("escape", "n")
        assert "@masked.example" in desk.text_of("#confirm")
        seen()
        desk.dashboard.query_one("#external-id", Input).value = "loki@example.com"
        await desk.press("escape", "f4", "f9")
        assert "2008" in desk.screen()
        seen()
        await desk.press("ctrl+b")
        assert "loki@example.com" in desk.text_of("#reply")
        await desk.press("f6")
        assert "thor@example.com" in desk.screen()
        assert "masked" not in desk.screen()
        await desk.press("ctrl+b")
        await pilot.resize_terminal(*NARROW)
        for pane in ("f2", "f3", "f4", "f6", "f7"):
            await desk.press(pane)
            seen()


async def test_a_mask_that_cannot_be_had_keeps_a_masked_desk_closed(home: Path) -> None:
    (home / KEY_FILE).write_bytes(b"short")
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
    app = TriggerDeskApp(Opening(lambda: service), open_mask=lambda: open_mask(home), masked=True)
    async with app.run_test(size=WIDE):
        pass
    assert isinstance(app.return_value, AppError)
    assert "is not a mask key" in str(app.return_value)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('  "name": "Thor Odinson",', '  "name": "•••• •••••••",'),
        ('  "thor@example.com": {', '  "••••@•••••••.•••": {'),
        ('"a": true, "b": null, "c": 12, "d": 1234567', '"a": true, "b": null, "c": 12, "d": •••••••'),
        ('"said": "it is true: \\"12\\" : 5"', '"said": "•• •• ••••: \\"••\\" : •"'),
        ('"unfinished": "Tho', '"unfinished": "•••'),
        ("Thor", "••••"),
        ("", ""),
    ],
)
def test_a_line_of_event_data_is_covered_in_place(line: str, shown: str) -> None:
    assert covered(line) == shown
    assert len(covered(line)) == len(line)
