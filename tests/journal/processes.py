"""The program as processes of their own, on a given home."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(home: Path) -> dict[str, str]:
    """This one's, with nothing of the person's own desk."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRIGGERDESK_", "COV_"))
    }
    return {**kept, "TRIGGERDESK_HOME": str(home)}


async def started(
    home: Path, *words: str, quiet: bool = False, stdin: int = DEVNULL, options: tuple[str, ...] = ()
) -> Process:
    """`python OPTIONS -m WORDS`, running."""
    output = DEVNULL if quiet else PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *options,
        "-m",
        *words,
        cwd=ROOT,
        env=environment(home),
        stdin=stdin,
        stdout=output,
        stderr=output,
    )


def trigger(event_id: int | str) -> tuple[str, ...]:
    """The words of one trigger."""
    return ("app", "trigger", str(event_id), "--key", "3", "--external-id", "thor@example.com")


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code, standard output and standard error, once it has ended."""
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()
