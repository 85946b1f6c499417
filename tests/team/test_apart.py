"""What breaks between a desk and its team: nothing is sent twice after one question, and nothing is lost."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from app.domain.history_query import Clock, parse_query
from app.domain.model import Outcome, TriggerRequest
from app.service.erasure import forget, whom_to_forget
from app.service.guard import GuardError
from app.service.team import SENT_LATER
from app.team.server import TeamServer
from tests.team.conftest import OPENED, everything_in, marks
from tests.team.proxy import Proxy


def count_of(admin: psycopg.Connection, table: str, account: str) -> int:
    row = admin.execute(f"SELECT count(*) FROM triggerdesk.{table} WHERE account = %s", (account,)).fetchone()  # type: ignore[arg-type]  # noqa: S608
    assert row is not None
    return int(row[0])


async def test_two_agents_in_the_same_second_and_a_server_that_restarts_in_the_middle(
    homes: OPENED, server: Any
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    careful = await homes("Carl", team_required=True)
    found = await asyncio.gather(anna.send(), bert.send(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Attempt", "SentMeanwhileError"]

    server.stop()
    for desk, key in ((anna, {"value": "odin@example.com"}), (bert, {"value": "odin@example.com"})):
        assert (await desk.send(**key)).outcome is Outcome.REJECTED
        assert (await desk.send("12", key="id")).outcome is Outcome.ACCEPTED
        assert set(desk.notices) == {SENT_LATER}
        await desk.team.sync_soon()
        assert not desk.team.status().reachable
    with pytest.raises(GuardError, match="team_required"):
        await careful.send("13", key="id")
    assert list(careful.session.history.list_attempts(0)) == []

    server.ensure_postgres_running()
    for desk in (anna, bert, careful, anna):
        desk.team.sync()
        assert desk.team.status().pending == 0
    assert anna.members_of() == bert.members_of() == careful.members_of()
    assert sorted(anna.members_of().values()).count("Bert") in (2, 3)
    assert len(anna.members_of()) == 5
    for desk in (anna, bert):
        (line,) = desk.team.news()
        assert "(Anna)" in line
        assert "(Bert)" in line
        assert desk.team.news() == []
    assert careful.team.news() == []
    assert (await careful.asked("12", key="id")).outcome is Outcome.ACCEPTED


async def test_a_connection_cut_at_any_moment_loses_nothing_and_repeats_nothing(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    anna, bert = await homes("Anna", proxy.uri), await homes("Bert")
    anna.team.sync()
    # between the commit of a claim and its acknowledgement
    await anna.team.look(TriggerRequest("100", "3", "thor@example.com"))
    proxy.cut_after(b"COMMIT")
    sent = await anna.send()
    assert (sent.outcome, proxy.cuts) == (Outcome.ACCEPTED, 1)
    assert count_of(admin, "claim", account) == 2, "one for the address, one for the contact id"
    # between send and settling
    proxy.unplug()
    await anna.team.sync_soon()
    assert (await bert.asked()).outcome is Outcome.SENDING
    proxy.plug_in()
    # between the commit of a push and its acknowledgement
    anna.team.server.members()
    proxy.cut_after(b"NOTIFY")
    anna.team.sync()
    assert proxy.cuts == 2
    assert (count_of(admin, "attempt", account), count_of(admin, "fact", account)) == (1, 1)
    asked = await bert.asked()
    assert (asked.attempt_id, asked.outcome) == (sent.attempt_id, Outcome.ACCEPTED)
    # between claim and send
    proxy.cut_after(b"COMMIT")
    proxy.cut()
    assert (await anna.send("13", key="id")).outcome is Outcome.ACCEPTED
    # ended by the server
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert (await anna.send("12", key="id")).outcome is Outcome.ACCEPTED
    for desk in (anna, bert):
        desk.team.sync()
        assert list(desk.members_of().values()) == ["Anna"] * 3
    assert anna.team.status().pending == 0


@pytest.mark.parametrize(("hours", "way"), [(-2, "behind"), (2, "ahead of")])
async def test_a_desk_whose_clock_is_two_hours_off_is_told_and_the_team_goes_by_the_servers_clock(
    homes: OPENED, monkeypatch: pytest.MonkeyPatch, hours: int, way: str
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    now = datetime.now(UTC).timestamp
    monkeypatch.setattr("time.time", lambda: now() + 3600 * hours)
    sent = await anna.send()
    anna.team.sync()
    monkeypatch.undo()
    (told,) = anna.team.news()
    assert re.match(rf"The clock of this machine is 7[12]\d\d s {way} the team's", told)
    bert.team.sync()
    seen = bert.team.history.find_attempt(sent.attempt_id)
    assert abs((sent.started_at - seen.started_at).total_seconds() - 3600 * hours) < 100
    asked = await bert.asked()
    assert (datetime.now(UTC) - asked.started_at).total_seconds() < 60


async def test_a_person_forgotten_on_one_desk_is_forgotten_on_all_and_a_late_push_brings_nothing_back(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    anna, bert = await homes("Anna", team_share="all"), await homes("Bert", proxy.uri, team_share="all")
    gone = "nobody@example.com"
    await anna.send(gone)
    anna.team.sync()
    await bert.send(gone)
    bert.team.sync()
    anna.team.sync()
    proxy.unplug()
    late = await bert.send(gone, data={"to": gone})
    assert gone in everything_in(admin, account)
    forget(anna.session.account, whom_to_forget(anna.session.account, "3", gone))
    anna.team.sync()
    assert gone not in everything_in(admin, account)
    proxy.plug_in()
    bert.team.sync()
    assert gone not in everything_in(admin, account)
    assert bert.team.forget_here() == 1
    known = bert.session.history.find_attempt(late.attempt_id)
    assert (known.request.external_id, known.outcome) == ("(forgotten)", Outcome.REJECTED)
    assert {one.request.external_id for one in anna.team.history.list_attempts(0)} == {"(forgotten)"}


def attempt(number: object, account: str, at: int = 0) -> dict[str, object]:
    contact = marks(account, "odin@example.com")
    none = dict.fromkeys(("event_name", "parent_id", "predicted_code", "detail", "outcome"))
    ids = {"attempt_id": f"a{number}", "event_id": "100", "key_id": "3"}
    return {**none, **ids, "contacts": contact.contacts, "data": contact.data, "at": at, "is_claimed": True}


async def test_a_desk_that_is_back_after_thirty_days_reads_all_and_tells_all(
    homes: OPENED, desks: Callable[..., TeamServer], account: str
) -> None:
    anna, busy = await homes("Anna"), desks("Bert")
    sent = await anna.send()
    start = int(sent.started_at.timestamp() * 1_000_000)
    for day in range(30):
        at = start + day * 86_400_000_000
        busy.push([attempt(f"{day}-{number}", account, at) for number in range(20)])
    anna.team.sync()
    assert len(anna.members_of()) == 601
    with busy.pull() as log:
        assert sent.attempt_id in {one[1] for page in log.attempts(0) for one in page}
        assert list(log.facts(0, 0)) == [], "its outcome comes with the attempt"


def test_two_desks_that_push_while_a_third_reads_lose_nothing(
    desks: Callable[..., TeamServer], account: str
) -> None:
    def push(first: int) -> None:
        desk = desks(f"member{first}")
        for number in range(first, first + 30):
            desk.push([attempt(number, account)])

    reader, seen, last = desks("reader"), list[str](), 0
    with ThreadPoolExecutor(2) as pool:
        pushing = [pool.submit(push, first) for first in (0, 30)]
        while len(seen) < 60 and not all(one.done() and one.exception() for one in pushing):
            with reader.pull() as log:
                for page in log.attempts(last):
                    seen += [one[1] for one in page]
                    last = page[-1][0]
    assert sorted(seen) == sorted(f"a{number}" for number in range(60))


@pytest.mark.slow
async def test_many_attempts_are_pulled_whole_and_their_indexes_are_back(
    homes: OPENED, account: str, admin: psycopg.Connection
) -> None:
    fill(admin, account, 30_000)
    anna = await homes("Anna")
    anna.team.sync()
    history = anna.team.history
    assert history.counts() == {Outcome.ACCEPTED: 30_000}
    again = parse_query("previous:accepted", Clock(datetime.now(UTC)))
    assert history.counts(again) == {Outcome.ACCEPTED: 23_999}, "all but the first of each contact"
    with (
        closing(sqlite3.connect(anna.team.settings.path)) as pulled,
        closing(sqlite3.connect(anna.home / "history.db")) as own,
    ):
        assert indexes(pulled) == indexes(own)


def indexes(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}


def fill(admin: psycopg.Connection, account: str, many: int) -> None:
    """Adds attempts of another desk with their outcomes, five for each contact."""
    admin.execute(
        """INSERT INTO triggerdesk.attempt (id, account, member, desk, event_id, event_name, key_id, contacts, data, started_at)
        SELECT gen_random_uuid(), %(account)s, 'Bert', 'desk', (100 + n %% 20)::text, 'event ' || n %% 20, '3',
            ARRAY[sha256(('c' || n / 5)::bytea)], sha256('d'), now() - make_interval(secs => n)
        FROM generate_series(1, %(many)s) AS n""",
        {"account": account, "many": many},
    )
    admin.execute(
        """INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
        SELECT id || ':outcome', account, id, member, 'outcome',
            '{"outcome": "accepted", "http_status": 200, "reply_code": 0, "elapsed_ms": 41.5}'
        FROM triggerdesk.attempt WHERE account = %s""",
        (account,),
    )
    admin.execute("ANALYZE triggerdesk.attempt, triggerdesk.fact")
