"""The safety catch: armed by the name alone, for so long and no longer."""

from datetime import UTC, datetime, timedelta

from app.service.guard import ProductionLock

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
