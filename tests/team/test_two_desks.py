"""Two members, each with a home, on one account."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from app.domain.checks import parse_cases
from app.domain.history_query import Clock, parse_query
from app.domain.model import Attempt, Outcome, TriggerRequest, new_attempt_id
from app.domain.wire import trigger_body
from app.service.bulk import Planning
from app.service.checks import ready, run_case
from app.store.attempts import History
from tests.service.bulk_desk import addresses, counts, csv_of, endpoint, sending
from tests.team.conftest import OPENED, Home, everything_in

CASE = """
[[case]]
name = "thor gets his mail"
event = "100"
key = "3"
external_id = "thor@example.com"
expect = { outcome = "accepted" }
"""


async def test_the_second_desk_is_asked_with_the_attempt_of_the_first(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    first = await anna.send()
    anna.team.sync()
    for asked in (await bert.asked(), await bert.asked("11", key="id")):
        assert (asked.member, asked.attempt_id) == ("Anna", first.attempt_id)
        assert asked.outcome is Outcome.ACCEPTED
    again = await bert.send(claim_seen=first.attempt_id)
    assert again.outcome is Outcome.ACCEPTED

    await anna.send("12", key="id", data={"order": 1})
    rejected = await anna.send("nobody@example.com")
    assert rejected.outcome is Outcome.REJECTED
    anna.team.sync()
    assert (await bert.send("12", key="id", data={"order": 2})).outcome is Outcome.ACCEPTED
    (line,) = bert.notices
    told = (
        r"Anna triggered this event for this contact (just now|\d+ seconds? ago) with other data \(accepted, "
    )
    assert re.match(told, line)
    assert (await bert.send("nobody@example.com")).outcome is Outcome.REJECTED

    (case,) = parse_cases("checks.toml", CASE)
    (request,) = ready(bert.session, [case])
    checked = await run_case(bert.session, case, request, asyncio.Event())
    assert checked.outcome is Outcome.ACCEPTED, "a check repeats what a colleague sent"


async def test_every_desk_reads_the_attempts_of_all_and_no_address_reaches_the_database(
    homes: OPENED, admin: psycopg.Connection, account: str
) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    one, other = await anna.send(note="for boss@example.com"), await bert.send("12", key="id")
    hidden = await anna.send("nobody@example.com", data={"mail": "secret@example.com"})
    anna.session.history.note(hidden.attempt_id, "told nobody@example.com")
    for desk in (anna, bert, anna):
        desk.team.sync()
    members = {one.attempt_id: "Anna", hidden.attempt_id: "Anna", other.attempt_id: "Bert"}
    assert anna.members_of() == bert.members_of() == members
    seen = bert.team.history.find_attempt(one.attempt_id)
    assert (seen.outcome, seen.request.event_id, seen.started_at) == (Outcome.ACCEPTED, "100", one.started_at)
    assert seen.request.external_id.startswith("#")
    assert bert.team.history.find_attempt(hidden.attempt_id).note == "told (hidden)"
    assert "@" not in everything_in(admin, account)
    again = await anna.send(repeats=True)
    anna.team.sync()
    bert.team.sync()
    for line, found in (
        ("previous:accepted", {again.attempt_id}),
        ("person:thor@example.com", {one.attempt_id, again.attempt_id}),
        ("person:11", {one.attempt_id, again.attempt_id}),
        ("contact:thor@example.com", {one.attempt_id, again.attempt_id}),
        ("Anna outcome:accepted", {one.attempt_id, again.attempt_id}),
        ("person:13", set()),
    ):
        query = parse_query(line, Clock(datetime.now(UTC)))
        listed = bert.team.history.list_attempts(0, query=query)
        assert {one.attempt_id for one in listed} == found, line


async def test_a_team_that_shares_all_shares_event_data_and_templates_by_version(
    homes: OPENED, admin: psycopg.Connection, account: str
) -> None:
    anna, bert, private = (
        await homes("Anna", team_share="all"), await homes("Bert", team_share="all"), await homes("Carl"),
    )  # fmt: skip

    def templates(desk: Home) -> dict[str, str]:
        desk.team.sync()
        found = desk.session.drafts.data_choices("100")
        return {one.name: one.data_text for one in found if one.kind == "template"}

    data = {"mail": "secret@example.com", "odd": "\0 \\u0000", "price": 1.5}
    sent = await bert.send("nobody@example.com", data=data)
    bert.team.sync()
    assert "secret@example.com" in everything_in(admin, account)
    anna.session.drafts.save_template("order", '{"v": 1}')
    anna.team.sync()
    shared = anna.team.history.find_attempt(sent.attempt_id)
    assert (shared.member, shared.request.external_id) == ("Bert", "nobody@example.com")
    assert shared.request.data == {**data, "odd": "\ufffd \\u0000"}
    assert templates(bert) == {"order": '{"v": 1}'}
    anna.session.drafts.save_template("order", '{"v": 2}')
    bert.session.drafts.save_template("order", '{"v": 3}')
    anna.team.sync()
    assert templates(bert) == {"order": '{"v": 2}', "order (my draft)": '{"v": 3}'}
    assert templates(anna) == {"order": '{"v": 2}'}
    assert templates(private) == {}


async def interrupted(desk: Home) -> Attempt:
    """An attempt of a window that ended before the reply."""
    attempt_id = new_attempt_id()
    request = TriggerRequest("100", "3", "thor@example.com", None, attempt_id)
    attempt = replace(desk.session.planned(request), attempt_id=attempt_id)
    claimed = await desk.team.claim(attempt, None)
    window = History(desk.home / "history.db")
    window.begin(claimed, trigger_body(request))
    window.close()
    assert desk.session.history.recover() == 1
    return claimed


async def test_an_unknown_outcome_is_taken_over_and_resolved_by_a_colleague(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    unknown = await interrupted(anna)
    anna.team.sync()
    bert.team.sync()
    bert.team.take_over(unknown.attempt_id)
    bert.team.settle(unknown.attempt_id, arrived=True, note="seen in the mailbox of thor@example.com")
    bert.team.sync()
    anna.team.sync()
    known = anna.session.history.find_attempt(unknown.attempt_id)
    assert known.outcome is Outcome.UNKNOWN
    assert known.settlement is not None
    assert known.settlement.arrived
    assert known.settlement.note == "seen in the mailbox of (hidden) (Bert)"
    assert anna.members_of()[unknown.attempt_id] == "Anna → Bert"


@pytest.mark.parametrize("many", [150, pytest.param(2500, marks=pytest.mark.slow)])
async def test_two_desks_with_one_bulk_file_in_opposite_order_mail_each_contact_once(
    homes: OPENED, tmp_path: Path, many: int
) -> None:
    people = addresses(many)
    async with endpoint() as counting:
        given = {"folder": None, "base_url": counting.url}
        desks = [await homes("Anna", **given), await homes("Bert", **given)]
        runs = []
        for desk, order in zip(desks, (1, -1), strict=True):
            file = tmp_path / f"{desk.team.desk.member}.csv"
            file.write_text(csv_of(people[::order]))
            runs.append(await desk.session.bulk.plan(Planning("100", "3", file)))
        started = zip(desks, runs, strict=True)
        ended = await asyncio.gather(*(one.session.bulk.run(run, sending()) for one, run in started))
        assert counting.reached == dict.fromkeys(people, 1)
    found = [counts(run) for run in ended]
    assert all(run.pause_reason is None for run in ended)
    assert sum(int(str(one.get("accepted", 0))) for one in found) == many
    assert sum(int(str(one.get("skipped", 0))) for one in found) == many
    for desk in (*desks, desks[0]):
        desk.team.sync()
    assert len(desks[0].members_of()) == len(desks[1].members_of()) == many
    assert all(desk.team.news() == [] for desk in desks), "nobody was mailed twice"
