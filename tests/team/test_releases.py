"""Claims whose attempts are not sent are given back, and only those; a person is forgotten whenever the news comes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from app.domain.bulk import BulkError
from app.domain.model import Outcome, TriggerRequest
from app.domain.team import TeamKey
from app.service.bulk import BulkRuns
from app.service.guard import GuardError
from app.service.team import Team
from app.team.server import TeamServer
from tests.service.bulk_desk import Desk, Endpoint, addresses, counts, csv_of, desk, endpoint
from tests.team.conftest import KEY, OPENED, joined
from tests.team.proxy import Proxy
from tests.team.test_apart import attempt, count_of

ONE, OTHER = (TriggerRequest("100", "3", one) for one in addresses(2))


def open_claims(admin: psycopg.Connection, account: str) -> int:
    sql = "SELECT count(*) FROM triggerdesk.claim WHERE account = %s AND outcome IS NULL"
    return int(admin.execute(sql, (account,)).fetchall()[0][0])


class At:
    """Anna's desk on a counting endpoint, in the team by way of the proxy, and what happens while a run waits."""

    def __init__(self, here: Desk, server: Endpoint, team: Team) -> None:
        self.here, self.server, self.team = here, server, team


@pytest.fixture
async def anna(tmp_path: Path, proxy: Proxy, account: str) -> AsyncIterator[At]:
    async with endpoint("429") as server, desk(tmp_path, server.url) as here:
        team = joined(here.live, proxy.uri, account, required=True)
        yield At(here, server, team)
        proxy.let_go()
        team.close()


async def test_a_release_that_arrives_late_does_not_settle_the_claim_of_the_next_try(
    anna: At, homes: OPENED, proxy: Proxy
) -> None:
    bert, held = await homes("Bert"), proxy.hold(b"given_back")

    async def wait(_: float) -> None:  # for the rate limit, until a sync is about to push the release
        anna.server.arrival.clear()
        anna.server.speaking.clear()
        anna.team.wake()
        await asyncio.to_thread(held.wait)

    anna.here.bulk = BulkRuns(anna.here.live, 0.3, sleep=wait, clock=lambda: anna.here.now)
    run = asyncio.create_task(anna.here.run(await anna.here.plan(csv_of([ONE.external_id]))))
    await asyncio.to_thread(held.wait)
    await anna.server.arrival.wait()
    proxy.let_go()
    await asyncio.to_thread(anna.team.sync)
    asked = await bert.team.look(ONE)
    anna.server.speaking.set()
    assert counts(await run) == {"accepted": 1}
    assert asked is not None, "the batch is under way"
    assert (asked.member, asked.outcome) == ("Anna", Outcome.SENDING)


def test_an_attempt_that_is_given_back_after_its_push_is_not_sent_in_the_log(
    desks: Callable[..., TeamServer], account: str
) -> None:
    anna = desks("Anna")
    anna.push([attempt("-back", account), attempt("-sent", account)])
    anna.push([], released=["a-back", "never pushed"])
    with anna.pull() as log:
        outcomes = {one[1]: one[13] for page in log.attempts(0) for one in page}
    assert outcomes == {"a-back": "not_sent", "a-sent": "sending"}


async def test_a_run_that_ends_between_claim_and_send_gives_its_claims_back(
    anna: At, homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    bert = await homes("Bert")
    await bert.send(ONE.external_id)
    plan = await anna.here.plan(csv_of([ONE.external_id, OTHER.external_id]))
    held = proxy.hold(b"INSERT INTO triggerdesk.claim")
    run = asyncio.create_task(anna.here.run(plan))
    await asyncio.to_thread(held.wait)
    with closing(sqlite3.connect(anna.here.history.path)) as elsewhere, elsewhere:
        elsewhere.execute("DELETE FROM bulk_runs")
    proxy.let_go()
    with pytest.raises(BulkError):
        await run
    assert count_of(admin, "claim", account) == 2
    anna.team.sync()
    assert await bert.team.look(OTHER) is None
    assert open_claims(admin, account) == 1, "Bert's, who has not pushed"


async def test_claims_whose_answer_is_lost_are_given_back_where_the_team_is_required(
    anna: At, homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    bert = await homes("Bert")
    anna.team.sync()
    await anna.team.look(ONE)
    proxy.cut_after(b"COMMIT", unplugs=True)
    with pytest.raises(GuardError, match="only with its team"):
        await asyncio.to_thread(anna.team.claim_batch, "100", {"a": (ONE, None), "b": (OTHER, None)})
    assert (proxy.cuts, count_of(admin, "claim", account)) == (1, 2)
    proxy.plug_in()
    anna.team.sync()
    assert await bert.team.look(ONE) is None
    assert open_claims(admin, account) == 0


async def test_a_claim_that_is_made_after_its_send_was_cancelled_is_given_back(
    homes: OPENED, proxy: Proxy, admin: psycopg.Connection, account: str
) -> None:
    anna, bert = await homes("Anna", proxy.uri), await homes("Bert")
    held = proxy.hold(b"INSERT INTO triggerdesk.claim")
    sending = asyncio.create_task(anna.send())
    await asyncio.to_thread(held.wait)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    anna.team.sync()
    assert count_of(admin, "claim", account) == 0
    proxy.let_go()
    for _ in range(200):
        anna.team.sync()
        if count_of(admin, "claim", account) and not open_claims(admin, account):
            break
    assert await bert.team.look(TriggerRequest("100", "3", "thor@example.com")) is None
    assert open_claims(admin, account) == 0


async def test_a_release_that_cannot_be_written_is_pushed_by_the_next_sync(
    anna: At, admin: psycopg.Connection, account: str
) -> None:
    claimed = anna.team.claim_batch("100", {"a": (ONE, None)}).claimed
    with closing(sqlite3.connect(anna.here.history.path)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        anna.team.release(*claimed)
    assert open_claims(admin, account) == 1
    anna.team.sync()
    assert open_claims(admin, account) == 0


async def test_a_person_whose_tombstone_comes_while_another_is_being_forgotten_is_forgotten_too(
    tmp_path: Path, homes: OPENED, uri: str, account: str
) -> None:
    bert = await homes("Bert")
    meanwhile: list[Callable[[], object]] = []

    class Key(TeamKey):
        """Lets something happen while this desk looks for the persons to forget."""

        def contact(self, account: str, key_id: str, value: str) -> str:
            while meanwhile:
                meanwhile.pop()()
            return KEY.contact(account, key_id, value)

    async with endpoint() as server, desk(tmp_path, server.url) as here:
        team = joined(here.live, uri, account, Key(KEY.text))
        await here.run(await here.plan(csv_of([ONE.external_id, OTHER.external_id])))
        bert.team.server.forget([KEY.contact(account, "3", ONE.external_id)])
        team.sync()
        bert.team.server.forget([KEY.contact(account, "3", OTHER.external_id)])
        meanwhile.append(team.sync)
        assert team.forget_here() == 1
        assert team.forget_here() == 1
        assert team.forget_here() == 0
        assert {one.request.external_id for one in here.history.attempts(None, 0)} == {"(forgotten)"}
        team.close()
