"""What breaks between a desk and its team: nothing is sent twice after one question, and nothing is lost."""

import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from app.domain.model import Outcome, TriggerRequest
from app.domain.team import TeamAttempt
from app.service.session import SentMeanwhileError
from app.team.server import TeamServer
from tests.team.conftest import KEY, OPENED, everything_in, marks
from tests.team.proxy import Proxy

KILLS = 24
ATTEMPTS = 20_000


@pytest.fixture
def proxy(uri: str) -> Proxy:
    return Proxy(uri)


def count_of(admin: psycopg.Connection, table: str, account: str) -> int:
    row = admin.execute(f"SELECT count(*) FROM triggerdesk.{table} WHERE account = %s", (account,)).fetchone()  # type: ignore[arg-type]  # noqa: S608
    assert row is not None
    return int(row[0])


async def test_a_claim_whose_answer_is_lost_is_made_once(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    anna = await homes("Anna", proxy.uri)
    assert anna.team.status().reachable
    await anna.team.look(TriggerRequest("100", "3", "thor@example.com"))
    proxy.cut_after(b"COMMIT")
    sent = await anna.send()
    assert (sent.outcome, proxy.cuts) == (Outcome.ACCEPTED, 1)
    assert count_of(admin, "claim", account) == 2, "one for the address, one for the contact id"


async def test_a_connection_cut_between_send_and_settling_leaves_an_open_claim_until_the_next_sync(
    homes: OPENED, proxy: Proxy
) -> None:
    anna, bert = await homes("Anna", proxy.uri), await homes("Bert")
    sent = await anna.send()
    proxy.unplug()
    await anna.team.sync_soon()
    with pytest.raises(SentMeanwhileError) as asked:
        await bert.send()
    assert asked.value.earlier.outcome is Outcome.SENDING
    proxy.plug_in()
    anna.team.sync()
    with pytest.raises(SentMeanwhileError) as asked:
        await bert.send()
    assert (asked.value.earlier.attempt_id, asked.value.earlier.outcome) == (
        sent.attempt_id,
        Outcome.ACCEPTED,
    )


async def test_what_was_pushed_before_the_answer_was_lost_is_pushed_again_without_a_trace(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    anna = await homes("Anna", proxy.uri)
    await anna.send()
    anna.team.server.join(KEY)
    proxy.cut_after(b"COMMIT")
    anna.team.sync()
    assert proxy.cuts == 1
    assert (count_of(admin, "attempt", account), count_of(admin, "fact", account)) == (1, 1)
    assert anna.team.status().pending == 0


async def test_a_connection_that_the_server_ended_is_replaced(
    homes: OPENED, admin: psycopg.Connection
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send()
    anna.team.sync()
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert (await anna.send("12", key="id")).outcome is Outcome.ACCEPTED
    anna.team.sync()
    bert.team.sync()
    assert set(bert.members_of().values()) == {"Anna"}
    assert len(bert.members_of()) == 2


async def test_a_desk_whose_clock_is_two_hours_off_is_told_and_its_attempts_have_the_time_of_the_server(
    homes: OPENED, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    now = datetime.now(UTC).timestamp
    monkeypatch.setattr("time.time", lambda: now() - 7200)
    sent = await anna.send()
    anna.team.sync()
    monkeypatch.undo()
    (told,) = anna.team.news()
    assert re.match(r"The clock of this machine is 7[12]\d\d s behind the team's", told)
    bert.team.sync()
    seen = bert.team.history.find_attempt(sent.attempt_id)
    assert 7100 < (seen.started_at - sent.started_at).total_seconds() < 7300
    with pytest.raises(SentMeanwhileError) as asked:
        await bert.send()
    assert (datetime.now(UTC) - asked.value.earlier.started_at).total_seconds() < 60


async def test_a_person_forgotten_on_one_desk_is_forgotten_on_all_and_a_late_push_brings_nothing_back(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection
) -> None:
    anna, bert = await homes("Anna", team_share="all"), await homes("Bert", proxy.uri, team_share="all")
    gone = "nobody@example.com"
    await anna.send(gone)
    anna.team.sync()
    await bert.send(gone)
    anna.team.sync()
    bert.team.sync()
    proxy.unplug()
    late = await bert.send(gone, data={"to": gone})
    assert gone in everything_in(admin)
    anna.session.contacts.forget(anna.session.contacts.whom_to_forget("3", gone))
    anna.team.sync()
    assert gone not in everything_in(admin)
    proxy.plug_in()
    bert.team.sync()
    assert gone not in everything_in(admin)
    assert bert.team.forget_here() == 1
    known = bert.session.history.find_attempt(late.attempt_id)
    assert (known.request.external_id, known.outcome) == ("(forgotten)", Outcome.REJECTED)
    assert {one.request.external_id for one in anna.team.history.list_attempts(0)} == {"(forgotten)"}


async def test_a_desk_that_is_back_after_thirty_days_reads_all_and_tells_all(
    homes: OPENED, desks: Callable[..., TeamServer], account: str
) -> None:
    anna = await homes("Anna")
    sent = await anna.send()
    busy = desks("Bert")
    contact = marks(account, "odin@example.com")
    start = int(sent.started_at.timestamp() * 1_000_000)
    for day in range(30):
        rows = [
            TeamAttempt(
                f"b{day}-{number}", "100", None, "3", contact.contacts, contact.data,
                None, None, start + day * 86_400_000_000,
            )
            for number in range(50)
        ]  # fmt: skip
        busy.push(rows)
    anna.team.sync()
    assert len(anna.members_of()) == 1501
    with busy.pull() as log:
        assert sent.attempt_id in {one[1] for page in log.attempts(0) for one in page}
        assert [one.body["outcome"] for page in log.facts(0, 0) for one in page] == []


async def test_two_desks_that_push_while_a_third_reads_lose_nothing(
    desks: Callable[..., TeamServer], account: str
) -> None:
    contact = marks(account, "odin@example.com")

    def push(member: str) -> None:
        desk = desks(member)
        for number in range(40):
            one = TeamAttempt(
                f"{member}{number}", "100", None, "3", contact.contacts, contact.data,
                None, None, 0,
            )  # fmt: skip
            desk.push([one])

    reader, seen, last = desks("reader"), list[str](), 0
    with ThreadPoolExecutor(2) as pool:
        pushing = [pool.submit(push, member) for member in ("Anna", "Bert")]
        while len(seen) < 80 and not all(one.done() and one.exception() for one in pushing):
            with reader.pull() as log:
                for page in log.attempts(last):
                    seen += [one[1] for one in page]
                    last = page[-1][0]
    assert sorted(seen) == sorted(f"{member}{number}" for member in ("Anna", "Bert") for number in range(40))
    assert len(set(seen)) == 80


SENDER = """
import asyncio, sys
from pathlib import Path
from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.resources import sample_data
from app.service.session import SentMeanwhileError
from app.settings import Profile, Settings
home, uri, account, member = sys.argv[1:]
profile = Profile("shop", folder=sample_data(), team=uri, team_account=account)

async def main():
    session = open_service(Settings(Path(home), profile, member=member))
    print("ready", flush=True)
    while True:
        own = colleague = None
        for _ in range(5):
            attempt_id = new_attempt_id()
            request = TriggerRequest("100", "3", "thor@example.com", None, attempt_id)
            try:
                await session.send(request, attempt_id, asked_about=own, claim_seen=colleague)
                break
            except SentMeanwhileError as error:
                if error.earlier.member:
                    colleague = error.earlier.attempt_id
                else:
                    own = error.earlier.attempt_id
        await session.team.sync_soon()

asyncio.run(main())
"""


def kill_at_random(members: list[str], homes: Path, uri: str, account: str) -> None:
    """Lets all members send to one contact, and kills one of them again and again."""
    chance = random.Random(21)  # noqa: S311 - the same moments each time
    running: dict[str, subprocess.Popen[str]] = {}
    for _ in range(KILLS):
        for member in members:
            if member not in running:
                words = [sys.executable, "-c", SENDER, str(homes / member), uri, account, member]
                running[member] = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        victim = chance.choice(members)
        assert running[victim].stdout is not None
        running[victim].stdout.readline()
        time.sleep(chance.random() * 0.5)
        _end(running.pop(victim))
    for one in running.values():
        _end(one)


def _end(one: "subprocess.Popen[str]") -> None:
    one.send_signal(signal.SIGKILL)
    one.communicate()


@pytest.mark.slow
async def test_after_many_kills_no_attempt_is_lost_and_every_claim_follows_the_one_before(
    homes: OPENED, uri: str, account: str, filled: Path, tmp_path: Path, admin: psycopg.Connection
) -> None:
    members = [f"member{number}" for number in range(8)]
    for member in members:
        shutil.copytree(filled, tmp_path / member)
        (tmp_path / member / "team.key").write_text(KEY.text)
    kill_at_random(members, tmp_path, uri, account)
    local: dict[str, str] = {}
    for member in members:
        desk = await homes(member)
        desk.team.sync()
        local |= {one.attempt_id: one.outcome.value for one in desk.session.history.list_attempts(0)}
    shared = {
        row[0] for row in admin.execute("SELECT id FROM triggerdesk.attempt WHERE account = %s", (account,))
    }
    assert shared == local.keys()
    told = admin.execute(
        "SELECT attempt_id, body ->> 'outcome' FROM triggerdesk.fact WHERE account = %s AND kind = 'outcome'",
        (account,),
    ).fetchall()
    assert dict(told) == local
    chains = admin.execute(
        "SELECT count(*), max(generation) FROM triggerdesk.claim WHERE account = %s GROUP BY contact",
        (account,),
    ).fetchall()
    assert all(number == newest for number, newest in chains)
    claimed = {
        row[0]
        for row in admin.execute("SELECT attempt_id FROM triggerdesk.claim WHERE account = %s", (account,))
    }
    assert local.keys() <= claimed


@pytest.mark.slow
async def test_many_thousand_attempts_are_pulled_whole(
    homes: OPENED, account: str, admin: psycopg.Connection
) -> None:
    admin.execute(
        """INSERT INTO triggerdesk.attempt (id, account, member, desk, event_id, event_name, key_id, contacts, data, started_at)
        SELECT gen_random_uuid(), %(account)s, 'Bert', 'desk', (100 + n %% 20)::text, 'event ' || n %% 20, '3',
            ARRAY[sha256(('c' || n %% 200000)::bytea)], sha256('d'), now() - make_interval(secs => n)
        FROM generate_series(1, %(many)s) AS n""",
        {"account": account, "many": ATTEMPTS},
    )
    admin.execute(
        """INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
        SELECT id || ':outcome', account, id, member, 'outcome',
            '{"outcome": "accepted", "http_status": 200, "reply_code": 0, "elapsed_ms": 41.5}'
        FROM triggerdesk.attempt WHERE account = %s""",
        (account,),
    )
    admin.execute("ANALYZE triggerdesk.attempt, triggerdesk.fact")
    anna = await homes("Anna")
    anna.team.sync()
    assert anna.team.history.counts() == {Outcome.ACCEPTED: ATTEMPTS}
