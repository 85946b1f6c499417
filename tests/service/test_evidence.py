"""What an event starts, and whether an attempt arrived, by the replies of an account."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.errors import ClientError
from app.domain.mails import EventUse, Mail, account_time
from app.domain.model import Attempt, KeptContact, NoReply, Reply, TriggerRequest
from app.domain.wire import trigger_body
from app.service.attempts import AttemptError
from app.service.history import Evidence
from app.service.live import LiveAccount
from app.service.session import Session
from app.settings import Profile
from app.store.attempts import History
from app.store.catalog import Cache
from tests.client.test_account_calls import ok, said

NOW = datetime.now(UTC)
SENT = NOW - timedelta(hours=3)
UNKNOWN = NoReply("cut", "maybe", "The connection was cut.")
ACCEPTED = Reply(200, 0, "OK", body=b"{}", body_length=2)
REJECTED = Reply(400, 2008, "No contact", body=b"{}", body_length=2)
THOR = KeptContact("11", "Thor", ("thor@example.com",))


class Account:
    """Event 100 sends mail 7; `launches` are the mails launched to contact 11: id and moment."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.launches: list[tuple[str, datetime]] = []
        self.usages: dict[str, list[int]] = {
            "email_ids": [7],
            "program_ids": [],
            "interactions_program_ids": [],
        }
        self.failing: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v2/")
        self.asked.append(path)
        if path in self.failing:
            return said(self.failing[path], {"message": "An unexpected error occurred."})
        match path:
            case "event/100/usages":
                return ok(self.usages)
            case "contact/getcontacthistory":
                return ok([self._launch(*one) for one in self.launches])
            case "contact/getdata":
                asked = json.loads(request.content)["keyValues"]
                rows = [{"id": "11", "3": "thor@example.com"}] if asked == ["thor@example.com"] else False
                return ok({"errors": [], "result": rows})
            case _:
                return ok({"id": path.removeprefix("email/"), "name": "Order shipped", "subject": "Hello"})

    def _launch(self, mail_id: str, at: datetime) -> dict[str, object]:
        launched = f"{account_time(at):%Y-%m-%d %H:%M:%S}"
        return {
            "emailId": int(mail_id),
            "contactId": "11",
            "launch_date": launched,
            "delivery_status": "launched",
        }


Opened = tuple[Session, Account, Callable[..., Attempt]]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.db")


@pytest.fixture
async def opened(history: History, tmp_path: Path) -> AsyncIterator[Opened]:
    remote = Account()

    def client() -> ApiClient:
        return ApiClient(
            "http://shop.example.com/api/v2", open_http(transport=httpx.MockTransport(remote)), 5
        )

    live = LiveAccount(
        Profile("shop", "http://shop.example.com/api/v2"),
        Cache(tmp_path / "cache.db"),
        history,
        client,
        None,  # type: ignore[arg-type]
    )
    session = Session(live)

    def record(attempt_id: str, answer: object = UNKNOWN, at: datetime = SENT, **changes: object) -> Attempt:
        request = TriggerRequest("100", "3", "thor@example.com", trigger_id=attempt_id)
        values = {"account": "shop", "request": request, "contact": THOR} | changes
        attempt = Attempt(attempt_id, "shop", event_name=None, started_at=at, predicted_code=None, **values)  # type: ignore[arg-type]
        history.begin(attempt, trigger_body(attempt.request))
        return history.finish(attempt_id, answer, 1.0, None)  # type: ignore[arg-type]

    yield session, remote, record
    await session.close()


# What a trigger starts


async def test_what_an_event_starts_is_asked_once_in_a_session(opened: Opened) -> None:
    session, remote, _ = opened
    assert session.mails.known_use("100") is None
    assert remote.asked == []
    expected = EventUse((Mail("7", "Order shipped", "Hello"),))
    assert await session.mails.use("100") == await session.mails.use("100") == expected
    assert session.mails.known_use("100") == expected
    assert remote.asked == ["event/100/usages", "email/7"]


async def test_an_account_that_does_not_tell_is_not_asked_again(opened: Opened) -> None:
    session, remote, _ = opened
    for event_id, status in [("100", 403), ("101", 404), ("102", 500)]:
        path = f"event/{event_id}/usages"
        remote.failing[path] = status
        assert await session.mails.use(event_id) is await session.mails.use(event_id) is None
        assert remote.asked.count(path) == 1, status


async def test_mails_that_may_not_be_read_are_named_by_id(opened: Opened) -> None:
    session, remote, _ = opened
    remote.usages["email_ids"] = [7, 8]
    remote.failing["email/7"] = 403
    assert await session.mails.use("100") == EventUse((Mail("7"), Mail("8")))
    assert remote.asked == ["event/100/usages", "email/7"]


async def test_only_the_first_mails_are_asked_for(opened: Opened) -> None:
    session, remote, _ = opened
    remote.usages["email_ids"] = list(range(10, 30))
    use = await session.mails.use("100")
    assert use is not None
    assert len(use.mails) == 20
    assert len(remote.asked) == 6


# Whether it arrived


async def found(session: Session, reference: str = "mine") -> tuple[str, str | None]:
    evidence = await session.history.evidence(reference)
    return evidence.result, evidence.other_id


async def test_a_launched_mail_of_the_event_shows_that_it_arrived(opened: Opened, history: History) -> None:
    session, remote, record = opened
    for answer, seconds in [(UNKNOWN, -1), (ACCEPTED, 0), (UNKNOWN, 5), (ACCEPTED, 3600)]:
        history.forget("shop")
        record("mine", answer)
        remote.launches = [("8", SENT), ("7", SENT + timedelta(seconds=seconds))]
        evidence = await session.history.evidence("mine")
        assert (evidence.result, evidence.contact_id) == ("found", "11"), seconds
        assert evidence.words.startswith("The mail “Order shipped” was launched at ")
        assert evidence.words.endswith(": it arrived.")
        assert session.history.find_attempt("mine").settlement is None


async def test_no_mail_proves_nothing(opened: Opened) -> None:
    session, remote, record = opened
    record("mine")
    launches: list[list[tuple[str, datetime]]] = [
        [],
        [("8", SENT)],
        [("7", SENT - timedelta(hours=2, seconds=1))],
    ]
    for remote.launches in launches:
        evidence = await session.history.evidence("mine")
        assert evidence.result == "none", remote.launches
        assert evidence.words.startswith("No trace yet (checked ")
        assert evidence.words.endswith("). A mail may still follow.")


async def test_a_mail_from_before_may_be_of_this_attempt_if_the_zones_differ(opened: Opened) -> None:
    session, remote, record = opened
    record("mine")
    remote.launches = [("7", SENT - timedelta(hours=1))]
    evidence = await session.history.evidence("mine")
    assert (evidence.result, evidence.other_id) == ("ambiguous", None)
    assert "it may be from before this attempt" in evidence.words


async def test_a_mail_that_another_attempt_may_have_sent_is_ambiguous(
    opened: Opened, history: History
) -> None:
    session, remote, record = opened
    remote.launches = [("7", SENT + timedelta(seconds=1))]
    for answer, at, changes, expected in [
        (ACCEPTED, SENT - timedelta(minutes=5), {}, ("ambiguous", "other")),
        (UNKNOWN, SENT + timedelta(minutes=5), {}, ("ambiguous", "other")),
        (ACCEPTED, SENT, {"request": TriggerRequest("100", "id", "11")}, ("ambiguous", "other")),
        (REJECTED, SENT, {}, ("found", None)),
        (ACCEPTED, SENT - timedelta(days=1), {}, ("found", None)),
        (ACCEPTED, SENT, {"request": TriggerRequest("101", "3", "thor@example.com")}, ("found", None)),
        (ACCEPTED, SENT, {"contact": KeptContact("12", "Sif")}, ("found", None)),
        (ACCEPTED, SENT, {"account": "other"}, ("found", None)),
    ]:
        history.forget("shop")
        record("other", answer, at, **changes)
        record("mine")
        assert await found(session) == expected, (answer, at, changes)


async def test_an_attempt_that_did_not_arrive_explains_no_mail(opened: Opened) -> None:
    session, remote, record = opened
    record("other")
    record("mine")
    session.settle("other", arrived=False)
    remote.launches = [("7", SENT)]
    assert await found(session) == ("found", None)


async def test_a_contact_that_was_not_known_is_looked_up(opened: Opened) -> None:
    session, remote, record = opened
    record("mine", contact=None)
    remote.launches = [("7", SENT)]
    assert await found(session) == ("found", None)
    assert remote.asked[0] == "contact/getdata"


async def test_where_the_account_can_show_nothing_it_says_why(opened: Opened, history: History) -> None:
    session, _, record = opened

    async def refused() -> str:
        with pytest.raises(AttemptError) as caught:
            await session.history.evidence("mine")
        return str(caught.value)

    for answer, changes, reason in [
        (REJECTED, {}, "triggered nothing (rejected)"),
        (NoReply("refused", "no", "Refused."), {}, "triggered nothing (not sent)"),
        (
            UNKNOWN,
            {"contact": None, "request": TriggerRequest("100", "3", "nobody@example.com")},
            "No contact of the account has",
        ),
        (UNKNOWN, {"account": "other"}, "another account"),
    ]:
        history.forget("shop")
        record("mine", answer, **changes)
        assert reason in await refused()


async def test_an_event_without_mails_shows_nothing(opened: Opened) -> None:
    session, remote, record = opened
    record("mine")
    remote.usages["email_ids"] = []
    with pytest.raises(AttemptError, match="No launched mail uses event 100"):
        await session.history.evidence("mine")


async def test_an_account_that_does_not_answer_is_an_error(opened: Opened) -> None:
    session, remote, record = opened
    record("mine")
    remote.failing["contact/getcontacthistory"] = 500
    with pytest.raises(ClientError, match="did not answer with its mail history"):
        await session.history.evidence("mine")


def test_the_words_name_the_other_attempt_by_its_reference() -> None:
    other = "0af1c1f6-9f0e-4b51-8dcb-3d2d2f1a0000"
    evidence = Evidence("mine", "11", "ambiguous", NOW, Mail("7", "Hi"), NOW, other)
    assert "but the attempt " in evidence.words
    assert other not in evidence.words
