"""Sending: once for one press, seen while it is under way, and never a traceback."""

import pytest
from textual.widgets import Input, Select

from app.domain.model import Outcome, Reply
from app.service.refresh import Refresh
from app.service.session import StoreError
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk, SlowEndpoint

CHOSEN = (*"100", "enter", *"thor", "enter")
INVALID = Reply(400, 5001, "Invalid event id for customer.")


async def _sent(desk: Desk, *keys: str) -> None:
    """Presses keys without waiting for the reply."""
    await desk.pilot.press(*keys)
    await desk.pilot.pause()


def _number(desk: Desk) -> int:
    return len(list(desk.service.history.list_attempts(0)))


async def test_one_press_sends_once_and_a_second_send_is_asked_about_and_never_answered_by_letters(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        desk.dashboard.send.clock = lambda: 0.0
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "f9", "f9")
        assert desk.said.startswith("Sending… ")
        endpoint.accept()
        await desk.settle()
        await desk.press("f9")
        assert "you sent this a moment ago" in desk.said
        assert len(endpoint.requests) == _number(desk) == 1
        await desk.press("f3", *"sif", "enter")
        await _sent(desk, "enter", "enter", "enter")
        endpoint.accept()
        await desk.settle()
        assert len(endpoint.requests) == _number(desk) == 2
        desk.dashboard.send.clock = lambda: 100.0
        await _sent(desk, "f9")
        desk.dashboard.send.clock = lambda: 140.0
        await _sent(desk, "ctrl+y")
        # The time that the user takes to answer the question does not count.
        assert "sending 0 s of 30 s" in desk.text_of("#reply")
        endpoint.accept()
        await desk.settle()

        desk.dashboard.send.clock = iter(range(150, 2000, 10)).__next__
        for _ in range(3):
            endpoint.accept()
        await desk.press("f9")
        assert desk.focus == "no"
        for words in ("Sif Gullhår · contact 15", "✓ Will be accepted (0 OK)", "Send again ctrl+y"):
            assert words in desk.text_of("#confirm")
        await desk.press(*"yes y Joy n")  # typed on without having seen the question
        assert isinstance(desk.app.screen, Confirm)
        assert desk.focus == "no"
        await desk.press("enter")
        assert _number(desk) == 3
        await desk.press("f9", "right", "enter")
        assert _number(desk) == 4
        await desk.press("f9", "ctrl+y")
        assert len({attempt.request.trigger_id for attempt in desk.service.history.list_attempts(0)}) == 5

        await desk.press("f4", *"loki@example.com", "enter")
        assert desk.focus == "send"
        await desk.press(*"Mr Odinson", "enter")
        assert _number(desk) == 5
        assert desk.said.startswith("Not sent: You typed while Send had the focus")
        await desk.press("f9")
        assert _number(desk) == 6


async def test_what_is_looked_for_and_not_picked_yet_keeps_another_from_being_sent(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=NARROW) as desk:
        for keys, pane in (
            (("f3", *"nobody"), "Contacts"),
            (("f2", *"104"), "Events"),
            (("f3", *"sif", "f6"), "Contacts"),
        ):
            await desk.press(*CHOSEN, *keys, "f9")
            assert _number(desk) == 0
            assert f"you typed in {pane} but did not pick a row. Enter picks" in desk.said
            await desk.press("ctrl+n", "f2", "ctrl+u")
        await desk.press(*CHOSEN, "f3", *"sif", "f9", "escape", "f9")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.request.external_id == "thor@example.com"
        await desk.press("f3", *"sif", "f4", *"loki@example.com", "f9")  # who types in the form has decided
        assert next(desk.service.history.list_attempts(1)).request.external_id == "loki@example.com"


async def test_a_reply_that_comes_while_one_looks_at_something_else_is_told(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=NARROW) as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9")
        endpoint.answers.put_nowait(INVALID)
        await desk.settle()
        assert desk.said == ""
        for number, (size, *keys) in enumerate(((NARROW, "f2"), (WIDE, "f6", "f6"), (WIDE, "ctrl+r"))):
            await desk.pilot.resize_terminal(*size)
            await desk.press("f4", *f"{number}@example.com")
            await _sent(desk, "f9", *keys)
            endpoint.answers.put_nowait(INVALID)
            await desk.settle()
            assert desk.said == (
                "✗ rejected: 5001  Invalid event id for customer. "
                f"· event 100 to E-Mail (3) {number}@example.com. f7 shows it."
            )
            desk.app.clear_notifications()


async def _esc_in_lists(desk: Desk) -> None:
    """Esc in a list clears or closes it, and the trigger goes on."""
    for keys, cleared in (
        (("f2", *"ord"), "#events-filter"),
        (("f3", *"sif"), "#contacts-filter"),
        (("f6", *"code:2008"), "#history-filter"),
        (("f6", "down"), "#history-filter"),
        (("f4", "tab", "enter"), None),
    ):
        await _sent(desk, *keys, "escape", "escape")
        assert desk.app.screen is desk.dashboard
        assert desk.dashboard.send.is_sending
        if cleared is None:
            assert not desk.dashboard.query_one("#key-field", Select).expanded
        else:
            assert desk.dashboard.query_one(cleared, Input).value == ""


async def test_while_sending_the_rest_works_esc_is_the_lists_and_to_stop_or_to_quit_is_asked_about(
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
        await desk.until(lambda: "order_shipped" in desk.screen())
        await _sent(desk, "f6", "f5")
        assert "… sending" in desk.screen()
        await desk.until(lambda: not desk.dashboard.cache.is_busy)
        await _esc_in_lists(desk)
        await _sent(desk, "f9")
        await desk.until(lambda: "Sending… " in desk.text_of("#why"))
        assert len(endpoint.requests) == 1
        await _sent(desk, "ctrl+q")
        assert isinstance(desk.app.screen, Confirm)
        await _sent(desk, "escape", "f4", "escape")
        assert "Stop waiting for the reply?" in desk.text_of("#confirm")
        assert desk.focus == "no"
        await _sent(desk, "escape")
        assert desk.app.screen is desk.dashboard
        assert desk.dashboard.send.is_sending
        await _sent(desk, "escape", "ctrl+y")
        await desk.settle()
        assert "? unknown" in desk.text_of("#reply")
        assert "Check before you send again." in desk.text_of("#reply")
        assert "off" not in desk.text_of("#why")
        (attempt,) = desk.service.history.list_attempts(0)
        assert attempt.outcome is Outcome.UNKNOWN
        for above in ((), ("f1",)):  # the reply closes the question, also below another screen
            await desk.press("f3", *("sif" if above else "imogen"), "enter")
            await _sent(desk, "f9", "escape", *above)
            endpoint.accept()
            await desk.settle()
            await desk.press(*above)
            assert desk.app.screen is desk.dashboard
            assert next(desk.service.history.list_attempts(1)).outcome is Outcome.ACCEPTED

        await desk.pilot.press("f9", "ctrl+y", "f4", *"loki@example.com")
        endpoint.accept()
        await desk.settle()
        desk.dashboard.form.save_draft()
        draft = desk.service.drafts.draft()
        assert draft is not None
        assert draft.draft.external_id == "loki@example.com"  # typed while the reply was awaited
        await _sent(desk, "ctrl+q")
        assert desk.app._exit


async def test_after_an_unknown_outcome_the_question_offers_to_cancel_to_resend_or_to_send_as_new(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        desk.dashboard.send.clock = iter(range(0, 1000, 10)).__next__
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await _sent(desk, "f9", "escape", "ctrl+y")
        await desk.settle()
        for keys in (("enter",), (*"yes n", "escape")):
            await desk.press("f9")
            assert desk.focus == "no"
            shown = desk.text_of("#confirm")
            for answer in ("Cancel Esc", "Resend (same trigger id) ctrl+y", "Send as new"):
                assert answer in shown
            await desk.press(*keys)
            assert _number(desk) == 1
        endpoint.accept()
        await desk.press("f9", "ctrl+y")
        second, first = desk.service.history.list_attempts(0)
        assert first.request.trigger_id == second.request.trigger_id
        assert second.outcome is Outcome.ACCEPTED
        assert second.parent_id == first.attempt_id
        await desk.press("f9")
        assert isinstance(desk.app.screen, Confirm)
        assert "Resend" not in desk.text_of("#confirm")  # it was accepted
        await desk.press("escape")

        await desk.press("f3", *"sif", "enter")
        await _sent(desk, "f9", "escape", "ctrl+y")
        await desk.settle()
        endpoint.accept()
        await desk.press("f9", "left", "enter")
        again, unknown, *_ = desk.service.history.list_attempts(0)
        assert again.request.trigger_id != unknown.request.trigger_id
        assert again.parent_id is None
        desk.service.settle(unknown.attempt_id, arrived=True)
        await desk.press("f9")
        assert isinstance(desk.app.screen, Confirm)
        assert "Resend" not in desk.text_of("#confirm")


async def test_what_cannot_be_sent_recorded_or_refreshed_is_said_and_what_came_is_shown(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full: free some space, then send again.")

    async def refused(*_: object, **__: object) -> None:
        raise StoreError("The cache is locked by another program.")

    async with open_desk() as desk:
        monkeypatch.setattr(Refresh, "run", refused)
        await desk.press("f5")
        assert "Refresh failed: The cache is locked" in desk.text_of("#reply")
        assert "22 events" in desk.text_of("#status")
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        with monkeypatch.context() as patch:
            patch.setattr(desk.service._history, "begin", full)
            await desk.press("f9")
            assert "Nothing was sent. The disk is full" in desk.text_of("#reply")
            assert endpoint.requests == []
            assert "off" not in desk.text_of("#why")
        desk.dashboard.send.forget_last()
        endpoint.answers.put_nowait(
            Reply(400, 2008, "No contact found with the external id: 3 - thor@example.com")
        )
        await desk.press("f9")
        assert "predicted 0, got 2008: the local list is out of date" in desk.text_of("#reply")
        await desk.press("f3", *"sif", "enter")
        with monkeypatch.context() as patch:
            patch.setattr(desk.service._history, "finish", full)
            endpoint.accept()
            await desk.press("f9")
            assert "✓ accepted" in desk.text_of("#reply")
            assert "could not be recorded: The disk is full" in desk.text_of("#reply")
