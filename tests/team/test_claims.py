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


def test_of_eight_desks_with_one_question_only_one_sends(
    desks: Desks, account: str, admin: psycopg.Connection
) -> None:
    people = [marks(account, f"{who}@example.com", f"{who}@example.org") for who in ("thor", "odin", "loki")]
    ready = threading.Barrier(8)

    def ask_and_answer(number: int) -> list[bool]:
        desk, sent = desks(f"member{number}"), list[bool]()
        for turn in range(9):
            person, attempt_id = people[turn % 3], str(uuid4())
            seen = desk.claims("100", person.contacts).generations
            ready.wait()
            sent.append(attempt_id in desk.claim("100", {attempt_id: person}, seen))
            ready.wait()
        return sent

    with ThreadPoolExecutor(8) as pool:
        turns = zip(*pool.map(ask_and_answer, range(8)), strict=True)
    assert all(Counter(turn) == {True: 1, False: 7} for turn in turns)
    chains = admin.execute(
        "SELECT count(*), max(generation), count(*) FILTER (WHERE outcome IS NULL) FROM triggerdesk.claim "
        "WHERE account = %s GROUP BY contact",
        (account,),
    ).fetchall()
    assert all(number == newest for number, newest, _ in chains), "a generation is missing"
    assert sum(held for _, _, held in chains) == 2 * 9


def test_a_claim_is_made_once_and_given_back_if_another_desk_has_a_part_of_it(
    desks: Desks, account: str, admin: psycopg.Connection
) -> None:
    anna, bert = desks("Anna"), desks("Bert")
    both, email = marks(account, "thor@example.com", "11"), marks(account, "thor@example.com")
    seen = anna.claims("100", both.contacts).generations
    assert [bert.claim("100", {"b": email}, {}) for _ in range(3)] == [{"b"}] * 3
    assert anna.claim("100", {"a": both}, seen) == frozenset()
    left = [one for found in bert.claims("100", both.contacts).by_contact.values() for one in found]
    assert {(one.attempt_id, one.outcome) for one in left} == {("b", None), ("a", Outcome.NOT_SENT)}
    bert.push([], released=["b"])
    admin.execute("SET ROLE triggerdesk_desk")
    again = admin.execute("UPDATE triggerdesk.claim SET outcome = 'accepted' WHERE account = %s", (account,))
    assert again.rowcount == 0, "an outcome is never overwritten"


def test_two_desks_claim_the_same_people_in_opposite_order_without_a_deadlock(
    desks: Desks, account: str
) -> None:
    people = [marks(account, f"person{number}@example.com", str(number)) for number in range(400)]
    ready = threading.Barrier(2)

    def claim(desk: TeamServer, order: int) -> frozenset[str]:
        wanted = {f"{desk.desk.member}{number}": one for number, one in list(enumerate(people))[::order]}
        seen = desk.claims("100", sorted({mark for one in people for mark in one.contacts})).generations
        ready.wait()
        return desk.claim("100", wanted, seen)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(claim, (desks("Anna"), desks("Bert")), (1, -1))
    assert len(one) + len(other) == 400
    assert not {name[4:] for name in one} & {name[4:] for name in other}


def test_a_desk_can_neither_delete_nor_change(admin: psycopg.Connection) -> None:
    admin.execute("SET ROLE triggerdesk_desk")
    for statement in (
        "DELETE FROM triggerdesk.claim",
        "DELETE FROM triggerdesk.attempt",
        "UPDATE triggerdesk.attempt SET member = 'Anna'",
        "UPDATE triggerdesk.fact SET body = '{}'",
        "UPDATE triggerdesk.claim SET member = 'Anna'",
        "INSERT INTO triggerdesk.tombstone (account, contact, member) VALUES ('shop', 'x', 'Anna')",
        "TRUNCATE triggerdesk.fact",
        "DROP TABLE triggerdesk.claim",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute(statement)  # type: ignore[arg-type]
