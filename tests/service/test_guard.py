"""What a trigger must pass before it is recorded or sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.model import TriggerRequest
from app.service.guard import GuardError, ProductionLock, check_text

REQUEST = TriggerRequest("100", "3", "thor@example.com", {"global": {"itemName": "hammer"}}, "t")


def test_half_a_character_is_refused_wherever_it_is_typed() -> None:
    def refused(request: TriggerRequest, name: str) -> None:
        with pytest.raises(GuardError, match=f"The {name} holds half a character"):
            check_text(request)

    for request, name in [
        (replace(REQUEST, event_id="\ud800"), "event id"),
        (replace(REQUEST, key_id="3\udfff"), "key field"),
        (replace(REQUEST, external_id="thor\ud800@example.com"), "external id"),
        (replace(REQUEST, data={"global": {"itemName": "\ud83d"}}), "event data"),
        (replace(REQUEST, data={"\ud83d": 1}), "event data"),
        (replace(REQUEST, trigger_id="\ud800"), "trigger id"),
    ]:
        refused(request, name)


def test_any_whole_character_passes() -> None:
    check_text(replace(REQUEST, external_id="Þórr \U0001f600\x00", data=None, trigger_id=None))


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def later(**length: float) -> datetime:
    return NOW + timedelta(**length)


def test_it_begins_disarmed() -> None:
    assert ProductionLock("shop").left_s(NOW) == 0
    assert ProductionLock("shop").permit(NOW) is None


def test_only_the_name_of_the_profile_arms() -> None:
    arming = ProductionLock("shop")
    for typed in ("", "Shop", "shop ", "other"):
        assert not arming.arm(typed, 10, NOW)
    assert arming.permit(NOW) is None
    assert arming.arm("shop", 10, NOW)
    assert arming.permit(NOW) == "shop"


def test_the_countdown_runs_out() -> None:
    arming = ProductionLock("shop")
    arming.arm("shop", 10, NOW)
    assert arming.left_s(NOW) == 600
    assert arming.left_s(later(seconds=0.5)) == 600
    assert arming.left_s(later(seconds=599.2)) == 1
    assert arming.permit(later(minutes=10)) is None
    assert arming.left_s(later(hours=9)) == 0


def test_arming_again_begins_anew_and_a_wrong_name_changes_nothing() -> None:
    arming = ProductionLock("shop")
    arming.arm("shop", 10, NOW)
    arming.arm("nonsense", 10, later(minutes=9))
    assert arming.left_s(later(minutes=9)) == 60
    arming.arm("shop", 10, later(minutes=9))
    assert arming.left_s(later(minutes=9)) == 600


def test_disarming_ends_it_at_once() -> None:
    arming = ProductionLock("shop")
    arming.arm("shop", 10, NOW)
    arming.disarm()
    assert arming.permit(NOW) is None


def test_a_clock_that_is_set_back_disarms() -> None:
    arming = ProductionLock("shop")
    arming.arm("shop", 10, NOW)
    assert arming.permit(later(hours=-1)) is None
