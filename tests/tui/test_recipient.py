"""Whom a trigger goes to: the contact who was chosen, named at all times, and whose event data it carries."""

import re
from pathlib import Path

from textual.widgets import Input, Select, TextArea

from app.domain.model import Outcome
from app.service.masking import open_mask
from tests.tui.conftest import Desk, OpenDesk

MAGNUS = "to Magnus Tveskov-Hale · contact 13"
SHARED = f"{MAGNUS} by contact id: others share this E-Mail (3)"
THOR = "to Thor Odinson · contact 11"
TWINS = "2 contacts share this E-Mail (3): Mira Tveskov (12), Magnus Tveskov-Hale (13)"


def _asked(desk: Desk) -> tuple[str, str]:
    request = desk.form.request()
    return request.key_id, request.external_id


def _recipient(desk: Desk) -> str:
    return desk.text_of("#recipient")


def _choose_key(desk: Desk, key_id: str) -> None:
    desk.app.screen.query_one("#key-field", Select).value = key_id


def _type_data(desk: Desk, text: str) -> None:
    desk.app.screen.query_one("#event-data", TextArea).text = text


async def test_the_picked_contact_gets_it_though_others_share_the_value_also_from_a_draft(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press("f3", *"magnus", "enter", "f2", *"101", "enter")
        assert (_asked(desk), _recipient(desk)) == (("id", "13"), SHARED)
        await desk.press("f2", *"104", "enter")
        assert (_asked(desk), _recipient(desk)) == (("id", "13"), SHARED)
        assert "✓ Will be accepted (0 OK)" in desk.text_of("#preflight")
        await desk.press("ctrl+g", "f9")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.ACCEPTED
        assert (attempt.request.key_id, attempt.request.external_id) == ("id", "13")
        _choose_key(desk, "uid")
        await desk.press("f3", *"tP4hVc8RkS", "ctrl+l", "f4")
        _choose_key(desk, "3")
        await desk.press("f3", *"magnus", "enter")
        assert (_asked(desk), _recipient(desk)) == (("id", "13"), SHARED)
        _choose_key(desk, "3")
        await desk.settle()
        assert (_asked(desk), _recipient(desk)) == (("3", "twin@example.com"), TWINS)
        before = desk.text_of("#preflight")
        magnus, mira = "Pick Magnus Tveskov-Hale, contact 13", "Pick Mira Tveskov, contact 12"
        assert before.index(magnus) < before.index(mira)
    async with open_desk() as desk:
        assert (_asked(desk), _recipient(desk)) == (("id", "13"), SHARED)
        _choose_key(desk, "3")
        await desk.settle()
        await desk.press("ctrl+g")
        assert _asked(desk) == ("id", "13")
        assert MAGNUS in _recipient(desk)


async def test_the_recipient_is_named_however_the_value_came_there(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("f4", *"100", "f4", *"thor@example.com")
        assert _recipient(desk) == THOR
        for value, said in (
            ("twin@example.com", TWINS),
            ("nobody@example.com", "No contact has this E-Mail (3)"),
            ("thor@example.com ", "No contact has this E-Mail (3) ! external id: 1 space after it"),
        ):
            desk.app.screen.query_one("#external-id", Input).value = value
            await desk.settle()
            assert _recipient(desk) == said
        await desk.press("ctrl+g")
        assert _recipient(desk) == THOR
        await desk.press("f9")
        assert _recipient(desk) == THOR
        await desk.press("f2", *"104", "enter")
        assert _recipient(desk) == THOR
        await desk.press("ctrl+n", "f6", "enter", "o")
        assert _recipient(desk) == THOR
        for typed, button, recipient in (
            ("twin@example.com", "Pick Mira Tveskov, contact 12", "to Mira Tveskov · contact 12"),
            ("C-10011", "Pick Thor Odinson, contact 11 use Customer number (10142)", THOR),
        ):
            _choose_key(desk, "3")
            await desk.press("f4", *typed)
            assert button in desk.text_of("#preflight")
            await desk.press("ctrl+g")
            assert recipient in _recipient(desk)
        _choose_key(desk, "46")
        await desk.settle()
        desk.app.screen.query_one("#external-id", Input).value = "Ms"
        await desk.settle()
        found = re.fullmatch(
            r"(\d+) contacts share this Salutation \(46\): Imogen Fairweather \(1\), .+ \(2\), .+ \(4\) and (\d+) more",
            _recipient(desk),
        )
        assert found is not None
        assert int(found[1]) == int(found[2]) + 3


async def test_the_key_field_is_the_events_own_again_after_a_fix(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        for then in (
            ("f3", *"thor", "enter"),
            ("f2", *"104", "enter", *"thor", "enter"),
            ("f9", "ctrl+n", *"101", "enter", *"thor", "enter"),
        ):
            await desk.press("ctrl+n", "f2", *"101", "enter", "f4", *"twin@example.com", "ctrl+g")
            assert _asked(desk) == ("id", "12")
            await desk.press(*then)
            assert _asked(desk) == ("3", "thor@example.com")
        await desk.press("ctrl+n")
    async with open_desk() as desk:  # nor was the fix that was sent last
        await desk.press("f2", *"101", "enter", *"thor", "enter")
        assert _asked(desk) == ("3", "thor@example.com")
        _choose_key(desk, "id")  # but one that a person picks stays
        await desk.press("f3", *"sif", "enter")
        assert _asked(desk) == ("id", "15")
        assert _recipient(desk) == "to Sif Gullhår · contact 15"


async def test_event_data_of_another_contact_are_told_until_they_change_but_not_an_example_nor_a_filling(
    open_desk: OpenDesk, home: Path
) -> None:
    same = re.compile(r"! Same event data as for Thor Odinson \(\d\d:\d\d\)")
    async with open_desk(open_mask=lambda: open_mask(home)) as desk:
        await desk.press("f2", *"100", "enter", *"thor", "enter", "f9")
        await desk.press("f3", *"sif", "enter")
        said = desk.text_of("#preflight")
        assert "Same event data" not in said
        assert "Example data" not in said
        await desk.press("f3", *"thor", "enter")
        _type_data(desk, '{"name": "{{field:1}}"}')
        await desk.press("f9")
        await desk.press("f3", *"sif", "enter")
        assert "Same event data" not in desk.text_of("#preflight")

        await desk.press("f2", *"101", "enter", "f3", *"thor", "enter")
        _type_data(desk, '{"link": "reset-1"}')
        await desk.settle()
        assert "Same event data" not in desk.text_of("#preflight")
        await desk.press("f3", *"sif", "enter")
        assert same.search(desk.text_of("#preflight"))
        await desk.press("f3", *"thor", "enter")
        assert "Same event data" not in desk.text_of("#preflight")
        await desk.press("f9")
        await desk.press("f3", *"sif", "enter")
        assert same.search(desk.text_of("#preflight"))
        await desk.press("ctrl+b")
        assert "! Same event data as for" in desk.text_of("#preflight")
        assert "Odinson" not in desk.text_of("#preflight")
        _type_data(desk, '{"link": "reset-2"}')
        await desk.settle()
        assert "Same event data" not in desk.text_of("#preflight")
        await desk.press("f3", *"magnus", "enter")
        assert "others share this E-Mail (3)" in _recipient(desk)
        assert "Magnus" not in _recipient(desk)
