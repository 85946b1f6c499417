"""Signals on the command line: recorded once there is something to record, and said."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

from app.cli.errors import interrupt, on_ctrl_c
from app.domain.model import NoReply, Outcome
from tests.client.fault_server import backlog_full
from tests.journal.processes import ended, started, trigger
from tests.journal.server import OK, endpoint
from tests.journal.truth import check, recovered

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")

LOOKS = 1000
PAUSE_S = 0.02
MORE_THAN_A_PIPE_HOLDS = b" " * 500_000


def stopped(process: Process, times: int = 1, by: signal.Signals = signal.SIGINT) -> None:
    for _ in range(times):
        # By itself: asyncio's own way also asks whether it has ended, and then its exit code is lost.
        with suppress(ProcessLookupError):
            os.kill(process.pid, by)


async def stopped_until_it_ends(process: Process, every_s: float) -> tuple[int | None, str, str]:
    over = asyncio.ensure_future(ended(process))
    while not over.done():
        stopped(process)
        await asyncio.wait((over,), timeout=every_s)
    return over.result()


async def under_way(home: Path) -> None:
    for _ in range(LOOKS):
        if any(attempt.outcome is Outcome.SENDING for attempt in recovered(home)):
            return
        await asyncio.sleep(PAUSE_S)


@pytest.mark.parametrize(
    ("by", "times"),
    [(signal.SIGINT, 5), (signal.SIGTERM, 1), pytest.param(signal.SIGHUP, 1, marks=pytest.mark.slow)],
)
async def test_waiting_for_a_slow_reply_ends_recorded_as_unknown(
    times: int, by: signal.Signals, tmp_path: Path
) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        server.speaking.clear()
        process = await started(tmp_path, *trigger(1))
        await server.arrival.wait()
        stopped(process, times, by)
        code, out, err = await ended(process)
        (attempt,) = check(server, tmp_path)
    assert (code, err) == (3, "")
    assert out.startswith("? unknown  no reply\n")
    assert attempt.outcome is Outcome.UNKNOWN
    assert isinstance(attempt.answer, NoReply)
    assert (attempt.answer.reason, attempt.answer.sent) == ("stopped", "maybe")


async def test_a_ctrl_c_every_moment_never_loses_the_record(tmp_path: Path) -> None:
    async with endpoint(delay_s=0, answers=(OK,)) as server:
        server.write_profile(tmp_path)
        server.speaking.clear()
        process = await started(tmp_path, *trigger(1))
        await server.arrival.wait()
        code, _, err = await stopped_until_it_ends(process, 0.001)
        attempts = check(server, tmp_path)
    assert (code, err) == (3, "")
    assert [attempt.outcome for attempt in attempts] == [Outcome.UNKNOWN]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
async def test_a_connection_that_hangs_ends_recorded_as_not_sent(tmp_path: Path) -> None:
    with backlog_full() as origin:
        (tmp_path / "config.toml").write_text(f'[profiles.local]\nbase_url = "{origin}/api/v2"\n')
        process = await started(tmp_path, "app", "--profile", "local", *trigger(1)[1:])
        await under_way(tmp_path)
        stopped(process, by=signal.SIGTERM)
        code, out, err = await ended(process)
    assert (code, err) == (4, "")
    assert out.startswith("○ not sent  no reply\n")
    (attempt,) = recovered(tmp_path)
    assert attempt.outcome is Outcome.NOT_SENT


async def test_before_anything_is_recorded_it_says_that_nothing_was_sent(tmp_path: Path) -> None:
    async with endpoint() as server:
        server.write_profile(tmp_path)
        process = await started(tmp_path, *trigger(1), "--data", "-", stdin=asyncio.subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(MORE_THAN_A_PIPE_HOLDS)
        # Over only once the other side has read.
        await process.stdin.drain()
        # One that comes just before a read is seen by Python only after it.
        code, out, err = await stopped_until_it_ends(process, 0.2)
        assert server.received == []
    assert (code, out) == (4, "")
    assert err == "triggerdesk: Stopped. Nothing was sent or recorded.\n"
    assert recovered(tmp_path) == []


async def test_a_verb_that_only_reads_ends_at_once(tmp_path: Path) -> None:
    made = await started(tmp_path, "app", "demo-data", "--contacts", "0", "--attempts", "1000")
    assert (await ended(made))[0] == 0
    process = await started(tmp_path, "app", "history", "--limit", "0", "--json")
    assert process.stdout is not None
    assert await process.stdout.read(1) == b"{"
    # More is to come than a pipe takes, so that it is not over yet.
    stopped(process)
    assert await ended(process) == (130, mock.ANY, "triggerdesk: Stopped.\n")


def test_work_that_never_waits_is_ended_too() -> None:
    done = []

    async def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append("after ctrl+c")

    with pytest.raises(KeyboardInterrupt), on_ctrl_c(interrupt):
        asyncio.run(work())
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("verb", "module"),
    [
        ("trigger", "click"),
        ("history", "app.cli.main"),
        pytest.param("trigger", "app.cli.output", marks=pytest.mark.slow),
        pytest.param("trigger", "sqlite3", marks=pytest.mark.slow),
        pytest.param("--help", "app.cli", marks=pytest.mark.slow),
    ],
)
async def test_ctrl_c_during_the_imports_of_a_verb_ends_it_without_a_traceback(
    verb: str, module: str, tmp_path: Path
) -> None:
    words = {"trigger": trigger(1)[1:]}.get(verb, (verb,))
    # Python says on stderr which module it has just imported.
    process = await started(tmp_path, "app", *words, options=("-X", "importtime"))
    assert process.stderr is not None
    async for line in process.stderr:
        if line.decode().rsplit("|", 1)[-1].strip() == module:
            break
    stopped(process)
    code, _, err = await ended(process)
    assert code == 130
    assert "Traceback" not in err
    assert "Exception ignored" not in err


async def test_signals_that_are_ignored_at_the_start_stay_ignored(tmp_path: Path) -> None:
    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ending}
    try:
        async with endpoint(delay_s=0, answers=(OK,)) as server:
            server.write_profile(tmp_path)
            server.speaking.clear()
            process = await started(tmp_path, *trigger(1))
            await server.arrival.wait()
            for number in ending:
                stopped(process, by=number)
            server.speaking.set()
            code, out, _ = await ended(process)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert code == 0
    assert out.startswith("✓ accepted")
