"""Programs that send until they are killed, forked from a process that has imported them: one import for hundreds."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from textual.widgets import Input

from app.bootstrap import Profiles
from app.cli.main import main
from app.client import api
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.dashboard import Dashboard
from tests.journal.processes import environment, trigger

PRELOADED = (__name__, api.__name__, "app.cli.trigger")

Sender = Callable[[str], None]


def forked(sender: Sender, home: Path, event_id: str) -> ForkServerProcess:
    """The sender on a home, in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    process = context.Process(target=_run, args=(sender, home, event_id), daemon=True)
    process.start()
    return process


def _run(sender: Sender, home: Path, event_id: str) -> None:
    os.environ.update(environment(home))
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    sender(event_id)


def by_verb(event_id: str) -> None:
    """Sends once, by `triggerdesk trigger`."""
    sys.argv = list(trigger(event_id))
    main()


def by_dashboard(event_id: str) -> None:
    """Sends again and again, by the dashboard without a terminal."""
    asyncio.run(_send_until_killed(event_id))


async def _send_until_killed(event_id: str) -> None:
    app = TriggerDeskApp(Profiles(load_settings(os.environ)))
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        desk = app.screen
        assert isinstance(desk, Dashboard)
        desk.query_one("#event-id", Input).value = event_id
        number = 0
        while True:
            number += 1
            desk.query_one("#external-id", Input).value = f"{number}@example.com"
            await pilot.press("f9")
            await app.workers.wait_for_complete()
