"""`python -m tests.journal.dashboard_sender EVENT_ID`: the real dashboard, without a terminal, that sends until it is killed."""

import asyncio
import os
import sys

from textual.widgets import Input

from app.bootstrap import Profiles
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.dashboard import Dashboard


async def send_until_killed(event_id: str) -> None:
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


if __name__ == "__main__":
    asyncio.run(send_until_killed(sys.argv[1]))
