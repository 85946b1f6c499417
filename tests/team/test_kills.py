"""Desks that are killed while they send: every attempt reaches the team, and every claim follows the one before."""

import asyncio
import multiprocessing
import os
import random
import shutil
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psycopg
import pytest

from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.resources import sample_data
from app.service.session import SentMeanwhileError, Session
from app.settings import Profile, Settings
from tests.team.conftest import KEY, OPENED

MEMBERS = [f"member{number}" for number in range(8)]


def send_forever(home: Path, uri: str, account: str, ready: Connection) -> None:
    """Sends to one contact again and again, each time after the question that is due."""
    profile = Profile("shop", folder=sample_data(), team=uri, team_account=account)

    async def send() -> None:
        session = open_service(Settings(home, profile, member=home.name))
        os.nice(10)  # those that start come first
        ready.send("ready")
        while session.team is not None:
            await _ask_and_send(session)
            await session.team.sync_soon()

    asyncio.run(send())


async def _ask_and_send(session: Session) -> None:
    own = colleague = None
    for _ in range(5):
        attempt_id = new_attempt_id()
        request = TriggerRequest("100", "3", "thor@example.com", None, attempt_id)
        try:
            await session.send(request, attempt_id, asked_about=own, claim_seen=colleague)
        except SentMeanwhileError as error:
            if error.earlier.member:
                colleague = error.earlier.attempt_id
            else:
                own = error.earlier.attempt_id
        else:
            return


def kill_at_random(kills: int, homes: Path, uri: str, account: str) -> None:
    """Lets all members send, and kills half of them again and again, each at a moment of its own."""
    chance = random.Random(21)  # noqa: S311 - the same moments each time
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    running: dict[str, tuple[ForkServerProcess, Connection]] = {}
    for _ in range(kills // 4):
        for member in MEMBERS:
            if member not in running:
                ours, theirs = context.Pipe(duplex=False)
                given = (homes / member, uri, account, theirs)
                process = context.Process(target=send_forever, args=given, daemon=True)
                process.start()
                theirs.close()
                running[member] = (process, ours)
        for victim in chance.sample(MEMBERS, 4):
            process, ours = running.pop(victim)
            assert ours.recv() == "ready"
            ours.poll(chance.random() * 0.1)  # nothing more comes: it waits for a moment
            _end(process)
    for process, _ in running.values():
        _end(process)


def _end(process: ForkServerProcess) -> None:
    process.kill()
    process.join()


@pytest.mark.parametrize("kills", [8, pytest.param(300, marks=pytest.mark.slow)])
async def test_after_many_kills_no_attempt_is_lost_and_every_claim_follows_the_one_before(
    homes: OPENED, uri: str, account: str, filled: Path, tmp_path: Path, admin: psycopg.Connection, kills: int
) -> None:
    for member in MEMBERS:
        shutil.copytree(filled, tmp_path / member)
        (tmp_path / member / "team.key").write_text(KEY.text)
    await asyncio.to_thread(kill_at_random, kills, tmp_path, uri, account)
    local: dict[str, str] = {}
    for member in MEMBERS:
        desk = await homes(member)
        desk.team.sync()
        local |= {one.attempt_id: one.outcome.value for one in desk.session.history.list_attempts(0)}

    def rows(sql: str) -> list[tuple[object, ...]]:
        return admin.execute(sql, (account,)).fetchall()  # type: ignore[arg-type]

    assert {row[0] for row in rows("SELECT id FROM triggerdesk.attempt WHERE account = %s")} == local.keys()
    outcomes = (
        "SELECT attempt_id, body ->> 'outcome' FROM triggerdesk.fact WHERE account = %s AND kind = 'outcome'"
    )
    assert dict(rows(outcomes)) == local  # type: ignore[arg-type]
    chains = rows(
        "SELECT count(*), max(generation) FROM triggerdesk.claim WHERE account = %s GROUP BY contact"
    )
    assert all(number == newest for number, newest in chains), "a generation is missing"
    claimed = {row[0] for row in rows("SELECT attempt_id FROM triggerdesk.claim WHERE account = %s")}
    assert local.keys() <= claimed, "an attempt was sent without a claim"
