"""Long conversations with the sandbox, each reply held against a second opinion."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.idempotency import AcceptedTriggers
from tests.sandbox.asking import Asker
from tests.sandbox.folders import write_folder
from tests.sandbox.model import CONTACTS, EVENTS, FIELDS, Model, files

SEVEN = (0, 2004, 2005, 2008, 2010, 5001, 2012)
TEXT = st.text(max_size=8)
KEYS = st.sampled_from([*FIELDS, "id", "uid"])
HELD = sorted({value for who in CONTACTS for value in who.values()})
UNIQUE = [("3", "ONE@example.com"), ("77", "7"), ("77", "007"), ("1", "ann"), ("id", "8"), ("uid", "dd")]
GOOD_EVENTS = [event for event, used in EVENTS.items() if used]


class Conversation(RuleBasedStateMachine):
    """One conversation; `account` is whom it is with, `met` counts the reply codes over all of them."""

    account: ClassVar[SandboxAccount]
    met: ClassVar[Counter[int]]

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = create_sandbox(self.account, accepted=AcceptedTriggers(None))
        self.asker = Asker(self.sandbox)
        self.model = Model()
        self.refused: list[tuple[str, str, str, str]] = []

    def teardown(self) -> None:
        self.sandbox.close()

    def send(self, event: str, key: str, value: str, trigger_id: str | None) -> int:
        body = {"key_id": key, "external_id": value, "trigger_id": trigger_id}
        got = self.asker.trigger(event, json.dumps(body))
        code, text = self.model.answer(event, key, value)
        reply = {"replyCode": code, "replyText": text, "data": "" if code else {}}
        assert (got.status, json.loads(got.body)) == (400 if code else 200, reply)
        repeated = code == 0 and trigger_id is not None and self.model.repeats(trigger_id)
        assert self.last_record()["deduplicated"] == ([trigger_id] if repeated else [])
        self.met[code] += 1
        return code

    def last_record(self) -> Any:
        return json.loads(self.asker.get("/_sandbox/requests").body.splitlines()[-1])

    @rule(event=st.sampled_from(GOOD_EVENTS), who=st.sampled_from(UNIQUE), trigger_id=st.none() | TEXT)
    def somebody(self, event: str, who: tuple[str, str], trigger_id: str | None) -> None:
        assert self.send(event, *who, trigger_id) == 0

    @precondition(lambda self: self.model.accepted)
    @rule(data=st.data(), who=st.sampled_from(UNIQUE))
    def the_same_again(self, data: st.DataObject, who: tuple[str, str]) -> None:
        trigger_id = data.draw(st.sampled_from(sorted(self.model.accepted)))
        assert self.send(GOOD_EVENTS[0], *who, trigger_id) == 0

    @rule(
        event=st.sampled_from(sorted(EVENTS)),
        key=TEXT.filter(lambda key: key not in (*FIELDS, "id", "uid")),
    )
    def an_unknown_field(self, event: str, key: str) -> None:
        assert self.send(event, key, "x", None) == 2004

    @rule(key=KEYS)
    def no_value(self, key: str) -> None:
        assert self.send("1", key, "", None) == 2005

    @rule(
        key=st.sampled_from(FIELDS),
        value=TEXT.filter(lambda value: value and value not in HELD),
        trigger_id=TEXT,
    )
    def nobody(self, key: str, value: str, trigger_id: str) -> None:
        if self.send("1", key, value, trigger_id) == 2008:
            self.refused.append(("1", key, value, trigger_id))

    @rule(value=st.sampled_from(["two@example.com", "TWO@example.com"]), event=st.sampled_from(["1", "9"]))
    def two_at_once(self, value: str, event: str) -> None:
        assert self.send(event, "3", value, "t") == 2010

    @rule(event=st.integers(100, 999), who=st.sampled_from(UNIQUE), trigger_id=TEXT)
    def an_unknown_event(self, event: int, who: tuple[str, str], trigger_id: str) -> None:
        assert self.send(str(event), *who, trigger_id) == 5001
        self.refused.append((str(event), *who, trigger_id))

    @rule(key=st.sampled_from(["id", "uid"]), value=st.integers(100, 999))
    def an_unknown_contact(self, key: str, value: int) -> None:
        assert self.send("2", key, str(value), None) == 2012

    @rule(who=st.sampled_from(UNIQUE))
    def an_event_that_nothing_uses(self, who: tuple[str, str]) -> None:
        assert self.send("30", *who, "t") == 5005

    @precondition(lambda self: self.refused)
    @rule(data=st.data())
    def what_was_refused_before(self, data: st.DataObject) -> None:
        assert self.send(*data.draw(st.sampled_from(self.refused))) != 0

    @rule(event=st.sampled_from([*EVENTS, "9"]), key=KEYS, value=st.sampled_from(HELD) | TEXT)
    def anything(self, event: str, key: str, value: str) -> None:
        self.send(event, key, value, None)

    @rule()
    def a_new_beginning(self) -> None:
        assert self.asker.post("/_sandbox/reset", b"").status == 200
        self.model = Model()


def converse(folder: Path, conversations: int, steps: int) -> Counter[int]:
    account = SandboxAccount(write_folder(folder, **files()), folder / "sandbox.db")
    met: Counter[int] = Counter()
    run_state_machine_as_test(
        type("Met", (Conversation,), {"account": account, "met": met}),
        settings=settings(
            max_examples=conversations,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    account.close()
    return met


def test_every_reply_of_a_conversation_is_the_one_expected(tmp_path: Path) -> None:
    assert converse(tmp_path, 2, 25)


@pytest.mark.slow
def test_in_long_conversations_each_of_the_seven_replies_is_met_ten_times(tmp_path: Path) -> None:
    met = converse(tmp_path, 40, 50)
    assert {code: met[code] for code in SEVEN if met[code] < 10} == {}
