"""`demo-data`: an account of any size in the place of the built-in one, every reply still to be had, and back again."""

import os
import re
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.history_query import HistoryQuery
from app.domain.model import Attempt, Contact, ExternalEvent, Outcome, outcome_of
from app.service.demo import Scene, made_up
from app.service.scenarios import REPLIES
from app.settings import load_settings
from app.store.attempts import History
from tests.cli.conftest import Desk, run

MADE = ("demo-data", "--contacts", "700", "--attempts", "400", "--seed", "7")


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIGGERDESK_HOME", str(folder))
        ran = run(*MADE)
    assert ran.out.splitlines()[0] == "700 contacts, 400 attempts"
    assert "demo-data --reset" in ran.out
    return folder


@pytest.fixture
def demo(new_desk: Desk, home: Path, demo_home: Path) -> Desk:
    shutil.copytree(demo_home, home)
    return new_desk


def lines(desk: Desk, verb: str) -> list[object]:
    return desk(verb, "--limit", "0", "--json").lines


def test_the_built_in_account_shows_it(demo: Desk) -> None:
    found = demo("contacts", "--limit", "0", "--json").lines
    assert len(found) == 700
    addresses = [contact["fields"].get("3", "nobody@example.com") for contact in found]
    assert all(address.endswith(("example.com", "example.org")) for address in addresses)
    assert len(lines(demo, "history")) == 400


def test_an_address_has_every_letter_of_its_name_without_the_marks(demo: Desk) -> None:
    found = [contact["fields"] for contact in demo("contacts", "--limit", "0", "--json").lines]
    invented = {
        name: re.sub(r"\d+@.*", "", one["3"])
        for one in found
        if re.search(r"\d@", one.get("3", ""))
        for name in (one["1"], one["2"])
    }
    assert invented["Björn"].startswith("bjorn.")
    assert invented["Søren"].startswith("soren.")
    assert invented["Łukasz"].startswith("lukasz.")
    assert invented["Ольга"].startswith("kontakt.")
    assert invented["Ångström"].endswith(".angstrom")
    assert invented["Yılmaz"].endswith(".yilmaz")


def test_the_figures_name_the_outcomes_in_one_order_and_say_where_there_is_no_code(demo: Desk) -> None:
    shown = demo("history", "stats").out
    (times,) = (line for line in shown.splitlines() if " FROM " in line)
    assert re.split("  +", times) == ["7 DAYS FROM", "ACCEPTED", "REJECTED", "NOT SENT", "UNKNOWN"]
    below = shown.partition("OUTCOME")[2].partition("\n\n")[0].splitlines()[1:]
    assert len({len(line) for line in below}) == 1
    assert [line[2:10] for line in below] == ["accepted", "rejected", "not sent", "unknown "]
    assert re.search(r"^none +\d+ +\d+%  no reply code$", shown, re.MULTILINE)


def test_the_same_seed_makes_the_same_people_and_the_same_past(demo: Desk) -> None:
    def seen() -> list[object]:
        past = demo("history", "--limit", "0", "--json").lines
        return [
            lines(demo, "contacts"),
            [(row["attempt_id"], row["outcome"], row["external_id"]) for row in past],
        ]

    before = seen()
    assert demo(*MADE).code == 0
    assert seen() == before
    assert demo(*MADE[:-1], "8").code == 0
    assert seen()[0] != before[0]


def test_every_reply_can_still_be_produced_and_is_predicted(demo: Desk) -> None:
    for code, request in REPLIES.items():
        sent = demo(
            "trigger",
            request.event_id,
            "--key",
            request.key_id,
            "--external-id",
            request.external_id,
            "--json",
        )
        assert (sent.json["reply_code"], sent.json["predicted_code"]) == (code, code)
    last = demo("contacts", "--limit", "0", "--json").lines[-1]
    assert last["id"] == "700"
    assert demo("trigger", "100", "--key", "3", "--external-id", last["fields"]["3"]).code == 0


def test_the_past_is_what_a_history_holds_in_full(demo: Desk) -> None:
    history = History(load_settings(os.environ).history)
    try:
        attempts = list(history.attempts("sandbox", 0))
        rows = history.search.rows(HistoryQuery(), "sandbox")
        rows.count()
        assert rows.total == 400
        assert [row.attempt_id for row in rows.rows(390, 10)] == [a.attempt_id for a in attempts[390:]]
    finally:
        history.close()
    times = [attempt.started_at for attempt in attempts]
    assert times == sorted(times, reverse=True)
    assert all(attempt.answer and outcome_of(attempt.answer) is attempt.outcome for attempt in attempts)
    assert {attempt.outcome.value for attempt in attempts} >= {"accepted", "rejected", "unknown", "not_sent"}


END = datetime(2026, 3, 5, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def unknown() -> list[Attempt]:
    """The unknown ones of a made-up past."""
    scene = Scene("sandbox", [ExternalEvent("100", "a")], {}, [Contact("11", "", {"3": "a@example.com"})])
    return [one for one in made_up(scene, 10_000, 3, END) if one.outcome is Outcome.UNKNOWN]


def test_a_gateway_failed_for_some_hours_yesterday(unknown: list[Attempt]) -> None:
    within = sum(timedelta(hours=28) < END - one.started_at <= timedelta(hours=33) for one in unknown)
    assert 3 <= within < len(unknown) / 10


def test_most_of_the_older_unknown_outcomes_were_settled(unknown: list[Attempt]) -> None:
    older = [one for one in unknown if one.started_at < END - timedelta(days=2)]
    assert not any(one.settlement for one in unknown if one not in older)
    said = Counter(one.settlement and one.settlement.arrived for one in older)
    assert said[True] > said[False] > len(older) / 6
    assert said[None] > len(older) / 6


def test_reset_brings_the_account_back_and_keeps_what_was_really_sent(demo: Desk) -> None:
    sent = demo("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json").json
    assert "400 invented attempts are removed" in demo("demo-data", "--reset").out
    assert len(lines(demo, "contacts")) == 250
    assert [row["attempt_id"] for row in demo("history", "--json").lines] == [sent["attempt_id"]]
    assert demo("trigger", "100", "--key", "3", "--external-id", "thor@example.com").code == 0


def test_fewer_contacts_than_the_replies_need_are_never_made(desk: Desk) -> None:
    assert desk("demo-data", "--contacts", "3", "--attempts", "0").out.startswith("250 contacts, 0 attempts")


def test_another_account_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    ran = desk("--account", str(tmp_path), "demo-data")
    assert ran.code == 2
    assert "built-in account only" in ran.err


def test_a_home_that_cannot_be_written_is_one_sentence(desk: Desk, home: Path) -> None:
    (home / "accounts").mkdir(parents=True)
    (home / "accounts" / "sandbox").write_text("in the way", encoding="utf-8")
    ran = desk("demo-data")
    assert ran.code == 2
    assert "cannot be written" in ran.err
    assert "Traceback" not in ran.err
