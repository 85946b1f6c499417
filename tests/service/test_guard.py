"""What a trigger must pass before it is recorded or sent."""

from dataclasses import replace

import pytest

from app.domain.model import TriggerRequest
from app.service.guard import GuardError, check_text

REQUEST = TriggerRequest("100", "3", "thor@example.com", {"global": {"itemName": "hammer"}}, "t")


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (replace(REQUEST, event_id="\ud800"), "event id"),
        (replace(REQUEST, key_id="3\udfff"), "key field"),
        (replace(REQUEST, external_id="thor\ud800@example.com"), "external id"),
        (replace(REQUEST, data={"global": {"itemName": "\ud83d"}}), "event data"),
        (replace(REQUEST, data={"\ud83d": 1}), "event data"),
        (replace(REQUEST, trigger_id="\ud800"), "trigger id"),
    ],
)
def test_half_a_character_is_refused_wherever_it_is_typed(request_: TriggerRequest, name: str) -> None:
    with pytest.raises(GuardError, match=f"The {name} holds half a character"):
        check_text(request_)


def test_any_whole_character_passes() -> None:
    check_text(replace(REQUEST, external_id="Þórr \U0001f600\x00", data=None, trigger_id=None))
