"""The dashboard and its history: the same by another window, a file that was removed, a lock while the reply comes."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from app.bootstrap import open_service
from app.domain.model import Attempt, Outcome, TriggerRequest, new_attempt_id
from app.domain.text import short_id
from app.settings import load_settings
from app.store.attempts import History
from app.tui.screens.confirm import Confirm
from tests.tui.conftest import Desk, OpenDesk, SlowEndpoint

CHOSEN = (*"100", "enter", "f4", *"thor@example.com", "enter")


def recorded(home: Path) -> list[Outcome]:
    with closing(History(home / "history.db")) as history:
        return [attempt.outcome for attempt in history.attempts(None, 0)]


class Rival:
    """Another window that sends the same in the moment between the press of Send and the sending."""

    def __init__(self, desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._home = home
        self._send = desk.service.send
        self.sent: list[Attempt] = []
        monkeypatch.setattr(desk.service, "send", self.beaten)

    async def beaten(self, request: TriggerRequest, *words: Any, **how: Any) -> Attempt:
        if not self.sent:
            service = open_service(load_settings({"TRIGGERDESK_HOME": str(self._home)}))
            self.sent.append(await service.send(replace(request, trigger_id=None), new_attempt_id()))
            await service.close()
        return await self._send(request, *words, **how)


async def test_what_another_window_sends_at_the_same_moment_is_asked_about_also_at_a_resend(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        rival = Rival(desk, home, monkeypatch)
        await desk.press(*CHOSEN, "f9")
        assert isinstance(desk.app.screen, Confirm)
        assert short_id(rival.sent[0].attempt_id) in desk.text_of("#confirm")
        assert recorded(home) == [Outcome.ACCEPTED]
        await desk.press("escape")
        assert "Nothing was sent" in desk.text_of("#reply")
        for keys, sent in ((("f9",), 1), (("f6", "n"), 3)):
            await desk.press(*keys)
            assert isinstance(desk.app.screen, Confirm)
            request = replace(rival.sent[0].request, trigger_id=None)
            other = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
            second = await other.send(request, new_attempt_id(), repeats=True)
            await other.close()
            await desk.press("ctrl+y")
            assert isinstance(desk.app.screen, Confirm)
            assert short_id(second.attempt_id) in desk.text_of("#confirm")
            assert len(recorded(home)) == sent + 1
            await desk.press("ctrl+y")
            assert recorded(home) == [Outcome.ACCEPTED] * (sent + 2)


HAPPENINGS: tuple[Callable[[Path], object], ...] = (
    lambda home: (home / "history.db-wal").unlink(),
    lambda home: home.rename(home.with_name("moved")),
    shutil.rmtree,
)
"""The log removed, the home moved, the home removed."""


async def test_a_history_that_was_removed_is_opened_again_before_anything_is_sent(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        for _ in range(2 + len(HAPPENINGS)):
            endpoint.accept()
        external_id = desk.dashboard.query_one("#external-id", Input)
        await desk.press(*CHOSEN, "f9")
        external_id.value = "sif@example.com"
        await desk.settle()
        (home / "history.db").unlink()  # the log of its writes is left
        await desk.press("f9", "ctrl+y")
        assert "is damaged" in desk.text_of("#confirm")
        await desk.press("ctrl+y", "f9")
        assert recorded(home) == [Outcome.ACCEPTED]
        assert desk.attempts().total == 1

        for number, happen in enumerate(HAPPENINGS, 2):
            external_id.value = f"{number}@example.com"
            await desk.settle()
            happen(home)
            await desk.press("f9")
            assert len(endpoint.requests) == number
            assert "was removed or replaced while it was open" in desk.text_of("#confirm")
            await desk.press("ctrl+y")
            assert "The history is open again" in desk.text_of("#reply")
            await desk.press("f9")
            assert len(endpoint.requests) == number + 1
            assert recorded(home)[0] is Outcome.ACCEPTED

        shutil.rmtree(home)
        for keys in (("f2", "1"), ("f3", "s"), ("f4", "x"), ("f5",), ("f6", "enter", "escape"), ("ctrl+n",)):
            await desk.press(*keys, "escape")
        assert desk.app.is_running


async def test_a_reply_that_comes_while_the_history_is_locked_is_shown_and_recorded_later(
    open_desk: OpenDesk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*CHOSEN)
        await desk.pilot.press("f9")
        await desk.until(lambda: bool(endpoint.requests))
        with closing(sqlite3.connect(home / "history.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            endpoint.accept()
            await desk.until(lambda: "Still being recorded" in desk.text_of("#reply"))
            assert "accepted" in desk.text_of("#reply")
            await desk.pilot.press("ctrl+q")
            await desk.pilot.pause()
            assert "not recorded yet" in desk.text_of("#confirm")
            await desk.pilot.press("escape")
            assert recorded(home) == [Outcome.SENDING]
        await desk.settle()
        assert recorded(home) == [Outcome.ACCEPTED]
        assert "Still being recorded" not in desk.text_of("#reply")
