"""What a query finds is what a plain loop over the attempts finds: filtered, sorted, counted, in every way it is found."""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from app.domain.history_query import Column, Filter, HistoryQuery, Order, QueryField, Value, Word
from app.domain.model import Answer, Attempt, JsonObject, NoReply, Outcome, Reply, Settlement, TriggerRequest
from app.domain.outcome import outcome_of
from app.domain.short_id import short_id
from app.domain.wire import reply_body, trigger_body
from app.store.erasure import forget_in_history, person
from app.store.errors import StoppedError
from app.store.history import History
from app.store.index import mask as index_mask
from app.store.index import order as index_order
from app.store.index import parts as index_parts
from app.store.index import query as index_query
from app.store.index.attempt_index import AttemptIndex, index_path
from app.store.journal.bulk import add_finished, remove_owned
from app.store.past import Past
from app.store.retention import Retention, let_go

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
EVENTS = (
    ("100", "purchase_confirmation"),
    ("99", "Abandoned"),
    ("7", None),
    ("x-7", "[/] odd"),
    ("100", "renamed"),
)
KEYS = ("3", "id", "10142", "03")
PEOPLE = ("thor@example.com", "THOR@Example.com", "sif@example.com", "", "a*b?[c]", "007", "=1+1", "\ud800x")
DATA: tuple[JsonObject | None, ...] = (
    None,
    {"global": {"item": "Hammer of Thor", "n": 12}},
    {"b": "Fenrir\nLoki"},
)
ANSWERS: tuple[Answer, ...] = (
    Reply(200, 0, "OK", body=reply_body(0, "OK")),
    Reply(400, 2008, "No contact found: 3 - nobody", body=reply_body(2008, "No contact found: 3 - nobody")),
    Reply(400, 5001, "Invalid event id", body=reply_body(5001, "Invalid event id")),
    Reply(502, None, None, body=b"<h1>Bad Gateway</h1>"),
    Reply(200, 0, "OK", {"a": {"2008": "no"}}),
    NoReply("refused", "no", "The connection was refused."),
    NoReply("timeout", "maybe", "No reply within 30 s."),
)  # fmt: skip

SETTLEMENTS = (None, Settlement(True, "seen by Sif", START), Settlement(False, "", START))


def attempts(count: int, account: str = "shop", start: int = 0) -> Iterator[Attempt]:
    chance = random.Random(account)  # noqa: S311 - a repeatable past
    for number in range(start, start + count):
        event_id, name = chance.choice(EVENTS)
        answer = chance.choice(ANSWERS)
        attempt_id = f"{account}-{number}"
        request = TriggerRequest(
            event_id, chance.choice(KEYS), chance.choice(PEOPLE), chance.choice(DATA), attempt_id
        )
        # Clocks are set back now and then.
        moment = START + timedelta(minutes=number + chance.choice((0, 0, -30)))
        took = None if chance.random() < 0.1 else round(chance.expovariate(0.01), 1)
        yield Attempt(
            attempt_id, account, account, request, name, moment, 0, outcome_of(answer), answer, took, "remedy",
            note=chance.choice((None, None, "asked Odin")),
            settlement=chance.choice(SETTLEMENTS) if outcome_of(answer) is Outcome.UNKNOWN else None,
        )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "history.db"
    for account in ("shop", "other"):
        list(add_finished(path, attempts(60, account), "made up"))
    return path


def folded(text: str) -> str:
    return re.sub("[A-Z]", lambda found: found[0].lower(), text)


def said(attempt: Attempt) -> str:
    texts = [
        attempt.request.event_id,
        attempt.event_name or "",
        attempt.request.external_id,
        attempt.note or "",
        attempt.settlement.note if attempt.settlement else "",
    ]
    for value in (attempt.request.data or {}).items():
        texts += re.findall(r"[\w ]+", repr(value).replace("\\n", " "))
    match attempt.answer:
        case Reply() as reply:
            texts += [
                str(reply.reply_code or ""),
                reply.reply_text or "",
                "0" if reply.reply_code == 0 else "",
            ]
            texts.append("h1 Bad Gateway h1" if reply.http_status == 502 else "")
        case NoReply(detail=detail):
            texts.append(detail)
        case _:
            raise AssertionError
    return " ".join(["", *re.findall("[a-z0-9]+", " ".join(texts).lower())])


def reply_of(attempt: Attempt) -> Reply | None:
    return attempt.answer if isinstance(attempt.answer, Reply) else None


def number_or_none(number: int | None) -> str:
    return "none" if number is None else str(number)


def outcome_before(attempt: Attempt) -> str | None:
    """The outcome of the attempt before, by the same key on the same value, of the same account; case counts but in e-mails."""
    found = None
    for one in attempts(60, attempt.account):
        if one.attempt_id == attempt.attempt_id:
            break
        same_key = one.request.key_id == attempt.request.key_id
        values = [each.request.external_id for each in (one, attempt)]
        if same_key and len(set(map(folded, values) if one.request.key_id == "3" else values)) == 1:
            found = one.outcome.value
    return found


def settled(attempt: Attempt) -> str | None:
    if attempt.outcome is not Outcome.UNKNOWN:
        return None
    if attempt.settlement is None:
        return "no"
    return "arrived" if attempt.settlement.arrived else "did-not"


VALUES_OF: dict[QueryField, Callable[[Attempt], tuple[str | None, ...]]] = {
    QueryField.OUTCOME: lambda one: (one.outcome.value,),
    QueryField.CODE: lambda one: (number_or_none(getattr(one.answer, "reply_code", None)),),
    QueryField.STATUS: lambda one: (number_or_none(getattr(one.answer, "http_status", None)),),
    QueryField.EVENT: lambda one: (one.request.event_id, one.event_name),
    QueryField.KEY: lambda one: (one.request.key_id,),
    QueryField.CONTACT: lambda one: (one.request.external_id,),
    QueryField.PROFILE: lambda one: (one.profile,),
    QueryField.PREVIOUS: lambda one: (outcome_before(one),),
    QueryField.SETTLED: lambda one: (settled(one),),
}


def is_meant(value: Value, text: str | None) -> bool:
    if text is None:
        return False
    parts = (
        map(re.escape, folded(value.text).split("*")) if value.pattern else [re.escape(folded(value.text))]
    )
    return re.fullmatch(".*".join(parts), folded(text), re.DOTALL) is not None


def passes(attempt: Attempt, query: HistoryQuery) -> bool:
    for one in query.filters:
        found = any(is_meant(value, text) for value in one.values for text in VALUES_OF[one.field](attempt))
        if found is one.negated:
            return False
    for word in query.words:
        wanted = " ".join(["", *re.findall("[a-z0-9]+", word.text.lower())])
        if (wanted in said(attempt)) is word.negated:
            return False
    since, until = query.since or START - timedelta(days=99), query.until or START + timedelta(days=99)
    return since <= attempt.started_at < until


def reply_text(attempt: Attempt) -> str | None:
    reply = reply_of(attempt)
    return None if reply is None or reply.reply_text is None else folded(reply.reply_text)


KEYS_OF: dict[Column, Callable[[Attempt], Any]] = {
    Column.TIME: lambda _: 0,
    Column.OUTCOME: lambda one: list(Outcome).index(one.outcome),
    Column.EVENT: lambda one: (in_order(one.request.event_id), one.event_name or ""),
    Column.KEY: lambda one: in_order(one.request.key_id),
    Column.CONTACT: lambda one: ("\ud800" in one.request.external_id, folded(one.request.external_id)),
    Column.STATUS: lambda one: getattr(one.answer, "http_status", None),
    Column.CODE: lambda one: getattr(one.answer, "reply_code", None),
    Column.TEXT: reply_text,
    Column.TOOK: lambda one: one.elapsed_ms,
}


def in_order(text: str) -> tuple[int, str, str]:
    return (len(text.lstrip("0")), text.lstrip("0"), text) if text.isdigit() else (99, text, text)


def plainly(made: Sequence[Attempt], query: HistoryQuery) -> list[str]:
    found = [
        (KEYS_OF[query.order.column](one), number, one)
        for number, one in enumerate(made)
        if passes(one, query)
    ]
    known = sorted([one for one in found if one[0] is not None], key=lambda one: one[:2])
    missing = [one for one in found if one[0] is None]
    if query.order.descending:
        known, missing = known[::-1], missing[::-1]
    return [one.attempt_id for *_, one in (*known, *missing)]


VALUES: dict[QueryField, Sequence[str]] = {
    QueryField.OUTCOME: [one.value for one in Outcome],
    QueryField.CODE: ["0", "2008", "5001", "77", "none"],
    QueryField.STATUS: ["200", "400", "502", "none"],
    QueryField.EVENT: ["100", "7", "ABANDONED", "x-7", "nothing", "*7", "p*conf*", "[/] odd"],
    QueryField.KEY: ["3", "03", "id", "uid", "1*"],
    QueryField.CONTACT: ["thor@example.com", "Thor*", "*@EXAMPLE.com", "", "*", "a*b?[c]", "*[c]", "\ud800x", "007"],
    QueryField.PROFILE: ["shop", "other", "s*"],
    QueryField.PREVIOUS: [one.value for one in Outcome],
    QueryField.SETTLED: ["no", "arrived", "did-not"],
}  # fmt: skip
WORDS = (
    "thor",
    "example com",
    "HAMMER",
    "ham",
    "fenrir",
    "Loki",
    "2008",
    "nobody",
    "refused",
    "odin",
    "gateway",
    "zz",
    "contact found",
    "seen by",
)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    field = draw(st.sampled_from(QueryField))
    texts = draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, max_size=3))
    may_be_pattern = field in (QueryField.EVENT, QueryField.KEY, QueryField.CONTACT, QueryField.PROFILE)
    values = tuple(Value(text, may_be_pattern and "*" in text and draw(st.booleans())) for text in texts)
    return Filter(field, values, draw(st.booleans()))


MOMENTS = st.none() | st.integers(-5, 65).map(lambda minutes: START + timedelta(minutes=minutes))
QUERIES = st.builds(
    HistoryQuery,
    st.lists(filters(), max_size=2).map(tuple),
    st.lists(st.builds(Word, st.sampled_from(WORDS), st.booleans()), max_size=2).map(tuple),
    MOMENTS,
    MOMENTS,
    st.builds(Order, st.sampled_from(Column), st.booleans()),
)


@pytest.mark.parametrize("limits", [(20_000, 20_000, 5, 1024, 4), (0, 0, 1, 8, 2), (5, 5, 2, 32, 1)])
def test_a_query_finds_what_a_loop_over_all_attempts_finds(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int, int, int, int]
) -> None:
    few, at_once, dense, part, step = limits
    monkeypatch.setattr(index_query, "FEW", few)
    monkeypatch.setattr(index_order, "_AT_ONCE", at_once)
    monkeypatch.setattr(index_order, "_DENSE", dense)
    monkeypatch.setattr(index_order, "_STEPS", (step, step))
    monkeypatch.setattr(index_mask, "_MANY", step)
    for module in (index_parts, index_mask, index_order):
        monkeypatch.setattr(module, "PART", part)
    past = Past(Path(copy(path, tmp_path)))
    made = {None: [*attempts(60, "shop"), *attempts(60, "other")], "shop": list(attempts(60, "shop"))}

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(QUERIES, st.sampled_from([None, "shop"]))
    def check(query: HistoryQuery, account: str | None) -> None:
        note(repr((query, account)))
        expected = plainly(made[account], query)
        window = past.window(query, account)
        assert [row.attempt_id for row in window.rows(0, 7)] == expected[:7]
        assert [row.attempt_id for row in window.rows(40, 10)] == expected[40:50]
        for place, row in enumerate(window.rows(0, 3)):
            assert past.window(query, account).position(row) == place
        window.settle()
        assert window.total == len(expected)
        assert [row.attempt_id for row in window.rows(0, 200)] == expected
        assert [one.attempt_id for one in past.attempts(query, account)] == expected
        found = [one for one in made[account] if passes(one, query)]
        assert past.counts(query, account) == Counter(one.outcome for one in found)
        figures = past.statistics(query, account, 20)
        assert figures.counts == Counter(one.outcome for one in found)
        assert dict(figures.codes) == Counter(KEYS_OF[Column.CODE](one) for one in found)
        took = sorted(one.elapsed_ms for one in found if one.elapsed_ms is not None)
        assert figures.p95_ms == (took[-(-len(took) * 95 // 100) - 1] if took else None)
        assert {one.event_id: (one.attempts, one.rejected) for one in figures.events} == {
            event_id: (
                sum(one.request.event_id == event_id for one in found),
                sum(
                    one.request.event_id == event_id and one.outcome in ("rejected", "partial")
                    for one in found
                ),
            )
            for event_id in {one.request.event_id for one in found}
        }
        for bucket in figures.buckets:
            end = bucket.start + timedelta(seconds=figures.bucket_s)
            inside = Counter(one.outcome for one in found if bucket.start <= one.started_at < end)
            assert bucket.counts == inside

    check()
    past.close()


def word(text: str) -> HistoryQuery:
    return HistoryQuery(words=(Word(text),))


def ids(past: Past, query: HistoryQuery) -> list[str]:
    return [row.attempt_id for row in past.window(query, None).rows(0, 100)]


def begun(history: History, number: int, value: str, parent: str | None = None) -> str:
    attempt_id = f"{number:08}-0000-4000-8000-000000000000"
    request = TriggerRequest("100", "3", value, None, attempt_id)
    history.begin(
        Attempt(attempt_id, "shop", "shop", request, "purchase", START, None, parent_id=parent),
        trigger_body(request),
    )
    return attempt_id


LOST = NoReply("reset", "maybe", "It broke.")
REJECTED = HistoryQuery(filters=(Filter(QueryField.OUTCOME, (Value("rejected"),)),))


def test_an_account_has_none_of_the_attempts_of_another_also_where_that_one_alone_has_some(
    history: History,
) -> None:
    past = Past(history.path)
    list(add_finished(history.path, attempts(20, "other"), "made up"))
    for query in (HistoryQuery(), word("example"), REJECTED, HistoryQuery(order=Order(Column.CONTACT))):
        assert len(past.window(query, "other").rows(0, 5)) == 5
        assert list(past.window(query, "shop").rows(0, 5)) == list(past.attempts(query, "shop")) == []
        assert past.counts(query, "shop") == {}
        assert past.statistics(query, "shop", 20).total == 0
    past.close()


def settled_as(word: str, *, negated: bool = False) -> Filter:
    return Filter(QueryField.SETTLED, (Value(word),), negated)


def found_by_settlement(past: Past) -> list[list[str]]:
    return [ids(past, HistoryQuery(filters=(settled_as(word),))) for word in VALUES[QueryField.SETTLED]]


def test_the_index_follows_what_becomes_of_an_attempt(home: Path, history: History) -> None:
    past = Past(history.path)
    one, two = begun(history, 1, "thor@example.com"), begun(history, 2, "sif@example.com")
    assert ids(past, word("example")) == [two, one]
    history.finish(one, Reply(400, 2008, "Never heard of", body=b"{}"), 5.0, None)
    assert ids(past, REJECTED) == ids(past, word("never heard")) == [one]
    history.finish(two, LOST, 1.0, None)
    history.note(two, "Asked Odin")
    assert ids(past, word("odin")) == [two]
    history.note(two, None)
    assert ids(past, word("odin")) == []
    assert found_by_settlement(past) == [[two], [], []]
    history.settle(two, Settlement(True, "seen in Walhalla", START))
    assert ids(past, word("walhalla")) == [two]
    assert found_by_settlement(past) == [[], [two], []]
    history.settle(two, Settlement(False, "", START))
    assert found_by_settlement(past) == [[], [], [two]]
    assert ids(past, HistoryQuery(filters=(settled_as("no", negated=True),))) == [two, one]
    assert past.behind() == 0
    past.close()


def settle_all(history: History, attempt_ids: Sequence[str], chance: random.Random) -> None:
    for attempt_id in attempt_ids:
        history.settle(attempt_id, Settlement(chance.random() < 0.5, "", START))


def test_an_index_that_followed_all_that_happened_equals_one_made_anew(history: History, home: Path) -> None:
    past = Past(history.path)
    list(add_finished(history.path, attempts(40), "made up"))
    chance = random.Random(7)  # noqa: S311 - a repeatable past
    under_way: list[str] = []
    for number in range(120):
        under_way.append(begun(history, number, chance.choice(PEOPLE)))
        if chance.random() < 0.8:
            history.finish(under_way.pop(chance.randrange(len(under_way))), chance.choice(ANSWERS), 1.5, None)
        if number == 60:
            remove_owned(history.path, "shop", "made up")
        if number == 90:
            past.close()
            while under_way:
                history.finish(under_way.pop(), LOST, 2.5, None)
            forget_in_history(history.path, "shop", person("3", "thor@example.com", []))
            past = Past(history.path)
        if number in (45, 90):
            settle_all(history, found_by_settlement(past)[0], chance)
        if chance.random() < 0.5:
            assert past.behind() > 0
            past.catch_up()
    followed = answers(past)
    past.close()
    index_path(history.path).unlink()
    past = Past(history.path)
    assert answers(past) == followed
    past.close()


def answers(past: Past) -> list[object]:
    filters = [Filter(QueryField.PREVIOUS, (Value(outcome.value),)) for outcome in Outcome]
    filters += map(settled_as, VALUES[QueryField.SETTLED])
    queries = [HistoryQuery(), word("thor"), *(HistoryQuery(filters=(one,)) for one in filters)]
    return [
        (ids(past, query), past.counts(query, None), past.statistics(query, None, 9)) for query in queries
    ]


def test_what_was_deleted_is_not_found_and_its_number_may_be_another_attempts(history: History) -> None:
    past = Past(history.path)
    list(add_finished(history.path, attempts(5), "made up"))
    assert len(ids(past, HistoryQuery(order=Order(Column.CODE)))) == 5
    remove_owned(history.path, "shop", "made up")
    new = begun(history, 9, "hel@example.com")
    assert ids(past, HistoryQuery(order=Order(Column.CODE))) == [new]
    assert ids(past, word("hel")) == [new]
    past.close()


def test_a_forgotten_person_is_in_no_byte_of_the_index(history: History, home: Path) -> None:
    past = Past(history.path)
    for number in range(3):
        one = begun(history, number, "thor@example.com")
        history.finish(
            one, Reply(400, 2008, "No: 3 - thor@example.com", body=b'{"a": "thor@example.com"}'), 1.0, None
        )
    other = begun(history, 8, "sif@example.com")
    history.finish(other, Reply(200, 0, "OK"), 1.0, None)
    assert len(ids(past, word("thor"))) == 3
    assert b"thor@example.com" in index_path(history.path).with_suffix(".db-wal").read_bytes()
    past.close()
    forget_in_history(history.path, "shop", person("3", "thor@example.com", []))
    held = b"".join(file.read_bytes() for file in home.iterdir() if file.is_file())
    assert b"thor" not in held
    past = Past(history.path)
    assert ids(past, word("thor")) == []
    assert ids(past, word("sif")) == [other]
    past.close()


def test_what_retention_lets_go_leaves_the_index_too(history: History) -> None:
    past = Past(history.path)
    for number in range(4):
        history.finish(begun(history, number, f"p{number}@example.com"), Reply(200, 0, "OK"), 1.0, None)
    assert len(ids(past, word("example"))) == 4
    past.close()
    let_go(history.path, Retention("shop", rows=2), START)
    assert b"p1@example.com" not in index_path(history.path).read_bytes()


def test_an_index_that_is_damaged_or_of_another_history_is_made_anew(history: History, home: Path) -> None:
    one = begun(history, 1, "thor@example.com")
    past = Past(history.path)
    assert ids(past, word("thor")) == [one]
    past.close()
    index_path(history.path).write_bytes(b"no database at all, but long enough to be taken for one" * 99)
    past = Past(history.path)
    assert ids(past, word("thor")) == [one]
    past.close()
    history.close()
    history.path.unlink()
    another = History(history.path)
    two = begun(another, 2, "sif@example.com")
    past = Past(history.path)
    assert ids(past, word("thor")) == []
    assert ids(past, word("sif")) == [two]
    past.close()
    another.close()


def test_where_no_index_can_be_kept_queries_are_answered_all_the_same(history: History) -> None:
    one = begun(history, 1, "thor@example.com")
    index_path(history.path).mkdir()
    past = Past(history.path)
    assert ids(past, word("thor")) == [one]
    past.close()


def test_asking_again_writes_nothing(history: History) -> None:
    begun(history, 1, "thor@example.com")
    past, watching = Past(history.path), sqlite3.connect(index_path(history.path))
    ids(past, word("thor"))
    versions = [watching.execute("PRAGMA data_version").fetchone() for _ in range(2)]
    ids(past, HistoryQuery(order=Order(Column.TOOK)))
    past.counts(word("thor"), None)
    versions.append(watching.execute("PRAGMA data_version").fetchone())
    assert len(set(versions)) == 1
    watching.close()
    past.close()


def test_only_who_writes_much_takes_memory_for_it(history: History) -> None:
    def kilobytes(index: AttemptIndex) -> int:
        index.catch_up()
        return -int(index.connection.execute("PRAGMA cache_size").fetchone()[0])

    begun(history, 0, "thor@example.com")
    with closing(AttemptIndex(history.path)) as made, closing(AttemptIndex(history.path)) as read:
        assert kilobytes(made) > 30_000
        begun(history, 1, "sif@example.com")
        assert kilobytes(read) < 3000


def test_what_takes_long_can_be_stopped(path: Path) -> None:
    stop = Event()
    stop.set()
    past = Past(path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.store.index.attempt_index._STEPS_BETWEEN_LOOKS", 1)
        with pytest.raises(StoppedError):
            past.counts(HistoryQuery(), None, stop)
    past.close()


def test_while_somebody_types_rows_are_there_once_they_were_found_in_a_thread(path: Path) -> None:
    query = word("example")
    with closing(Past(path)) as past:
        found = list(past.window(query, None).rows(0, 1000))
        stop = Event()
        later = past.window(query, None, stop)
        assert (later.rows(0, 1000), later.total) == ([], None)
        later.prepare(found[-1])
        assert [later.position(row) for row in (found[0], found[-1])] == [0, len(found) - 1]
        assert list(later.rows(0, 10)) == found[:10]
        stop.set()
        with pytest.raises(StoppedError):
            past.window(query, None, stop).prepare()


def test_the_chain_of_what_was_sent_again_is_whole_from_any_of_it(history: History) -> None:
    first = begun(history, 1, "a@example.com")
    second = begun(history, 2, "a@example.com", first)
    third = begun(history, 3, "a@example.com", second)
    beside = begun(history, 4, "a@example.com", first)
    begun(history, 5, "a@example.com")
    past = Past(history.path)
    for one in (first, second, third, beside):
        assert [row.attempt_id for row in past.chain(one)] == [first, second, third, beside]
    past.close()


def test_an_attempt_is_found_by_its_reference_and_by_its_id(history: History) -> None:
    one = begun(history, 1, "a@example.com")
    begun(history, 20_000_000, "a@example.com")
    past = Past(history.path)
    reference = short_id(one)
    for said in (one, reference, reference.lower(), reference.replace("-", "")):
        assert ids(past, word(said)) == [one]
    assert ids(past, HistoryQuery(words=(Word("purchase"), Word(reference)))) == [one]
    assert ids(past, word(f"{reference[:-1]}0" if reference[-1] != "0" else f"{reference[:-1]}1")) == []
    past.close()
