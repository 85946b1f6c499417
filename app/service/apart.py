"""A filling in a process of its own: the screen waits for nothing of it but what comes through a pipe.

Threads would share one interpreter with the screen, which then waits its turn at every key. The process gives way to
whatever a person waits for, and ends, the old cache being whole, when the pipe closes: on purpose, or because this
process is gone.
"""

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.domain.errors import AppError
from app.service.filling import FillStep, Watch, to_its_end

Work = Callable[[Watch], Awaitable[None]]
"""What can be pickled, and asked for anywhere."""

_CODE = "from app.service.apart import main; main()"
_YIELDING = 10


class ApartError(AppError):
    """The process could not be started, or ended without a word, as where memory is short."""

    def __init__(self) -> None:
        super().__init__("The refresh broke off; the lists are whole, as they were. Try again.")


async def _started() -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            # Nothing from the folder in which the program was started, which may have an `app` of its own.
            *(sys.executable, "-P", "-c", _CODE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            **_of_its_own(),
        )
    except OSError as error:
        raise ApartError from error


async def run_apart(work: Work, watch: Watch) -> None:
    """Runs `work` there; `watch` is told here what it tells. Raises the AppError that it raises, and ApartError."""
    process = await _started()
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
    try:
        process.stdin.write(_line(work))
        async for line in process.stdout:
            told = _told(line)
            if not isinstance(told, FillStep):
                kind, message = told
                raise kind.__new__(kind, message)
            watch(told)
    finally:
        process.stdin.close()
        await to_its_end(process.wait())
    if process.returncode:
        raise ApartError


def main() -> None:
    """The process itself: does the work that stands in the first line of its input, and tells its steps as lines."""
    if sys.platform != "win32":
        os.nice(_YIELDING)
    asyncio.run(_work(_told(sys.stdin.buffer.readline())))


async def _work(work: Work) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    loop = asyncio.get_running_loop()

    def end_with_the_pipe() -> None:
        # Not through sys.stdin, whose lock would be held at the end of the process.
        while os.read(0, 1):
            pass
        loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=end_with_the_pipe, daemon=True).start()
    try:
        await work(_tell)
    except AppError as error:
        # Without the ways in which each of them is made.
        _tell((type(error), str(error)))


def _tell(told: object) -> None:
    sys.stdout.buffer.write(_line(told))
    sys.stdout.buffer.flush()


def _line(told: object) -> bytes:
    return pickle.dumps(told).hex().encode() + b"\n"


def _told(line: bytes) -> Any:
    return pickle.loads(bytes.fromhex(line.decode()))  # noqa: S301 - from this program to itself


def _of_its_own() -> Mapping[str, Any]:
    """No signal that is meant for the screen reaches it, and no window shows it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
