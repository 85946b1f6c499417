"""Several programs on one home: nothing lost, nobody locked out, each sees what the others did."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.domain.model import Outcome
from app.domain.text import short_id
from tests.journal.processes import ended, started, trigger
from tests.journal.server import OK, Endpoint, endpoint
from tests.journal.truth import check, recovered

USER = "tests.journal.desk_user"


class User:
    """A process that uses the service as the dashboard does."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def ask(self, command: str) -> str:
        await self.tell(command)
        return await self.hear()

    async def tell(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n".encode())
        await self.process.stdin.drain()

    async def hear(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()


@asynccontextmanager
async def users(home: Path, number: int, sends: int) -> AsyncIterator[Sequence[User]]:
    starting = [started(home, USER, str(event), str(sends), stdin=PIPE) for event in range(1, number + 1)]
    running = [User(process) for process in await asyncio.gather(*starting)]
    try:
        assert [await user.hear() for user in running] == ["ready"] * number
        yield running
    finally:
        for user in running:
            _, err = await user.process.communicate(b"end\n")
            assert err == b""


@asynccontextmanager
async def served(home: Path, delay_s: float = 0.01) -> AsyncIterator[Endpoint]:
    async with endpoint(delay_s=delay_s, answers=(OK,)) as server:
        server.write_profile(home)
        yield server


@pytest.mark.parametrize(("number", "sends"), [(2, 25), pytest.param(10, 40, marks=pytest.mark.slow)])
async def test_windows_that_send_at_once_lose_nothing_and_of_the_same_only_one_is_sent(
    number: int, sends: int, tmp_path: Path
) -> None:
    async with served(tmp_path) as server, users(tmp_path, number, sends) as sending:
        said = await asyncio.gather(*(user.ask("send") for user in sending))
        assert said == [" ".join(["accepted"] * sends)] * number
        attempts = check(server, tmp_path)
        assert Counter(attempt.request.event_id for attempt in attempts) == {
            str(event): sends for event in range(1, number + 1)
        }
        assert {attempt.outcome for attempt in attempts} == {Outcome.ACCEPTED}

        server.delay_s = 0.2
        said = await asyncio.gather(*(user.ask("same") for user in sending))
        one = server.received[-1]
        assert Counter(said) == {"accepted": 1, f"asked about {one.trigger_id}": number - 1}
        assert len(server.received) == number * sends + 1
    assert one.trigger_id in {attempt.attempt_id for attempt in check(server, tmp_path)}


async def test_verbs_that_send_the_same_at_once_all_send_and_name_what_was_sent_before(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as server:
        running = await asyncio.gather(*(started(tmp_path, *trigger(1)) for _ in range(2)))
        results = await asyncio.gather(*map(ended, running))
    attempts = check(server, tmp_path)
    assert [code for code, _, _ in results] == [0, 0]
    assert len(server.received) == len(attempts) == 2
    references = [short_id(attempt.attempt_id) for attempt in attempts]
    warned = [err for _, _, err in results if err]
    assert len(warned) == 1
    assert all(any(reference in err for reference in references) for err in warned)


@pytest.mark.parametrize("number", [2, pytest.param(20, marks=pytest.mark.slow)])
async def test_command_lines_that_start_at_once_on_a_new_home_all_record(number: int, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        running = await asyncio.gather(*(started(tmp_path, *trigger(event)) for event in range(number)))
        results = await asyncio.gather(*map(ended, running))
    assert [(code, err) for code, _, err in results] == [(0, "")] * number
    assert len(check(server, tmp_path)) == number


@pytest.mark.parametrize("number", [2, pytest.param(10, marks=pytest.mark.slow)])
async def test_the_sandbox_may_be_filled_by_several_first_starts_at_once(number: int, tmp_path: Path) -> None:
    running = await asyncio.gather(*(started(tmp_path, *trigger(100 + event)) for event in range(number)))
    results = await asyncio.gather(*map(ended, running))
    assert [(code, err) for code, _, err in results] == [(0, "")] * number
    assert [attempt.outcome for attempt in recovered(tmp_path)] == [Outcome.ACCEPTED] * number


async def test_each_sees_the_attempts_of_the_others(tmp_path: Path) -> None:
    async with served(tmp_path), users(tmp_path, 2, 1) as (watching, sending):
        await watching.tell("look")
        assert await sending.ask("send") == "accepted"
        assert await watching.hear() == "1"
        assert await sending.ask("count") == "1"


async def test_what_a_living_process_is_sending_is_left_alone_until_it_is_dead(tmp_path: Path) -> None:
    async with served(tmp_path, delay_s=0) as server, users(tmp_path, 1, 1) as (other,):
        server.speaking.clear()
        living = await started(tmp_path, *trigger(7))
        await server.arrival.wait()
        assert await other.ask("recover") == "0"
        assert [attempt.outcome for attempt in recovered(tmp_path)] == [Outcome.SENDING]
        server.speaking.set()
        code, _, err = await ended(living)
        assert (code, err) == (0, "")
        (attempt,) = check(server, tmp_path)
        assert attempt.outcome is Outcome.ACCEPTED

        server.arrival.clear()
        server.speaking.clear()
        living = await started(tmp_path, *trigger(8))
        await server.arrival.wait()
        living.kill()
        await ended(living)
        assert await other.ask("recover") == "1"
        attempt, _ = check(server, tmp_path)
        assert attempt.outcome is Outcome.UNKNOWN
        server.speaking.set()
