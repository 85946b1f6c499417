"""Trigger ids: an accepted one is not processed a second time, and the reply does not say so."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.idempotency import Accepted, AcceptedTriggers
from tests.sandbox.asking import Asker

OK = (200, b'{"replyCode":0,"replyText":"OK","data":{}}')


def one(trigger_id: str, who: str = "thor@example.com") -> str:
    return json.dumps({"key_id": "3", "external_id": who, "trigger_id": trigger_id})


def trigger(trigger_id: str) -> Accepted:
    return Accepted("100", "3", "thor@example.com", "11", trigger_id, None)


def deduplicated(sandbox: Asker) -> list[list[str]]:
    lines = sandbox.get("/_sandbox/requests").body.decode().splitlines()
    return [json.loads(line)["deduplicated"] for line in lines]


def test_a_repeat_is_answered_like_the_first_and_recorded_as_one(sandbox: Asker) -> None:
    assert [sandbox.trigger(100, one("t")).plain for _ in range(3)] == [OK, OK, OK]
    assert deduplicated(sandbox) == [[], ["t"], ["t"]]


def test_a_refused_trigger_is_judged_anew(sandbox: Asker) -> None:
    assert sandbox.trigger(100, one("t", "nobody")).status == 400
    assert sandbox.trigger(102, one("t")).status == 400
    assert sandbox.trigger(100, one("t")).plain == OK
    assert deduplicated(sandbox) == [[], [], []]


def test_a_repeat_that_breaks_a_rule_is_refused(sandbox: Asker) -> None:
    sandbox.trigger(100, one("t"))
    assert sandbox.trigger(999, one("t")).status == 400


def test_without_a_trigger_id_nothing_is_remembered(sandbox: Asker) -> None:
    for body in (
        '{"key_id":"3","external_id":"thor@example.com"}',
        one("x").replace('"x"', "null"),
        one("x").replace('"x"', "7"),
    ):
        for _ in range(2):
            assert sandbox.trigger(100, body).plain == OK
    assert deduplicated(sandbox) == [[]] * 6


def test_a_batch_remembers_those_that_were_accepted(sandbox: Asker) -> None:
    contacts = [("11", "a"), ("9", "b"), ("14", "a"), ("15", "\ud800")]
    body = json.dumps(
        {"key_id": "id", "contacts": [{"external_id": who, "trigger_id": t} for who, t in contacts]}
    )
    for _ in range(2):
        assert json.loads(sandbox.trigger(100, body).body)["data"]["ids"] == ["11", "14", "15"]
    assert deduplicated(sandbox) == [["a"], ["a", "a", "\ud800"]]


def test_they_outlive_the_process_and_a_change_of_the_folder(
    own_account: SandboxAccount, tmp_path: Path
) -> None:
    first = create_sandbox(own_account)
    Asker(first).trigger(100, one("t"))
    first.close()
    (tmp_path / "folder" / "fields.json").write_text(
        '[{"id":3,"name":"E-Mail"},{"id":1,"name":"N"},{"id":10142,"name":"C"}]'
    )
    changed = SandboxAccount(tmp_path / "folder", own_account.database)
    second = create_sandbox(changed)
    asker = Asker(second)
    asker.trigger(100, one("t"))
    assert changed.changed
    assert deduplicated(asker) == [["t"]]
    second.close()
    changed.close()


def test_a_reset_forgets_them(sandbox: Asker) -> None:
    sandbox.trigger(100, one("t"))
    sandbox.app.reset()
    sandbox.trigger(100, one("t"))
    assert deduplicated(sandbox) == [[]]


def test_two_sandboxes_of_one_account_share_them_and_tell_the_same_mails(own_account: SandboxAccount) -> None:
    with closing(create_sandbox(own_account)) as first, closing(create_sandbox(own_account)) as second:
        Asker(first).trigger(100, one("t"))
        Asker(second).trigger(100, one("t"))
        assert deduplicated(Asker(second)) == [["t"]]
        got = Asker(second).post("/api/v2/contact/getcontacthistory", b'{"contacts":[11]}')
        assert len(json.loads(got.body)["data"]) == 1


def test_they_are_kept_for_the_next_time(tmp_path: Path) -> None:
    accepted = AcceptedTriggers(tmp_path / "triggers.db")
    assert accepted.add([trigger(str(number)) for number in range(50)], 0.0) == ()
    accepted.close()
    accepted = AcceptedTriggers(tmp_path / "triggers.db")
    assert accepted.add([trigger("49"), trigger("50"), trigger("0")], 0.0) == ("49", "0")
    accepted.close()


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "triggers.db"
    file.write_bytes(b"not a database" * 1000)
    accepted = AcceptedTriggers(file)
    assert accepted.add([trigger("t")], 0.0) == ()
    assert accepted.add([trigger("t")], 0.0) == ("t",)
    accepted.close()


def test_a_file_of_the_first_version_keeps_its_trigger_ids(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "triggers.db")) as db, db:
        db.execute("CREATE TABLE accepted (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE)")
        digest = hashlib.blake2b(b"t", digest_size=16).digest()
        db.execute("INSERT INTO accepted (digest) VALUES (?)", (digest,))
    accepted = AcceptedTriggers(tmp_path / "triggers.db")
    assert accepted.add([trigger("t"), trigger("u")], 0.0) == ("t",)
    accepted.close()


@pytest.mark.parametrize(
    ("remember_s", "after_s", "repeats"), [(None, 1e9, ("t",)), (60.0, 59.0, ("t",)), (60.0, 60.0, ())]
)
def test_a_trigger_id_is_known_as_long_as_asked(
    remember_s: float | None, after_s: float, repeats: tuple[str, ...]
) -> None:
    accepted = AcceptedTriggers(None, remember_s=remember_s)
    accepted.add([trigger("t")], 1000.0)
    assert accepted.add([trigger("t")], 1000.0 + after_s) == repeats
    accepted.close()


def test_a_file_that_another_start_is_making_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "triggers.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ending = Timer(0.1, other.execute, ["COMMIT"])
        ending.start()
        with closing(AcceptedTriggers(file)) as accepted:
            assert accepted.add([trigger("one")], 0) == ()
        ending.join()
