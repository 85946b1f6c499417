"""What was typed outlives the process that is killed with SIGKILL in the middle of it."""

import contextlib
import time
from pathlib import Path

from app.bootstrap import open_service
from app.settings import load_settings
from tests.terminal import run_in_terminal


class KilledError(Exception):
    """Leaves the terminal by killing what runs in it."""


async def test_what_is_typed_is_there_after_kill_9(tmp_path: Path) -> None:
    environment = {"TRIGGERDESK_HOME": str(tmp_path / "home")}
    looking = open_service(load_settings(environment))
    with contextlib.suppress(KilledError), run_in_terminal(environment=environment) as terminal:
        terminal.wait_for("refreshed just now")
        terminal.press("f4", "order_shipped", "enter", " 007 ")
        until = time.monotonic() + 30
        while (kept := looking.drafts.draft()) is None or kept.draft.external_id != " 007 ":
            assert time.monotonic() < until
            terminal.look(0.05)
        raise KilledError
    kept = looking.drafts.draft()
    assert kept is not None
    assert (kept.draft.event_id, kept.draft.external_id) == ("order_shipped", " 007 ")
    assert list(looking.history.list_attempts(0)) == []
    await looking.close()
