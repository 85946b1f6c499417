"""After an attempt: an unknown one is settled by a person, and any is sent again, in the way that cannot mail twice."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.attempt_export import attempt_json
from app.domain.model import Attempt, Outcome, TriggerRequest, new_attempt_id
from app.service.attempts import AttemptError, offers_same_trigger
from app.service.history import AttemptRow
from app.service.session import Session
from app.settings import load_settings
from tests.journal.processes import ended, started
from tests.journal.server import CUT, NOBODY, OK, Endpoint, endpoint

DATA = {"global": {"itemName": "hammer"}, "\u00f8": ["Þórr", 1.5, None]}


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint(delay_s=0, answers=(CUT,)) as running:
        yield running


@pytest.fixture
async def service(server: Endpoint, tmp_path: Path) -> AsyncIterator[Session]:
    server.write_profile(tmp_path)
    opened = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}))
    yield opened
    await opened.close()


async def sent(service: Session, *, with_trigger_id: bool = True) -> Attempt:
    attempt_id = new_attempt_id()
    trigger_id = attempt_id if with_trigger_id else None
    request = TriggerRequest("100", "3", "thor@example.com", DATA, trigger_id)
    return await service.send(request, attempt_id, repeats=True)


async def sent_again(service: Session, attempt: Attempt, *, same_trigger: bool) -> Attempt:
    return await service.resend(
        attempt.attempt_id,
        same_trigger=same_trigger,
        new_attempt_id=new_attempt_id(),
        asked_about=attempt.attempt_id,
    )


def newest(service: Session) -> Sequence[AttemptRow]:
    rows = service.history.attempts()
    rows.read_first()
    return rows.rows(0, 10)


# Settling


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_settlement_stands_beside_an_outcome_that_stays_unknown(
    arrived: bool, service: Session
) -> None:
    attempt = await sent(service)
    settled = service.settle(attempt.attempt_id, arrived=arrived, note="asked Sif, who knows: ✓\x00")
    kept = service.history.attempt(attempt.attempt_id)
    assert kept == settled
    assert kept.outcome is Outcome.UNKNOWN
    assert kept.settlement is not None
    assert (kept.settlement.arrived, kept.settlement.note) == (arrived, "asked Sif, who knows: ✓\x00")
    assert datetime.now(UTC) - kept.settlement.settled_at < timedelta(minutes=1)
    assert [row.arrived for row in newest(service)] == [arrived]


async def test_who_learns_better_settles_again(service: Session) -> None:
    attempt = await sent(service)
    service.settle(attempt.attempt_id, arrived=True, note="seen in the log")
    settled = service.settle(attempt.attempt_id, arrived=False, note="another one's log").settlement
    assert settled is not None
    assert (settled.arrived, settled.note) == (False, "another one's log")


@pytest.mark.parametrize(("answer", "word"), [(OK, "accepted"), (NOBODY, "rejected")])
async def test_only_an_unknown_outcome_is_settled(
    answer: tuple[int, int, str], word: str, service: Session, server: Endpoint
) -> None:
    server.answers = (answer,)
    attempt = await sent(service)
    with pytest.raises(AttemptError, match=f"is {word}. Only unknown outcomes can be resolved"):
        service.settle(attempt.attempt_id, arrived=True)
    assert service.history.attempt(attempt.attempt_id) == attempt


async def test_settling_changes_only_the_settlement_of_the_json(service: Session) -> None:
    attempt = await sent(service)
    settled = attempt_json(service.settle(attempt.attempt_id, arrived=True))
    assert settled.pop("settlement") is not None
    assert {**settled, "settlement": None} == attempt_json(attempt)


async def test_a_note_that_is_a_book_is_refused(service: Session) -> None:
    attempt = await sent(service)
    with pytest.raises(AttemptError, match="longer than 10000 characters"):
        service.settle(attempt.attempt_id, arrived=True, note="x" * 10_001)


async def test_an_attempt_is_found_by_the_beginning_of_its_id(service: Session) -> None:
    attempt = await sent(service)
    assert service.history.find_attempt(attempt.attempt_id[:8].upper()) == attempt
    for text in ("", attempt.attempt_id[:3], "zzzz", "\ud800" * 5, "%%%%"):
        with pytest.raises(AttemptError, match="There is no attempt"):
            service.history.find_attempt(text)


async def test_a_beginning_that_several_share_names_them(service: Session) -> None:
    for ending in ("1", "2"):
        await service.send(TriggerRequest("1", "3", "a"), f"abcd-{ending}", repeats=True)
    with pytest.raises(AttemptError, match=r"matches several attempts: abcd-1, abcd-2"):
        service.history.find_attempt("abcd")


# Sending again


async def test_the_same_trigger_is_the_same_request_and_names_its_parent(
    service: Session, server: Endpoint
) -> None:
    first = await sent(service)
    second = await sent_again(service, first, same_trigger=True)
    third = await sent_again(service, second, same_trigger=True)
    assert first.request == second.request == third.request
    assert [first.parent_id, second.parent_id, third.parent_id] == [None, first.attempt_id, second.attempt_id]
    assert service.history.attempt(third.attempt_id) == third
    assert [one.trigger_id for one in server.received] == [first.attempt_id] * 3
    assert service.history.request_body(third.attempt_id) == service.history.request_body(first.attempt_id)


async def test_a_new_trigger_differs_in_nothing_but_its_trigger_id(service: Session) -> None:
    first = await sent(service)
    second = await sent_again(service, first, same_trigger=False)
    assert second.request.trigger_id == second.attempt_id != first.attempt_id
    assert second.request.data == first.request.data == DATA
    assert (second.request.event_id, second.request.key_id, second.request.external_id) == (
        first.request.event_id, first.request.key_id, first.request.external_id,
    )  # fmt: skip


async def test_what_went_without_a_trigger_id_goes_so_again_and_never_as_the_same(
    service: Session, server: Endpoint
) -> None:
    first = await sent(service, with_trigger_id=False)
    again = await sent_again(service, first, same_trigger=False)
    assert again.request.trigger_id is None
    with pytest.raises(AttemptError, match="has no trigger id"):
        await sent_again(service, first, same_trigger=True)
    assert len(server.received) == 2


async def test_the_same_trigger_is_offered_only_while_nobody_knows_whether_it_arrived(
    service: Session, server: Endpoint
) -> None:
    unknown = await sent(service)
    assert offers_same_trigger(unknown)
    assert offers_same_trigger(service.settle(unknown.attempt_id, arrived=False))
    assert not offers_same_trigger(service.settle(unknown.attempt_id, arrived=True))
    for answer in (OK, NOBODY):
        server.answers = (answer,)
        assert not offers_same_trigger(await sent(service))


async def test_what_is_still_under_way_is_neither_settled_nor_sent_again(
    service: Session, server: Endpoint, tmp_path: Path
) -> None:
    server.speaking.clear()
    other = await started(tmp_path, "app", "trigger", "100", "--key", "3", "--external-id", "sif@example.com")
    await server.arrival.wait()
    (row,) = newest(service)
    with pytest.raises(AttemptError, match="still being sent"):
        service.settle(row.attempt_id, arrived=True)
    with pytest.raises(AttemptError, match="still being sent"):
        await service.resend(row.attempt_id, same_trigger=True, new_attempt_id=new_attempt_id())
    assert len(server.received) == 1

    other.kill()
    await ended(other)
    settled = service.settle(row.attempt_id, arrived=True)
    assert (settled.outcome, settled.settlement is not None) == (Outcome.UNKNOWN, True)


async def test_an_attempt_on_another_account_is_not_sent_to_this_one(
    service: Session, server: Endpoint, tmp_path: Path
) -> None:
    attempt = await sent(service)
    with (tmp_path / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f'[profiles.other]\nbase_url = "{server.url}"\n')
    other = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "other"))
    with pytest.raises(AttemptError, match=r"on another account. Switch to the profile 'local'"):
        await sent_again(other, attempt, same_trigger=True)
    await other.close()
    assert len(server.received) == 1
