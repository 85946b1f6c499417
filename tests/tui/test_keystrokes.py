"""The keys that a job takes, counted on the real program in a small terminal, from its first frame on."""

from pathlib import Path

from app.bootstrap import open_service
from app.domain.model import Outcome
from app.settings import load_settings
from tests.terminal import run_in_terminal

FROM_COLD = 12
AGAIN = 4
REMEDY = 3
OTHER_DATA = '{"a":1}'


async def test_a_trigger_another_with_other_data_and_a_remedy_take_few_keys(tmp_path: Path) -> None:
    environment = {"TRIGGERDESK_HOME": str(tmp_path / "home")}
    with run_in_terminal(environment=environment) as terminal:
        terminal.wait_for("refreshed just now")
        terminal.press("100", "enter", "thor", "enter", "f9")
        terminal.wait_for("accepted", "as predicted")
        assert terminal.pressed <= FROM_COLD
        terminal.pressed = 0
        terminal.press("f4")
        terminal.wait_for("Event data")
        terminal.press("tab", "ctrl+a", OTHER_DATA, "f9")
        terminal.wait_for("accepted", "as predicted")
        assert terminal.pressed <= len(OTHER_DATA) + AGAIN
        terminal.press("f4", "twin@example.com", "f9")
        terminal.wait_for("2010", "rejected")
        terminal.pressed = 0
        terminal.press("ctrl+g", "f9")
        terminal.wait_for("accepted", "as predicted")
        assert terminal.pressed <= REMEDY
    service = open_service(load_settings(environment))
    mended, refused, again, first = service.history.list_attempts(0)
    await service.close()
    assert (first.request.external_id, again.request.external_id) == ("thor@example.com",) * 2
    assert first.request.data == {"global": {"itemName": "hammer", "itemPrice": "123"}}
    assert again.request.data == {"a": 1}
    assert (refused.request.key_id, refused.request.external_id) == ("3", "twin@example.com")
    assert (mended.request.key_id, mended.request.external_id) == ("id", "12")
    assert mended.outcome is Outcome.ACCEPTED
