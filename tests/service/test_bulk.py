"""A bulk run sends every contact once at most, says what became of each, and pauses when something goes wrong."""

import asyncio
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.client.auth import ClientCredentials
from app.client.exchange import open_http
from app.domain.bulk import BulkError, Duplicates, RowState, Run, plan_json
from app.domain.errors import FileFaultError
from app.domain.history_query import Clock, parse_query
from app.domain.model import (
    Extras,
    KeptContact,
    Outcome,
    Reply,
    Settlement,
    TeamMarks,
    TriggerRequest,
    new_attempt_id,
)
from app.domain.wire import trigger_body
from app.service.bulk_sending import LOCKED, STOPPED, UNANSWERED
from app.service.guard import GuardError
from app.settings.secrets import Secret
from app.store.database import StoreError
from app.store.erasure import forget_in_history, person
from app.store.outbox import Outbox
from tests.service.bulk_desk import (
    Endpoint,
    addresses,
    counts,
    csv_of,
    desk,
    ended,
    endpoint,
    killed,
    sending,
    start_process,
)

PEOPLE = addresses(2500)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, new_databases: Path) -> None:
    shutil.copytree(new_databases, tmp_path, dirs_exist_ok=True)


# Plans


async def test_a_plan_counts_rows_contacts_and_requests_and_sends_nothing(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        rows = ["email;name", *(f"{one};x" for one in PEOPLE), "PERSON1@example.com;later", ";nobody", ""]
        run = await here.plan("\n".join(rows), id_column="email", duplicates=Duplicates.EACH)
        assert server.requests == []
    assert plan_json(run) == {
        "run_id": run.run_id,
        "event_id": "100",
        "key_id": "3",
        "file": str(tmp_path / "contacts.csv"),
        "rows": 2502,
        "unique": 2500,
        "duplicates": 1,
        "empty": 1,
        "predicted": {"none": 2501},
        "already_sent": 0,
        "batches": 4,
    }
    assert counts(run) == {"planned": 2501, "skipped": 1}


@pytest.mark.parametrize(
    ("text", "template", "sentence"),
    [
        ("external_id,a\nx@example.com\n\ny@example.com,1,2\n", None, r"line 2: 1 cell, .*; line 4: 3 cells"),
        ("external_id\na@example.com\nb@example.com\nA@example.com\n", None, r"1 rows? names? .* line 4\."),
        ("mail\na@example.com\n", None, r"has no column of the key field 3, or external_id"),
        ("external_id\na@example.com\n", '{"a": "{{column:name}}"}', r"no column 'name'.*external_id"),
        ("external_id,a\na@example.com,%s\n" % ("x" * 1_000_000), '{"a": "{{column:a}}"}', r"line 2: .*over 1,000,000"),
        ("external_id\na@example.com\n", '{"a": "{{contact.id}}"}', r"line 2: \{\{contact\.id\}\}: this contact is not"),
    ],
)  # fmt: skip
async def test_a_faulty_file_is_refused_with_its_lines_and_leaves_no_run(
    text: str, template: str | None, sentence: str, tmp_path: Path
) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        with pytest.raises(BulkError, match=sentence):
            await here.plan(text, template=template)
        assert here.bulk.runs() == []
    with closing(sqlite3.connect(tmp_path / "history.db")) as database:
        assert database.execute("SELECT count(*) FROM bulk_rows").fetchone() == (0,)


async def test_a_file_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        with pytest.raises(FileFaultError, match="empty"):
            await here.plan("")


async def test_event_data_is_filled_from_the_cells_as_text(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        text = 'external_id,name\na@example.com,"say ""hi"" {{column:external_id}} ü"\n'
        run = await here.plan(text, template='{"price": 1.50, "n": "{{column:name}}!"}')
        body = str(here.bulk.preview(run)["body"])
    assert '"data":{"price":1.50,"n":"say \\"hi\\" {{column:external_id}} \\u00fc!"}' in body


async def test_only_test_contacts_are_planned_where_the_profile_lists_them(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url, test_contacts=("@example.com",)) as here:
        with pytest.raises(BulkError, match="line 3: The profile 'local' is limited to test contacts"):
            await here.plan(csv_of(["a@example.com", "a@elsewhere.example"]))


# What a reply says


@pytest.mark.parametrize(
    ("step", "refused", "expected", "state"),
    [
        ("ok", (), {"accepted": 3}, "done"),
        ("missing", (), {"accepted": 3}, "done"),
        ("refuse_some", ("b",), {"accepted": 2, "rejected": 1}, "done"),
        ("refuse_some", ("2",), {"accepted": 2, "rejected": 1}, "done"),
        ("number_keys", ("0", "1", "2"), {"unknown": 3}, "done"),
        ("ghost", (), {"unknown": 3}, "done"),
        ("told_ghost", (), {"accepted": 3}, "done"),
        ("cut_before", (), {"unknown": 3}, "done"),
        ("cut_within", (), {"unknown": 3}, "done"),
        ("cut_after", (), {"unknown": 3}, "done"),
        ("cut_reply", (), {"unknown": 3}, "done"),
        ("502", (), {"unknown": 3}, "done"),
        ("5001", (), {"rejected": 3}, "done"),
    ],
)
async def test_each_contact_has_the_outcome_that_the_reply_gives_it(
    step: str, refused: tuple[str, ...], expected: dict[str, int], state: str, tmp_path: Path
) -> None:
    values = ["0", "1", "2"] if "2" in refused else ["a", "b", "c"]
    async with endpoint(step, refused=refused) as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(values)))
        again = await here.run(run)
        attempts = list(here.history.attempts(None, 0))
    assert (counts(run), run.state, counts(again)) == (expected, state, expected)
    assert len(server.requests) == 1
    assert {attempt.outcome for attempt in attempts} == {*expected}
    assert {attempt.run_id for attempt in attempts} == {run.run_id}
    for attempt in attempts:
        if refused and attempt.outcome is Outcome.REJECTED:
            assert attempt.request.external_id in refused
            assert attempt.answer.reply_code == 2008


async def test_an_unknown_batch_pauses_the_run_and_is_never_sent_again(tmp_path: Path) -> None:
    async with endpoint("ok", "cut_after") as server, desk(tmp_path, server.url) as here:
        plan = await here.plan_batches(3)
        run = await here.run(plan)
        assert (run.state, counts(run)) == ("paused", {"accepted": 3, "unknown": 3, "planned": 3})
        assert "unknown whether the last batch arrived" in (run.pause_reason or "")
        run = await here.run(plan)
        assert (run.state, counts(run)) == ("done", {"accepted": 6, "unknown": 3})
        assert max(server.triggered.values()) == 1


async def test_unknown_contacts_are_sent_again_only_on_request_with_the_same_trigger_ids(
    tmp_path: Path,
) -> None:
    async with endpoint("cut_within") as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        first = {one.request.trigger_id: one.attempt_id for one in here.history.attempts(None, 0)}
        run = await here.bulk.resend_unknown(run, sending())
        attempts = list(here.history.attempts(None, 3))
    assert counts(run) == {"accepted": 3}
    assert server.triggered.keys() == first.keys()
    assert {one.request.trigger_id: one.parent_id for one in attempts} == first


async def test_unknown_contacts_that_were_not_sent_again_stay_unknown_with_their_attempts(
    tmp_path: Path,
) -> None:
    async with endpoint("502", *["429"] * 10) as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        first = {one.attempt_id for one in here.history.attempts(None, 0)}
        run = await here.bulk.resend_unknown(run, sending())
        assert (run.state, counts(run)) == ("paused", {"unknown": 3})
        assert {one.attempt_id for one in here.history.attempts(None, 0)} == first
        assert {line.rpartition(",")[2] for line in here.bulk.report(run, "csv")} == {"attempt_id", *first}
        assert here.bulk.settle(run, arrived=True, note="seen in the account") == 3
        assert here.history.unsettled(here.live.key) == 0


async def test_an_unknown_contact_that_arrived_or_was_resent_alone_is_not_sent_again(tmp_path: Path) -> None:
    asked = list[int]()

    async def confirm(_: Run, left: int) -> bool:
        asked.append(left)
        return True

    async with endpoint("502") as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        one, two, _ = here.history.attempts(None, 0)
        here.history.resolve(one.attempt_id, Settlement(True, "seen", here.now))
        alone = replace(two, attempt_id=new_attempt_id(), parent_id=two.attempt_id, outcome=Outcome.SENDING)
        here.history.begin(alone, b"{}")
        here.history.finish(alone.attempt_id, Reply(200, 0, "OK"), 1, None)
        run = await here.bulk.resend_unknown(run, replace(sending(), confirm=confirm))
    assert (asked, counts(run)) == ([1], {"accepted": 1, "unknown": 2})
    assert server.requests[1:] == [PEOPLE[:1]]


async def test_a_batch_that_is_unknown_again_pauses_the_run_and_is_sent_once_more_at_most(
    tmp_path: Path,
) -> None:
    async with endpoint("502", "502") as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        run = await here.bulk.resend_unknown(run, sending())
    assert (run.state, counts(run), len(server.requests)) == ("paused", {"unknown": 3}, 2)
    assert (run.pause_reason or "").startswith(
        "It is unknown whether the last batch arrived. The reply was HTTP 502."
    )


# Pauses


async def test_5001_from_batch_7_on_pauses_after_it(tmp_path: Path) -> None:
    async with endpoint(*["ok"] * 6, then="5001") as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan_batches(9))
    assert (run.state, counts(run)) == ("paused", {"accepted": 18, "rejected": 3, "planned": 6})
    assert run.pause_reason == "The account rejected the whole batch (HTTP 400, reply code 5001): Said so"


@pytest.mark.parametrize(("refused", "state"), [(9, "done"), (10, "paused")])
async def test_five_percent_of_at_least_200_rejected_contacts_pause_a_run(
    refused: int, state: str, tmp_path: Path
) -> None:
    async with endpoint(refused=PEOPLE[:refused]) as server, desk(tmp_path, server.url) as here:
        values = [*PEOPLE[:200], PEOPLE[199]]
        run = await here.run(await here.plan(csv_of(values), duplicates=Duplicates.EACH))
    assert run.state == state


@pytest.mark.parametrize("code", ["401", "403"])
async def test_a_rejected_sign_in_pauses_a_run(code: str, tmp_path: Path) -> None:
    async with endpoint("ok", code) as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan_batches(3))
    assert (run.state, counts(run)) == ("paused", {"accepted": 3, "rejected": 3, "planned": 3})


async def test_after_429_the_same_batch_goes_in_the_next_full_minute_of_the_server(tmp_path: Path) -> None:
    async with endpoint("429", "429") as server, desk(tmp_path, server.url) as here:
        here.now -= timedelta(hours=1)
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
    assert counts(run) == {"accepted": 3}
    assert server.requests[0] == server.requests[1] == server.requests[2]
    assert sum(here.waited) == 36
    assert max(server.triggered.values()) == 1


async def test_a_429_that_says_ok_is_unknown_and_not_sent_again(tmp_path: Path) -> None:
    async with endpoint("429 with 0") as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
    assert (run.state, counts(run), max(server.triggered.values())) == ("done", {"unknown": 3}, 1)


async def test_after_ten_429_in_a_row_the_run_pauses_and_goes_on_later(tmp_path: Path) -> None:
    async with endpoint(*["429"] * 10) as server, desk(tmp_path, server.url) as here:
        plan = await here.plan(csv_of(PEOPLE[:3]))
        run = await here.run(plan)
        assert (run.state, counts(run), len(server.requests)) == ("paused", {"planned": 3}, 10)
        assert list(here.history.attempts(None, 0)) == []
        assert counts(await here.run(plan)) == {"accepted": 3}


async def test_a_run_leaves_a_share_of_the_rate_limit_to_others(tmp_path: Path) -> None:
    async with endpoint("low") as server, desk(tmp_path, server.url) as here:
        await here.run(await here.plan_batches(2))
    assert sum(here.waited) == 18


async def test_a_batch_that_did_not_leave_is_planned_again(tmp_path: Path) -> None:
    async with desk(tmp_path, "http://127.0.0.1:9/api/v2") as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        assert list(here.history.attempts(None, 0)) == []
    assert (run.state, counts(run)) == ("paused", {"planned": 3})
    assert run.pause_reason == "The batch was not sent. 127.0.0.1 refused the connection."


async def test_a_run_that_is_stopped_in_its_last_batch_is_done(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        given = sending()
        server.on_batch = given.stop.set
        run = await here.bulk.run(await here.plan(csv_of(PEOPLE[:3])), given)
    assert (run.state, run.pause_reason, counts(run)) == ("done", None, {"accepted": 3})


async def test_a_run_whose_program_ends_says_so(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        plan = await here.plan(csv_of(PEOPLE[:3]))
        running = asyncio.ensure_future(here.bulk.run(plan, sending()))
        server.on_batch = running.cancel
        with pytest.raises(asyncio.CancelledError):
            await running
        run = here.bulk.find(plan.run_id)
    assert (run.state, run.pause_reason) == ("paused", "The program ended during the run.")


async def test_stop_pauses_after_the_batch_under_way(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        given = sending()
        server.on_batch = given.stop.set
        run = await here.bulk.run(await here.plan_batches(3), given)
    assert (run.pause_reason, counts(run)) == (STOPPED, {"accepted": 3, "planned": 6})


async def test_a_live_account_needs_unlocked_sending_and_pauses_once_it_is_locked(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url, production=True) as here:
        run = await here.plan_batches(3)
        with pytest.raises(GuardError):
            await here.run(run)
        run = await here.run(run, permit=lambda: None if server.requests else "local")
    assert (run.pause_reason, counts(run)) == (LOCKED, {"accepted": 3, "planned": 6})


async def test_a_token_that_expires_in_the_run_is_renewed_once(tmp_path: Path) -> None:
    async with endpoint("ok", "401") as server:
        tokens = server.url.replace("/api/v2", "/token")
        auth = ClientCredentials(tokens, "desk", Secret("invented"), open_http())
        async with desk(tmp_path, server.url, auth=auth) as here:
            run = await here.run(await here.plan_batches(3))
    assert (run.state, counts(run), server.tokens) == ("done", {"accepted": 9}, 2)
    assert max(server.triggered.values()) == 1


async def test_a_request_has_at_most_eight_million_bytes(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        data = '{"a": "%s"}' % ("x" * 900_000)
        plan = await here.plan(csv_of(PEOPLE[:9]), template=data)
        assert counts(await here.run(plan)) == {"accepted": 9}
    assert plan.batches == 2
    assert server.requests == [PEOPLE[:8], PEOPLE[8:9]]


# The canary


async def test_the_canary_goes_first_and_the_rest_waits_for_an_answer(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        plan = await here.plan(csv_of(PEOPLE[:1010]))
        run = await here.run(plan, canary=5, yes=False)
        assert (run.pause_reason, counts(run)) == (UNANSWERED, {"accepted": 5, "planned": 1005})
        run = await here.run(plan, canary=5)
    assert [len(one) for one in server.requests] == [5, 1000, 5]
    assert counts(run) == {"accepted": 1010}


async def test_a_rejected_canary_stops_the_run_whatever_was_answered(tmp_path: Path) -> None:
    async with endpoint(refused=PEOPLE[:5]) as server, desk(tmp_path, server.url) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:7])), canary=5)
    assert (run.state, counts(run)) == ("paused", {"rejected": 5, "planned": 2})
    assert (
        run.pause_reason
        == "The account rejected 5 of the first 5 contacts. Look at the report before you go on."
    )


# The file, other windows, people


async def test_a_file_that_was_changed_is_planned_again_and_one_that_is_gone_is_sent(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        run = await here.plan(csv_of(PEOPLE[:3]))
        file = tmp_path / "contacts.csv"
        file.write_text(csv_of(PEOPLE[:4]), encoding="utf-8")
        with pytest.raises(BulkError, match="was changed since it was planned"):
            await here.run(run)
        file.unlink()
        assert counts(await here.run(run)) == {"accepted": 3}


async def test_a_run_under_way_is_refused_in_another_process_and_ends_there_when_aborted(
    tmp_path: Path,
) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        run = await here.plan_batches(3)
        server.speaking.clear()
        process, said = start_process(tmp_path, server.url, run.run_id)
        await server.arrival.wait()
        assert here.bulk.find(run.run_id).count(RowState.SENDING) == 3
        with pytest.raises(BulkError, match="under way in another window"):
            await here.run(run)
        here.bulk.abort(here.bulk.find(run.run_id))
        server.speaking.set()
        await ended(process)
        assert said.recv() == "aborted: None"
        run = here.bulk.find(run.run_id)
        assert counts(run) == {"accepted": 3, "planned": 6}
        with pytest.raises(BulkError, match="aborted"):
            await here.run(run)


async def test_a_forgotten_person_is_skipped_by_an_open_run(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        rows = ["external_id,friend", f"{PEOPLE[0]},", f"{PEOPLE[1]},{PEOPLE[0]}", f"{PEOPLE[2]},", ""]
        run = await here.plan("\n".join(rows))
        forget_in_history(tmp_path / "history.db", here.live.key, person("3", PEOPLE[0].upper(), ()))
        run = await here.run(run)
        report = list(here.bulk.report(run, "csv"))
    assert server.requests == [[PEOPLE[2]]]
    assert counts(run) == {"accepted": 1, "skipped": 2}
    assert report[1] == "2,(forgotten),skipped,,,,"
    assert PEOPLE[0].encode() not in (tmp_path / "history.db").read_bytes()


async def test_a_clock_set_back_an_hour_neither_doubles_nor_loses_anybody(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        plan = await here.plan_batches(3)
        given = sending()
        server.on_batch = given.stop.set
        await here.bulk.run(plan, given)
        here.now -= timedelta(hours=1)
        server.on_batch = bool
        assert counts(await here.run(plan)) == {"accepted": 9}
    assert server.reached == dict.fromkeys(PEOPLE[:3], 3)
    assert max(server.triggered.values()) == 1


async def test_what_was_sent_before_is_counted_and_sent_again_by_a_plan_of_the_history(
    tmp_path: Path,
) -> None:
    async with endpoint(refused=PEOPLE[:2]) as server, desk(tmp_path, server.url) as here:
        template = '{"global": {"name": "{{column:name}}"}}'
        text = "\n".join(["external_id,name", *(f"{one},{one[:7]}" for one in PEOPLE[:6]), ""])
        run = await here.run(await here.plan(text, template=template))
        assert counts(run) == {"accepted": 4, "rejected": 2}
        assert (await here.plan(text, template=template)).already_sent == 4
        assert (await here.plan(text)).already_sent == 0
        query = parse_query(f"run:{run.run_id[:8]} outcome:rejected", Clock(here.now))
        server.refused = frozenset()
        again = await here.run(await here.bulk.plan_again("outcome:rejected", query))
        attempts = list(here.history.attempts(None, 2))
    assert counts(again) == {"accepted": 2}
    assert {one.request.data["global"]["name"] for one in attempts} == {"person1", "person2"}
    assert all(one.parent_id for one in attempts)


async def test_an_attempt_with_an_event_time_or_attachments_is_not_planned_without_them(
    tmp_path: Path,
) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        await here.run(await here.plan(csv_of(PEOPLE[:1])))
        (sent,) = here.history.attempts(None, 0)
        request = replace(sent.request, extras=Extras("2026-11-30T10:00:00Z"))
        here.history.begin(replace(sent, attempt_id="other", request=request), trigger_body(request))
        query = parse_query("event:100", Clock(here.now))
        with pytest.raises(BulkError, match="has an event time or attachments"):
            await here.bulk.plan_again("event:100", query)


@pytest.mark.parametrize(
    ("usages", "is_slow"),
    [
        (b'{"interactions_program_ids":[7]}', True),
        (b'{"program_ids":[7],"email_ids":[8]}', False),
        (None, False),
    ],
)
async def test_an_event_of_an_interactions_program_gets_fifty_contacts_a_second(
    usages: bytes | None, is_slow: bool, tmp_path: Path
) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        server.usages = usages
        plan = await here.plan(csv_of([*PEOPLE[:299], *PEOPLE[:1]]), duplicates=Duplicates.EACH)
        await here.run(plan)
    assert plan.takes_s == (6 if is_slow else 1)
    assert bool(here.waited) == is_slow


async def test_the_rejected_rows_come_back_in_the_columns_of_the_file(tmp_path: Path) -> None:
    async with endpoint(refused=PEOPLE[1:2]) as server, desk(tmp_path, server.url) as here:
        text = f'name;external_id\n"=A;1";{PEOPLE[0]}\n"=B;2";{PEOPLE[1]}\n'
        run = await here.run(await here.plan(text))
        assert list(here.bulk.report(run, "csv", rejected=True)) == ["name,external_id", f"=B;2,{PEOPLE[1]}"]
        lines = list(here.bulk.report(run, "csv"))
    assert lines[0] == "line,external_id,state,code,text,description,attempt_id"
    assert lines[2].startswith(
        f"3,{PEOPLE[1]},rejected,2008,No contact found with the external id: 3 - {PEOPLE[1]},"
    )


@dataclass
class Colleague:
    """The attempt of a colleague."""

    attempt_id: str = "theirs"
    member: str = "Anna"


@dataclass
class Claims:
    """The claimed attempts with their marks, and the attempts of colleagues, as a team gives them."""

    claimed: dict[str, TeamMarks]
    questions: dict[str, Colleague]


class OneColleague:
    """A team in which a colleague has sent the same to the first of PEOPLE."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.woken = 0

    def follow(self) -> None:
        """Nothing to sync with."""

    def claim_batch(
        self, event_id: str, requests: dict[str, tuple[TriggerRequest, KeptContact | None]], *, asks: bool
    ) -> Claims:
        assert (event_id, asks) == ("100", True)
        mine = {
            attempt_id: TeamMarks("shop", ("mark",), "data")
            for attempt_id, (request, _) in requests.items()
            if request.external_id != PEOPLE[0]
        }
        return Claims(mine, {one: Colleague() for one in requests if one not in mine})

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def wake(self) -> None:
        self.woken += 1


async def test_a_contact_that_a_colleague_has_claimed_is_skipped_and_the_others_are_told_to_the_team(
    tmp_path: Path,
) -> None:
    team = OneColleague()
    async with endpoint("429") as server, desk(tmp_path, server.url, team=team) as here:
        run = await here.run(await here.plan(csv_of(PEOPLE[:3])))
        pending = [
            (one.kind, one.about) for one in Outbox(tmp_path / "history.db", here.live.key).pending(20)
        ]
        attempts = [one.attempt_id for one in here.history.attempts(None, 0)][::-1]
    assert counts(run) == {"accepted": 2, "skipped": 1}
    assert server.requests == [PEOPLE[1:3], PEOPLE[1:3]]
    assert [kind for kind, _ in pending] == ["release", "release", "attempt", "attempt", "outcome", "outcome"]
    ids = [one for _, one in pending]
    assert ids[2:] == attempts * 2
    assert not set(ids[:2]) & set(attempts), "a claim that is given back is not that of the next try"
    assert team.said == ["1 contact skipped: Anna sent this to them already."]
    assert team.woken == 1


# A full disk, and kills


async def test_a_disk_that_fills_while_claiming_or_finishing_lets_nothing_be_sent_unrecorded_or_twice(
    tmp_path: Path,
) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        plan = await here.plan_batches(12, 40)
        reasons = ""
        with closing(sqlite3.connect(tmp_path / "history.db")) as reader:  # which keeps the log
            reader.execute("SELECT count(*) FROM attempts").fetchone()
            log = tmp_path / "history.db-wal"
            for more in range(20, 100, 10):  # pages
                size = log.stat().st_size + more * 4096
                process, said = start_process(tmp_path, server.url, plan.run_id, size)
                await ended(process)
                reasons += said.recv()
                here.history.recover()
                assert here.bulk.find(plan.run_id).count(RowState.SENDING) == 0
                if "paused: The history" in reasons and "reply to the last batch could not" in reasons:
                    break
            else:
                pytest.fail(f"The disk did not fill in both: {reasons}")
        run = await here.run(plan)
        _check(server, here.home, counts(run))


async def _kills(home: Path, kills: int, seed: int) -> None:
    """Kills a run of many small batches at random moments, resumes it each time, and holds it against the endpoint."""
    chance = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    waves = max(12, kills)
    values = [one for _ in range(waves) for one in PEOPLE[:30]]
    async with endpoint() as server:
        async with desk(home, server.url) as here:
            plan = await here.plan(csv_of(values), duplicates=Duplicates.EACH)
        for number in range(kills):
            process, _ = start_process(home, server.url, plan.run_id)

            async def moment(is_late: bool = bool(number % 2)) -> None:
                if is_late:
                    server.arrival.clear()
                    await server.arrival.wait()
                await asyncio.sleep(chance.random() * (0.03 if is_late else 0.15))

            await killed(process, moment)
        async with desk(home, server.url) as here:
            run = await here.run(plan)
            assert run.count(RowState.PLANNED) == 0
            _check(server, home, counts(run))


def _check(server: Endpoint, home: Path, numbers: dict[str, object]) -> None:
    """Nobody twice, nobody lost, each row as the endpoint has it, and a sound file."""
    assert max(server.triggered.values()) == 1
    with closing(sqlite3.connect(home / "history.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute(
            "SELECT state, outcome, trigger_id FROM bulk_rows LEFT JOIN attempts USING (attempt_id)"
        ).fetchall()
        attempts = database.execute("SELECT count(*) FROM attempts").fetchone()[0]
    assert len(rows) == attempts == sum(numbers.values())  # type: ignore[arg-type]
    for state, outcome, trigger_id in rows:
        assert state == outcome
        assert state in ("accepted", "unknown")
        assert state == "unknown" or server.triggered[trigger_id] == 1
    assert len({trigger_id for _, _, trigger_id in rows}) == len(rows)


async def test_two_dozen_kills_double_and_lose_nobody(tmp_path: Path) -> None:
    await _kills(tmp_path, 24, 1)


@pytest.mark.slow
async def test_three_hundred_kills_double_and_lose_nobody(tmp_path: Path) -> None:
    await _kills(tmp_path, 300, 2)


async def test_a_run_that_was_killed_says_so(tmp_path: Path) -> None:
    async with endpoint() as server:
        async with desk(tmp_path, server.url) as here:
            run = await here.plan(csv_of(PEOPLE[:10]))
        server.speaking.clear()
        process, _ = start_process(tmp_path, server.url, run.run_id)
        await killed(process, server.arrival.wait)
        async with desk(tmp_path, server.url) as here:
            run = here.bulk.find(run.run_id)
            assert (run.state, run.pause_reason) == ("paused", "The program ended during the run.")
            assert counts(run) == {"unknown": 10}


async def test_a_history_that_is_gone_pauses_the_run(tmp_path: Path) -> None:
    async with endpoint() as server, desk(tmp_path, server.url) as here:
        run = await here.plan(csv_of(PEOPLE[:3]))
        with pytest.raises(BulkError, match="There is no run"):
            here.bulk.find("0000")
        (tmp_path / "history.db").unlink()
        with pytest.raises((BulkError, StoreError)):
            await here.bulk.run(run, sending())
        assert server.requests == []
