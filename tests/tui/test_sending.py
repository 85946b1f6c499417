"""Sending: once for one press, seen while it is under way, and never a traceback."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from app.bootstrap import open_service
from app.domain.model import Outcome, Reply, new_attempt_id
from app.domain.text import short_id
from app.service.refresh import Refresh
from app.service.session import StoreError
from app.settings import load_settings
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk, SlowEndpoint

CHOSEN = (*"100", "enter", *"thor", "enter")


async def _sent(desk: Desk, *keys: str) -> None:
    """Presses keys without waiting for the reply."""
    await desk.pilot.press(*keys)
    await desk.pilot.pause()


@pytest.mark.parametrize("key", ["f9", "enter"])
async def test_a_double_press_while_sending_sends_once(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, key, key, key)
        endpoint.accept()
        await desk.settle()
        assert len(endpoint.requests) == 1
        assert len(list(desk.service.history.list_attempts(0))) == 1


async def test_a_second_press_right_after_the_reply_still_sends_once_and_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        now = [0.0]
        desk.dashboard.query_one("#trigger")._clock = lambda: now[0]
        await desk.press(*CHOSEN, "f9", "f9")
        assert len(list(desk.service.history.list_attempts(0))) == 1
        assert "You sent this a moment ago" in desk.said
        now[0] = 1.5
        await desk.press("f9")
        assert desk.focus == "no"
        for words in ("Thor Odinson · contact 11", "✓ Will be accepted (0 OK)"):
            assert words in desk.text_of("#confirm")
        await desk.press(*"yes y Joy n")  # typed on without having seen the question
        assert isinstance(desk.app.screen, Confirm)
        assert desk.focus == "no"
        assert len(list(desk.service.history.list_attempts(0))) == 1
        await desk.press("ctrl+y")
        first, second = desk.service.history.list_attempts(0)
        assert first.request.trigger_id != second.request.trigger_id


async def test_what_is_looked_for_and_not_chosen_yet_keeps_another_from_being_sent(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=NARROW) as desk:
        for keys, pane in (
            (("f3", *"sif"), "Contacts"),
            (("f3", *"nobody"), "Contacts"),
            (("f2", *"104"), "Events"),
        ):
            await desk.press(*CHOSEN, *keys, "f9")
            assert list(desk.service.history.list_attempts(0)) == []
            assert f"you typed in {pane} but did not pick a row. Enter picks" in desk.said
            await desk.press("ctrl+n", "f2", "ctrl+u")
        await desk.press(*CHOSEN, "f3", *"sif", "f9", "escape", "f9")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.request.external_id == "thor@example.com"


@pytest.mark.parametrize("elsewhere", ["f6", "f7"])
async def test_it_keeps_another_from_being_sent_from_wherever_one_presses_send(
    open_desk: OpenDesk, elsewhere: str
) -> None:
    async with open_desk(size=NARROW) as desk:
        await desk.press(*CHOSEN, "f3", *"sif", elsewhere, "f9")
        assert "you typed in Contacts but did not pick a row" in desk.said
        assert list(desk.service.history.list_attempts(0)) == []
        await desk.press("f4", *"loki@example.com", "f9")  # who types in the form has decided there
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.request.external_id == "loki@example.com"


async def test_what_is_typed_on_while_send_has_the_focus_is_not_ended_by_a_send(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press(*"100", "enter", "f4", *"thor@example.com", "enter")
        assert desk.focus == "send"
        await desk.press(*"Mr Odinson", "enter")
        assert list(desk.service.history.list_attempts(0)) == []
        assert desk.said.startswith("Not sent: You typed while Send had the focus")
        await desk.press("f9")
        assert len(list(desk.service.history.list_attempts(0))) == 1


async def test_what_another_window_sends_while_a_question_is_open_is_asked_about_anew(
    open_desk: OpenDesk, home: Path
) -> None:
    async with open_desk() as desk:
        desk.dashboard.query_one("#trigger")._clock = iter(range(0, 1000, 10)).__next__
        await desk.press(*CHOSEN, "f9", "f9")
        assert isinstance(desk.app.screen, Confirm)
        (first,) = desk.service.history.list_attempts(0)
        other = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
        second = await other.send(replace(first.request, trigger_id=None), new_attempt_id(), repeats=True)
        await other.close()
        await desk.press("ctrl+y")
        assert isinstance(desk.app.screen, Confirm)
        assert short_id(second.attempt_id) in desk.text_of("#confirm")
        assert len(list(desk.service.history.list_attempts(0))) == 2
        await desk.press("ctrl+y")
        assert len(list(desk.service.history.list_attempts(0))) == 3


async def test_a_press_while_another_trigger_is_under_way_does_not_say_that_it_was_not_sent(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "f9")
        assert desk.said.startswith("Sending… ")
        endpoint.accept()
        await desk.settle()


@pytest.mark.parametrize(
    ("size", "keys"), [(NARROW, ("f2",)), (NARROW, ("f4",)), (WIDE, ("f6", "f6")), (WIDE, ("f1",))]
)
async def test_a_reply_that_comes_while_one_looks_at_something_else_is_told(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async with open_desk(size=size) as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9")
        endpoint.answers.put_nowait(Reply(400, 5001, "Invalid event id for customer."))
        await desk.settle()
        assert desk.said == ""

        await desk.press("f4", *"sif@example.com")
        await _sent(desk, "f9", *keys)
        endpoint.answers.put_nowait(Reply(400, 5001, "Invalid event id for customer."))
        await desk.settle()
        assert desk.said == (
            "✗ rejected: 5001  Invalid event id for customer. · event 100 to E-Mail (3) sif@example.com. f7 shows it."
        )


async def test_while_sending_the_desk_says_so_and_the_rest_works(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9")
        assert "… sending" in desk.screen()
        assert " s of 30 s" in desk.text_of("#why")
        assert " s of 30 s" in desk.text_of("#reply")
        await _sent(desk, "f2", *"104")
        assert "order_shipped" in desk.screen()
        await _sent(desk, "f6")
        assert "… sending" in desk.screen()
        endpoint.accept()
        await desk.settle()
        assert "✓ accepted" in desk.text_of("#reply")
        assert "off" not in desk.text_of("#why")


async def test_esc_asks_before_it_stops_waiting_and_then_the_outcome_is_unknown(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "escape")
        assert "Stop waiting for the reply?" in desk.text_of("#confirm")
        assert desk.focus == "no"
        await _sent(desk, "escape")
        assert desk.app.screen is desk.dashboard
        assert desk.dashboard.send.is_sending
        await _sent(desk, "escape", "ctrl+y")
        await desk.settle()
        assert "? unknown" in desk.text_of("#reply")
        assert "Check before you send again." in desk.text_of("#reply")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("above", [(), ("f1",)])
async def test_the_reply_closes_the_question_whether_to_stop_waiting(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, above: tuple[str, ...]
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "escape", *above)
        endpoint.accept()
        await desk.settle()
        await desk.press(*above)
        assert desk.app.screen is desk.dashboard
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("keys", "cleared"),
    [
        (("f2", *"ord"), "#events-filter"),
        (("f3", *"sif"), "#contacts-filter"),
        (("f3",), "#contacts-filter"),
        (("f6", *"code:2008"), "#history-filter"),
        (("f6", "down"), "#history-filter"),
        (("f4", "tab", "enter"), None),
        (("f4", "tab"), None),
    ],
    ids=[
        "events",
        "contacts",
        "an empty filter",
        "the query",
        "the history",
        "an open drop-down",
        "a drop-down",
    ],
)
async def test_esc_in_a_list_clears_or_closes_it_and_never_touches_a_send(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], cleared: str | None
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", *keys, "escape", "escape")
        assert desk.app.screen is desk.dashboard
        assert desk.dashboard.send.is_sending
        if cleared is None:
            assert not desk.dashboard.query_one("#key-field", Select).expanded
        else:
            assert desk.dashboard.query_one(cleared, Input).value == ""
        endpoint.accept()
        await desk.settle()
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.ACCEPTED


async def _unknown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> SlowEndpoint:
    """Sends, stops waiting, and asks to send again."""
    desk.dashboard.query_one("#trigger")._clock = iter(range(0, 1000, 10)).__next__
    endpoint = SlowEndpoint(desk.service, monkeypatch)
    await desk.press(*CHOSEN)
    await _sent(desk, "f9", "escape", "ctrl+y")
    await desk.settle()
    await desk.press("f9")
    return endpoint


@pytest.mark.parametrize(
    ("keys", "sent", "same"),
    [
        (("enter",), 1, False),
        (("escape",), 1, False),
        (tuple("yes n"), 1, False),
        (("ctrl+y",), 2, True),
        (("right", "enter"), 2, True),
        (("right", "right", "enter"), 2, False),
        (("left", "enter"), 2, False),
    ],
    ids=["Cancel", "Esc", "letters", "Resend by key", "Resend", "Send as new", "Send as new from the left"],
)
async def test_after_an_unknown_outcome_the_question_offers_to_cancel_resend_or_send_as_new(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], sent: int, same: bool
) -> None:
    async with open_desk() as desk:
        endpoint = await _unknown(desk, monkeypatch)
        assert desk.focus == "no"
        shown = desk.text_of("#confirm")
        for answer in ("Cancel Esc", "Resend (same trigger id) ctrl+y", "Send as new"):
            assert answer in shown
        endpoint.accept()
        await desk.press(*keys)
        attempts = list(desk.service.history.list_attempts(0))
        assert len(attempts) == len(endpoint.requests) == sent
        if sent == 2:
            first, second = attempts[-1], attempts[0]
            assert (first.request.trigger_id == second.request.trigger_id) is same
            assert second.outcome is Outcome.ACCEPTED
            assert (second.parent_id == first.attempt_id) is same


async def test_what_was_accepted_or_settled_as_arrived_is_not_offered_to_be_resent(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        await _unknown(desk, monkeypatch)
        await desk.press("escape")
        (unknown,) = desk.service.history.list_attempts(0)
        desk.service.settle(unknown.attempt_id, arrived=True)
        await desk.press("f9")
        assert isinstance(desk.app.screen, Confirm)
        assert "Resend" not in desk.text_of("#confirm")


async def test_leaving_while_sending_asks_first(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "ctrl+q")
        assert isinstance(desk.app.screen, Confirm)
        await _sent(desk, "escape")
        assert desk.app.is_running
        assert desk.app.screen is desk.dashboard
        endpoint.accept()
        await desk.settle()
        await _sent(desk, "ctrl+q")
        assert desk.app._exit


async def test_a_reply_other_than_predicted_names_the_stale_cache(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        endpoint.answers.put_nowait(
            Reply(400, 2008, "No contact found with the external id: 3 - thor@example.com")
        )
        await desk.press(*CHOSEN, "f9")
        assert "predicted 0, got 2008: the local list is out of date" in desk.text_of("#reply")


async def test_nothing_is_sent_that_cannot_be_recorded(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)

        def full(*_: object) -> None:
            raise StoreError("The disk is full: free some space, then send again.")

        monkeypatch.setattr(desk.service._history, "begin", full)
        await desk.press(*CHOSEN, "f9")
        assert "Nothing was sent. The disk is full" in desk.text_of("#reply")
        assert endpoint.requests == []
        assert "off" not in desk.text_of("#why")


async def test_a_reply_that_cannot_be_recorded_is_shown_all_the_same(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:

        def full(*_: object) -> None:
            raise StoreError("The disk is full: free some space.")

        monkeypatch.setattr(desk.service._history, "finish", full)
        await desk.press(*CHOSEN, "f9")
        assert "✓ accepted" in desk.text_of("#reply")
        assert "could not be recorded: The disk is full" in desk.text_of("#reply")


async def test_a_refresh_that_fails_leaves_the_lists_and_says_why(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:

        async def refused(*_: object, **__: object) -> None:
            raise StoreError("The cache is locked by another program.")

        monkeypatch.setattr(Refresh, "run", refused)
        await desk.press("f5")
        assert "Refresh failed: The cache is locked" in desk.text_of("#reply")
        assert "22 events" in desk.text_of("#status")


async def test_a_refresh_while_sending_does_not_open_the_way_for_a_second_send(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "f5")
        while desk.dashboard.cache.is_busy:
            await desk.pilot.pause()
        await _sent(desk, "f9")
        async with asyncio.timeout(10):
            while "Sending… " not in desk.text_of("#why"):
                await desk.pilot.pause()
        endpoint.accept()
        await desk.settle()
        assert len(endpoint.requests) == 1


async def test_a_question_is_answered_by_the_arrows_and_enter_too(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        now = [0.0]
        desk.dashboard.query_one("#trigger")._clock = lambda: now[0]
        await desk.press(*CHOSEN, "f9")
        now[0] = 1.5
        await desk.press("f9")
        assert "Send again ctrl+y" in desk.text_of("#yes")
        await desk.press("enter")
        assert len(list(desk.service.history.list_attempts(0))) == 1
        now[0] = 3.0
        await desk.press("f9", "right", "enter")
        assert len(list(desk.service.history.list_attempts(0))) == 2
