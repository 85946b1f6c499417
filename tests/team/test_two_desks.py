"""Two members, each with a home, on one account."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from app.domain.history_query import Clock, parse_query
from app.domain.model import Attempt, Outcome, TriggerRequest, new_attempt_id
from app.domain.wire import trigger_body
from app.service.guard import GuardError
from app.service.session import SentMeanwhileError
from app.store.attempts import History
from tests.team.conftest import OPENED, Home, everything_in
from tests.team.proxy import Proxy


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


async def test_the_second_desk_is_asked_with_the_attempt_of_the_first(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    first = await anna.send()
    anna.team.sync()
    with pytest.raises(SentMeanwhileError) as asked:
        await bert.send()
    assert (asked.value.earlier.member, asked.value.earlier.outcome) == ("Anna", Outcome.ACCEPTED)
    assert asked.value.earlier.attempt_id == first.attempt_id
    again = await bert.send(claim_seen=first.attempt_id)
    assert again.outcome is Outcome.ACCEPTED


async def test_two_agents_in_the_same_second_make_one_mail_and_one_question(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    found = await asyncio.gather(anna.send(), bert.send(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Attempt", "SentMeanwhileError"]


async def test_the_same_person_meets_by_another_key(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send("thor@example.com")
    anna.team.sync()
    with pytest.raises(SentMeanwhileError):
        await bert.send("11", key="id")


async def test_other_data_within_the_hour_is_a_line_and_no_question(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send(data={"order": 1})
    anna.team.sync()
    sent = await bert.send(data={"order": 2})
    assert sent.outcome is Outcome.ACCEPTED
    assert bert.notices[0].startswith("Anna triggered this event for this contact")
    assert "with other data" in bert.notices[0]


async def test_a_rejected_attempt_of_another_desk_asks_nothing(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    rejected = await anna.send("nobody@example.com")
    assert rejected.outcome is Outcome.REJECTED
    anna.team.sync()
    assert (await bert.send("nobody@example.com")).outcome is Outcome.REJECTED


async def test_every_desk_reads_the_attempts_of_all(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    one, other = await anna.send("thor@example.com"), await bert.send("12", key="id")
    for desk in (anna, bert, anna):
        desk.team.sync()
    assert anna.members_of() == bert.members_of() == {one.attempt_id: "Anna", other.attempt_id: "Bert"}
    seen = next(attempt for attempt in bert.team.history.list_attempts(0) if attempt.member == "Anna")
    assert (seen.outcome, seen.request.event_id, seen.started_at) == (Outcome.ACCEPTED, "100", one.started_at)
    assert seen.request.external_id.startswith("#")


async def test_no_address_reaches_the_database_unless_the_profile_shares_all(
    homes: OPENED, admin: psycopg.Connection
) -> None:
    anna = await homes("Anna")
    sent = await anna.send(
        "nobody@example.com", data={"mail": "secret@example.com"}, note="for boss@example.com"
    )
    anna.session.history.note(sent.attempt_id, "told nobody@example.com")
    anna.team.sync()
    assert "@" not in everything_in(admin).replace("triggerdesk@", "")
    bert = await homes("Bert", team_share="all")
    await bert.send("nobody@example.com", data={"mail": "secret@example.com"})
    bert.team.sync()
    assert "secret@example.com" in everything_in(admin)
    anna.team.sync()
    shared = next(one for one in anna.team.history.list_attempts(0) if one.member == "Bert")
    assert (shared.request.external_id, shared.request.data) == (
        "nobody@example.com",
        {"mail": "secret@example.com"},
    )


async def test_without_the_team_an_optional_one_is_told_later_and_a_required_one_sends_nothing(
    homes: OPENED, uri: str
) -> None:
    proxy = Proxy(uri)
    anna, bert = await homes("Anna", proxy.uri), await homes("Bert", proxy.uri, team_required=True)
    proxy.unplug()
    sent = await anna.send()
    assert sent.outcome is Outcome.ACCEPTED
    assert anna.notices == ["The team is not reachable. This is sent without asking it, and pushed later."]
    with pytest.raises(GuardError, match="team_required"):
        await bert.send()
    assert list(bert.session.history.list_attempts(0)) == []
    assert not anna.team.status().reachable
    proxy.plug_in()
    anna.team.sync()
    assert anna.team.status().pending == 0
    with pytest.raises(SentMeanwhileError):
        await bert.send()
    proxy.close()


async def test_two_desks_that_mailed_one_person_while_apart_both_get_a_line_with_both_attempts(
    homes: OPENED, uri: str
) -> None:
    proxy = Proxy(uri)
    anna, bert = await homes("Anna", proxy.uri), await homes("Bert", proxy.uri)
    proxy.unplug()
    await anna.send("thor@example.com")
    await bert.send("11", key="id")
    proxy.plug_in()
    for desk in (anna, bert, anna):
        desk.team.sync()
    for desk in (anna, bert):
        (line,) = desk.team.news()
        assert "(Anna)" in line
        assert "(Bert)" in line
        assert desk.team.news() == []
    proxy.close()


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


async def test_templates_are_shared_by_version_and_the_loser_of_an_edit_keeps_a_draft(homes: OPENED) -> None:
    anna, bert = await homes("Anna", team_share="all"), await homes("Bert", team_share="all")
    private = await homes("Carl")

    def save(desk: Home, text: str) -> None:
        desk.session.drafts.save_template("order", text)
        desk.team.sync()

    def templates(desk: Home) -> dict[str, str]:
        desk.team.sync()
        found = desk.session.drafts.data_choices("100")
        return {one.name: one.data_text for one in found if one.kind == "template"}

    save(anna, '{"v": 1}')
    assert templates(bert) == {"order": '{"v": 1}'}
    anna.session.drafts.save_template("order", '{"v": 2}')
    bert.session.drafts.save_template("order", '{"v": 3}')
    anna.team.sync()
    assert templates(bert) == {"order": '{"v": 2}', "order (my draft)": '{"v": 3}'}
    assert templates(anna) == {"order": '{"v": 2}'}
    assert templates(private) == {}


async def test_a_batch_is_claimed_at_once_and_leaves_out_what_a_colleague_sent(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    sent = await anna.send()
    anna.team.sync()
    requests = {f"attempt{number}": TriggerRequest("100", "id", str(number)) for number in (11, 12, 13)}
    given = {name: (one, bert.session.planned(one).contact) for name, one in requests.items()}
    found = await bert.team.claim_batch("100", given)
    assert found.claimed.keys() == {"attempt12", "attempt13"}
    assert {name: row.attempt_id for name, row in found.questions.items()} == {"attempt11": sent.attempt_id}


async def test_a_contact_of_the_team_is_found_by_any_of_its_keys(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    sent = await anna.send("thor@example.com")
    anna.team.sync()
    bert.team.sync()
    for line in ("person:thor@example.com", "person:11", "contact:thor@example.com", "Anna"):
        query = parse_query(line, Clock(datetime.now(UTC)))
        assert [one.attempt_id for one in bert.team.history.list_attempts(0, query=query)] == [
            sent.attempt_id
        ], line
    nobody = parse_query("person:12", Clock(datetime.now(UTC)))
    assert list(bert.team.history.list_attempts(0, query=nobody)) == []
