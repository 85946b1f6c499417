"""How the dashboard opens."""

import asyncio
import subprocess
import sys

from tests.tui.conftest import OpenDesk

LATER = (
    "keyring",
    "starlette",
    "uvicorn",
    "httpx",
    "sqlite_utils",
)


def test_heavy_libraries_are_not_imported_with_the_dashboard() -> None:
    program = f"import sys, app.bootstrap, app.tui.app; print(*{{*{LATER!r}}} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


async def test_work_begins_at_the_next_turn_of_the_loop_on_every_python(open_desk: OpenDesk) -> None:
    """Newer ones can run it before it is known what runs, and Textual has them do so."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, work, **given: asyncio.Task(work, loop=loop, **given))
    async with open_desk():
        assert loop.get_task_factory() is None
