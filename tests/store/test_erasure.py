"""A forgotten person is in no byte of any file, and everybody else still is."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.model import (
    Attempt,
    Contact,
    ExternalEvent,
    Field,
    KeptContact,
    NoReply,
    Outcome,
    Reply,
    TriggerRequest,
)
from app.domain.wire import trigger_body
from app.store.attempts import History
from app.store.catalog import Cache, replacing
from app.store.contacts import remember_lookup
from app.store.database import StoreError
from app.store.erasure import FORGOTTEN, attempts_on, forget_in_cache, forget_in_history, person
from tests.store.conftest import ids

THOR = Contact(
    "11", "aB3uid-of-thor", {"1": "Thorvald", "2": "Odinson", "3": "Thor@Example.com", "99": "C-777-42"}
)
SIF = Contact("12", "uid-of-sif", {"1": "Sif", "3": "sif@example.com"})
TRACES = (b"thorvald", b"odinson", b"thor@example.com", b"ab3uid-of-thor", b"c-777-42")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "cache.db"
    cache = Cache(path)
    with replacing(cache.path, complete=False) as load:
        load.events([ExternalEvent("100", "purchase")])
        load.fields([Field("1", "First"), Field("2", "Last"), Field("3", "E-Mail")])
        load.contacts(Contact(str(n), f"u{n}", {"3": f"p{n}@example.org"}) for n in range(1000, 3000))
    remember_lookup(cache.path, "3", "thor@example.com", [THOR])
    remember_lookup(cache.path, "99", "C-777-42", [THOR])
    remember_lookup(cache.path, "3", "sif@example.com", [SIF])
    cache.close()
    return path


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).lower()


def words(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'contacts_fts', 'row')")
    found = {row[0] for row in connection.execute("SELECT term FROM temp.words")}
    connection.close()
    return found


def test_a_contact_is_gone_from_every_byte_of_the_cache(cache: Path, tmp_path: Path) -> None:
    assert all(trace in bytes_of(tmp_path) for trace in TRACES)
    assert "thorvald" in words(cache)
    forget_in_cache(cache, person("3", "thor@example.com", [THOR]), ["11"])
    assert not [trace for trace in TRACES if trace in bytes_of(tmp_path)]
    assert not words(cache) & {"thorvald", "odinson", "thor", "777"}


def test_everybody_else_stays_in_the_cache(cache: Path) -> None:
    forget_in_cache(cache, person("3", "thor@example.com", [THOR]), ["11"])
    after = Cache(cache)
    assert after.state().contacts == 2001
    assert after.contacts.get("11") is None
    assert after.contacts.find("3", "SIF@example.com", 5) == (SIF,)
    assert after.matches("3", "sif@example.com").complete
    assert not after.matches("3", "thor@example.com").complete
    assert (ids(after, "sif"), ids(after, "p2999")) == (["12"], ["2999"])
    after.close()


def test_the_cache_can_be_open_meanwhile_but_no_reader_may_hold_the_log(cache: Path) -> None:
    reader = sqlite3.connect(cache, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM contacts").fetchone()
    with pytest.raises(StoreError, match="Another window"):
        forget_in_cache(cache, person("3", "thor@example.com", [THOR]), ["11"])
    reader.close()
    forget_in_cache(cache, person("3", "thor@example.com", [THOR]), [])
    assert b"thorvald" not in bytes_of(cache.parent)


def made(history: History, number: int, request: TriggerRequest, answer: Reply | NoReply | None) -> str:
    attempt_id = f"00000000-0000-4000-8000-{number:012}"
    attempt = Attempt(attempt_id, "shop", "shop", request, "purchase", datetime.now(UTC), None)
    history.begin(attempt, trigger_body(request))
    if answer is not None:
        history.finish(attempt_id, answer, 12.5, f"No contact has {request.external_id}.")
    return attempt_id


def refused(value: str) -> Reply:
    text = f"No contact found with the external id: 3 - {value}"
    return Reply(400, 2008, text, {value: {"2008": text}}, f'{{"replyText":"{text}"}}'.encode(), 70)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.db")


def test_the_contact_kept_with_an_attempt_is_forgotten_too(history: History, tmp_path: Path) -> None:
    kept = KeptContact("11", "Thorvald Odinson", ("Thor@Example.com", "C-777-42"))
    for number, (key_id, value, contact) in enumerate(
        [
            ("id", "11", kept),
            ("7", "an older value", kept),
            ("3", "sif@example.com", KeptContact("12", "Sif")),
        ]
    ):
        attempt_id, request = f"a{number}", TriggerRequest("100", key_id, value)
        now = datetime.now(UTC)
        history.begin(
            Attempt(attempt_id, "shop", "shop", request, "purchase", now, None, contact=contact),
            trigger_body(request),
        )
        history.finish(attempt_id, Reply(200, 0, "OK", body=b"{}"), 1.0, None)
    assert b"thorvald" in bytes_of(tmp_path)
    assert forget_in_history(tmp_path / "history.db", "shop", person("3", "thor@example.com", [THOR])) == 2
    assert not [trace for trace in TRACES if trace in bytes_of(tmp_path)]
    assert history.get("a1").contact is None  # type: ignore[union-attr]
    assert history.get("a2").contact.name == "Sif"  # type: ignore[union-attr]
    history.close()


def test_the_attempts_keep_only_that_they_happened(history: History, tmp_path: Path) -> None:
    thor = person("3", "thor@example.com", [THOR])
    data = {
        "global": {
            "name": "Thorvald Odinson",
            "mail": "THOR@example.com",
            "uid": "aB3uid-of-thor",
            "n": "C-777-42",
        }
    }
    hers = [
        made(
            history,
            1,
            TriggerRequest("100", "3", "THOR@example.com", data, "Thorvald-1"),
            refused("thor@example.com"),
        ),
        made(
            history, 2, TriggerRequest("100", "id", "11", None, None), NoReply("reset", "maybe", "It broke.")
        ),
        made(
            history,
            3,
            TriggerRequest("100", "99", "C-777-42", {"a": "Odinson"}),
            Reply(200, 0, "OK", body=b"{}"),
        ),
        made(
            history,
            4,
            TriggerRequest("100", "3", "sif@example.com", {"cc": "thor@example.com"}),
            refused("x"),
        ),
    ]
    other = made(history, 5, TriggerRequest("100", "id", "12", {"global": {"price": 11}}), refused("y"))
    path = tmp_path / "history.db"
    assert attempts_on(path, "shop", thor) == 4
    assert attempts_on(path, "elsewhere", thor) == 0
    assert forget_in_history(path, "shop", thor) == 4
    assert not [trace for trace in TRACES if trace in bytes_of(tmp_path)]
    first = history.get(hers[0])
    assert first is not None
    assert first.request == TriggerRequest("100", "3", FORGOTTEN, None, None)
    assert (first.outcome, first.event_name, first.elapsed_ms) == (Outcome.REJECTED, "purchase", 12.5)
    assert first.answer == Reply(400, 2008, None, body_length=70)
    assert history.get(hers[1]).answer == NoReply("reset", "maybe", "It broke.")  # type: ignore[union-attr]
    untouched = history.get(other)
    assert untouched is not None
    assert untouched.request.data == {"global": {"price": 11}}
    assert untouched.answer == refused("y")
    history.close()


def test_an_own_trigger_id_stays_and_a_typed_one_goes(history: History, tmp_path: Path) -> None:
    own = "00000000-0000-4000-8000-000000000001"
    made(history, 1, TriggerRequest("100", "id", "11", None, own), refused("x"))
    made(history, 2, TriggerRequest("100", "id", "11", None, own), refused("x"))
    made(history, 3, TriggerRequest("100", "id", "11", None, "for Thor"), refused("x"))
    forget_in_history(tmp_path / "history.db", "shop", person("id", "11", []))
    assert [attempt.request.trigger_id for attempt in history.attempts("shop", 0)] == [None, own, own]
    history.close()


def test_nobody_is_forgotten_while_a_trigger_for_them_is_under_way(history: History, tmp_path: Path) -> None:
    made(history, 1, TriggerRequest("100", "3", "thor@example.com"), None)
    with pytest.raises(StoreError, match="under way"):
        forget_in_history(tmp_path / "history.db", "shop", person("3", "thor@example.com", []))
    history.close()


def test_a_short_value_is_not_sought_in_other_texts() -> None:
    named = person("id", "11", [])
    assert named.keys == {("id", "11")}
    assert named.texts == set()
    assert person("99", "C-777-42", []).texts == {"C-777-42"}
    assert person("99", "1234567", []).texts == set()
