"""Claims by generation: of two desks that answer the same question only one sends, the other is asked again."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from app.domain.model import Outcome
from app.team.server import TeamServer
from tests.team.conftest import marks

Desks = Callable[..., TeamServer]


def test_of_eight_desks_with_one_question_only_one_sends(desks: Desks, account: str) -> None:
    all_desks = [desks(f"member{number}") for number in range(8)]
    contact = marks(account, "thor@example.com")
    ready = threading.Barrier(8)

    def answer(desk: TeamServer) -> bool:
        seen = desk.claims("100", contact.contacts).generations
        ready.wait()
        attempt_id = str(uuid4())
        return attempt_id in desk.claim("100", {attempt_id: contact}, seen)

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(answer, all_desks))
    assert Counter(sent) == {True: 1, False: 7}


def test_every_send_of_eight_desks_follows_a_current_question(
    desks: Desks, account: str, admin: psycopg.Connection
) -> None:
    contacts = [
        marks(account, f"{name}@example.com", f"{name}@example.org") for name in ("thor", "odin", "loki")
    ]

    def ask_and_answer(number: int) -> Counter[str]:
        desk, counts = desks(f"member{number}"), Counter[str]()
        for turn in range(30):
            contact = contacts[(number + turn) % 3]
            attempt_id = str(uuid4())
            seen = desk.claims("100", contact.contacts).generations
            counts["sent" if desk.claim("100", {attempt_id: contact}, seen) else "asked again"] += 1
        return counts

    with ThreadPoolExecutor(8) as pool:
        counts = sum(pool.map(ask_and_answer, range(8)), Counter())
    assert counts.total() == 240
    rows = admin.execute(
        "SELECT contact, count(*) FILTER (WHERE outcome IS NULL), count(*), max(generation) "
        "FROM triggerdesk.claim WHERE account = %s GROUP BY 1",
        (account,),
    ).fetchall()
    assert sum(row[1] for row in rows) == 2 * counts["sent"]
    assert all(row[2] == row[3] for row in rows), "a generation is missing"


def test_what_is_claimed_for_one_key_only_is_given_back(desks: Desks, account: str) -> None:
    anna, bert = desks("Anna"), desks("Bert")
    both, email = marks(account, "thor@example.com", "11"), marks(account, "thor@example.com")
    seen = anna.claims("100", both.contacts).generations
    assert bert.claim("100", {"b": email}, bert.claims("100", email.contacts).generations) == {"b"}
    assert anna.claim("100", {"a": both}, seen) == frozenset()
    left = [one for found in bert.claims("100", both.contacts).by_contact.values() for one in found]
    assert {(one.attempt_id, one.outcome) for one in left} == {("b", None), ("a", Outcome.NOT_SENT)}


def test_one_claim_is_made_once_however_often_it_is_repeated(desks: Desks, account: str) -> None:
    anna = desks("Anna")
    contact = marks(account, "thor@example.com", "11")
    seen = anna.claims("100", contact.contacts).generations
    assert [anna.claim("100", {"a": contact}, seen) for _ in range(3)] == [{"a"}] * 3
    assert [len(one) for one in anna.claims("100", contact.contacts).by_contact.values()] == [1, 1]


def test_two_desks_with_the_same_file_in_opposite_order_share_it_without_a_deadlock(
    desks: Desks, account: str
) -> None:
    people = [marks(account, f"person{number}@example.com", str(number)) for number in range(500)]
    ready = threading.Barrier(2)

    def claim(desk: TeamServer, order: int) -> frozenset[str]:
        wanted = {f"{desk.desk.member}{number}": one for number, one in list(enumerate(people))[::order]}
        every = sorted({mark for one in people for mark in one.contacts})
        seen = desk.claims("100", every).generations
        ready.wait()
        return desk.claim("100", wanted, seen)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(claim, (desks("Anna"), desks("Bert")), (1, -1))
    assert len(one) + len(other) == 500
    assert not {name[4:] for name in one} & {name[4:] for name in other}


@pytest.mark.parametrize("statement", [
    "DELETE FROM triggerdesk.claim",
    "DELETE FROM triggerdesk.attempt",
    "UPDATE triggerdesk.attempt SET member = 'Anna'",
    "UPDATE triggerdesk.fact SET body = '{}'",
    "UPDATE triggerdesk.claim SET member = 'Anna'",
    "INSERT INTO triggerdesk.tombstone (account, contact, member) VALUES ('shop', 'x', 'Anna')",
    "TRUNCATE triggerdesk.fact",
    "DROP TABLE triggerdesk.claim",
])  # fmt: skip
def test_a_desk_can_neither_delete_nor_change(admin: psycopg.Connection, statement: str) -> None:
    admin.execute("SET ROLE triggerdesk_desk")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admin.execute(statement)  # type: ignore[arg-type]


def test_an_outcome_is_never_overwritten(desks: Desks, account: str, admin: psycopg.Connection) -> None:
    anna = desks("Anna")
    contact = marks(account, "thor@example.com")
    anna.claim("100", {"a": contact}, {})
    anna.push([], released=["a"])
    admin.execute("SET ROLE triggerdesk_desk")
    changed = admin.execute(
        "UPDATE triggerdesk.claim SET outcome = 'accepted' WHERE account = %s", (account,)
    )
    assert changed.rowcount == 0
    (known,) = anna.claims("100", contact.contacts).by_contact[contact.contacts[0]]
    assert known.outcome is Outcome.NOT_SENT
