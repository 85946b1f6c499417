"""What a query finds is what a plain loop over the attempts finds: filtered, sorted, counted, in every way it is found."""

import random
import re
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

from app.domain.history_query import Filter, HistoryQuery, Order, QueryField, Range, SortColumn, Value, Word
from app.domain.model import (
    Answer,
    Attempt,
    JsonObject,
    KeptContact,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    TriggerRequest,
    outcome_of,
)
from app.domain.text import short_id
from app.domain.wire import reply_body, trigger_body
from app.store.attempt_rows import AttemptRow
from app.store.attempts import History
from app.store.bulk_attempts import add_finished, remove_owned
from app.store.database import StoppedError
from app.store.erasure import FORGOTTEN, Retention, forget_in_history, let_go, person
from app.store.history_file import opened
from app.store.history_search import Found
from app.store.row_ids import RowIds

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
EVENTS = (
    ("100", "purchase_confirmation"),
    ("99", "Abandoned"),
    ("7", None),
    ("x-7", "[/] odd"),
    ("100", "renamed"),
)
KEYS = ("3", "id", "10142", "03")
PEOPLE = (
    "thor@example.com",
    "THOR@Example.com",
    "sif@example.com",
    "",
    "a*b?[c]",
    "007",
    "=1+1",
    "Bär@example.com",
    "BÄR@example.com",
)
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

CONTACTS = (
    None,
    KeptContact("11", "Thor Odinson", ("thor@example.com", "u-11")),
    KeptContact("12", "Jörð", ("Bär@example.com",)),
)
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
            contact=chance.choice(CONTACTS),
            run_id=chance.choice((None, None, "run-1", "run-2")),
        )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "history.db"
    for account in ("shop", "other"):
        list(add_finished(path, attempts(60, account), "made up"))
    return path


def folded(text: str) -> str:
    return re.sub("[A-Z]", lambda found: found[0].lower(), text)


def keys_of(attempt: Attempt) -> tuple[str, ...]:
    contact = attempt.contact
    return () if contact is None else (contact.id, contact.name, *contact.keys)


def said(attempt: Attempt) -> str:
    texts = [
        attempt.request.event_id,
        attempt.event_name or "",
        attempt.request.external_id,
        attempt.note or "",
        attempt.settlement.note if attempt.settlement else "",
        *keys_of(attempt),
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
    QueryField.PERSON: lambda one: (one.request.external_id,) if is_by_own_key(one) else (),
    QueryField.NOTE: lambda one: (one.note,),
    QueryField.TOOK: lambda one: ("none" if one.elapsed_ms is None else str(one.elapsed_ms),),
    QueryField.PROFILE: lambda one: (one.profile,),
    QueryField.PREVIOUS: lambda one: (outcome_before(one),),
    QueryField.SETTLED: lambda one: (settled(one),),
    QueryField.RUN: lambda one: (one.run_id,),
}


def is_by_own_key(one: Attempt) -> bool:
    """Whether the external id may name a person: no contact is known, and it is no number of another field."""
    request = one.request
    return one.contact is None and (
        request.key_id in ("3", "id", "uid") or re.search("[^0-9]", request.external_id) is not None
    )


def is_meant(value: Value | Range, text: str | None) -> bool:
    if text is None:
        return False
    if isinstance(value, Range):
        low, high = value.low or 0, 10**9 if value.high is None else value.high
        return text != "none" and low <= float(text) <= high
    parts = (
        map(re.escape, folded(value.text).split("*")) if value.pattern else [re.escape(folded(value.text))]
    )
    return re.fullmatch(".*".join(parts), folded(text), re.DOTALL) is not None


def is_contact(value: Value | Range, attempt: Attempt) -> bool:
    if isinstance(value, Range) or attempt.contact is None:
        return False
    texts = (attempt.contact.name,) if value.pattern else keys_of(attempt)
    return any(is_meant(value, text) for text in texts)


def passes(attempt: Attempt, query: HistoryQuery) -> bool:
    for one in query.filters:
        found = any(is_meant(value, text) for value in one.values for text in VALUES_OF[one.field](attempt))
        if one.field is QueryField.NOTE:
            found = found or (attempt.note is None and Value("none") in one.values)
        if one.field in (QueryField.CONTACT, QueryField.PERSON):
            found = found or any(is_contact(value, attempt) for value in one.values)
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


KEYS_OF: dict[SortColumn, Callable[[Attempt], Any]] = {
    SortColumn.TIME: lambda _: 0,
    SortColumn.OUTCOME: lambda one: list(Outcome).index(one.outcome),
    SortColumn.EVENT: lambda one: (in_order(one.request.event_id), one.event_name or ""),
    SortColumn.KEY: lambda one: in_order(one.request.key_id),
    SortColumn.CONTACT: lambda one: folded(one.request.external_id),
    SortColumn.STATUS: lambda one: getattr(one.answer, "http_status", None),
    SortColumn.CODE: lambda one: getattr(one.answer, "reply_code", None),
    SortColumn.TEXT: reply_text,
    SortColumn.TOOK: lambda one: one.elapsed_ms,
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
    QueryField.CONTACT: ["thor@example.com", "Thor*", "*@EXAMPLE.com", "", "*", "a*b?[c]", "*[c]", "bÄR@example.com", "b*", "_*", "007"],
    QueryField.PERSON: ["thor@example.com", "u-11", "11", "THOR odinson", "*odin*", "jÖRð", "J*", "1", ""],
    QueryField.NOTE: ["none", "*odin*", "*", "*asked*", "*zz*"],
    QueryField.TOOK: ["none"],
    QueryField.PROFILE: ["shop", "other", "s*"],
    QueryField.PREVIOUS: [one.value for one in Outcome],
    QueryField.SETTLED: ["no", "arrived", "did-not"],
    QueryField.RUN: ["run-1", "RUN-2", "run-*", "2"],
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


RANGES = (Range(400, 499), Range(2000, 3000), Range(50, None), Range(None, 200), Range(None, 99.9))


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    field = draw(st.sampled_from(QueryField))
    texts = draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, max_size=3))
    may_be_pattern = field in (
        QueryField.EVENT, QueryField.KEY, QueryField.CONTACT, QueryField.PERSON, QueryField.PROFILE, QueryField.RUN,
    )  # fmt: skip
    values: list[Value | Range] = [
        Value(text, field is QueryField.NOTE or (may_be_pattern and "*" in text and draw(st.booleans())))
        if text != "none"
        else Value(text)
        for text in texts
    ]
    if field in (QueryField.CODE, QueryField.STATUS, QueryField.TOOK):
        values += draw(st.lists(st.sampled_from(RANGES), max_size=2))
    return Filter(field, tuple(values), draw(st.booleans()))


MOMENTS = st.none() | st.integers(-5, 65).map(lambda minutes: START + timedelta(minutes=minutes))
QUERIES = st.builds(
    HistoryQuery,
    st.lists(filters(), max_size=2).map(tuple),
    st.lists(st.builds(Word, st.sampled_from(WORDS), st.booleans()), max_size=2).map(tuple),
    MOMENTS,
    MOMENTS,
    st.builds(Order, st.sampled_from(SortColumn), st.booleans()),
)


def listed(history: History, query: HistoryQuery, account: str | None) -> RowIds[AttemptRow]:
    rows = history.search.rows(query, account)
    rows.read_all()
    return rows


@pytest.mark.parametrize("examples", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_query_finds_what_a_loop_over_all_attempts_finds(path: Path, tmp_path: Path, examples: int) -> None:
    history = History(Path(copy(path, tmp_path)))
    search = history.search
    made = {None: [*attempts(60, "shop"), *attempts(60, "other")], "shop": list(attempts(60, "shop"))}
    numbers = {number: one.attempt_id for number, one in enumerate(made[None], start=1)}

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(QUERIES, st.sampled_from([None, "shop"]))
    def check(query: HistoryQuery, account: str | None) -> None:
        note(repr((query, account)))
        expected = plainly(made[account], query)
        rows = listed(history, query, account)
        assert rows.total == len(expected)
        assert [row.attempt_id for row in rows.rows(0, 200)] == expected
        assert [row.attempt_id for row in rows.rows(40, 10)] == expected[40:50]
        assert [rows.position(row) for row in rows.rows(0, 3)] == [0, 1, 2][: len(expected)]
        for glance in (12, 100):
            first = Found(query, account, 120, glance).ids(connection, 5)
            assert [numbers[row[0]] for row in first] == expected[:5]
        counted = search.rows(query, account)
        counted.count()
        assert counted.total == len(expected)
        assert [one.attempt_id for one in search.attempts(query, account)] == expected
        found = [one for one in made[account] if passes(one, query)]
        assert search.counts(query, account) == Counter(one.outcome for one in found)
        figures = search.statistics(query, account, 20)
        assert figures.counts == Counter(one.outcome for one in found)
        codes = Counter()
        for one in figures.codes:
            codes[one.code] += one.attempts
        assert codes == Counter(KEYS_OF[SortColumn.CODE](one) for one in found)
        took = sorted(one.elapsed_ms for one in found if one.elapsed_ms is not None)
        assert figures.durations["p95"] == (took[-(-len(took) * 95 // 100) - 1] if took else None)
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

    with opened(history.path) as connection:
        check()
    history.close()


def word(text: str) -> HistoryQuery:
    return HistoryQuery(words=(Word(text),))


def ids(history: History, query: HistoryQuery) -> list[str]:
    return [row.attempt_id for row in listed(history, query, None).rows(0, 100)]


def begun(
    history: History, number: int, value: str, parent: str | None = None, trigger_id: str | None = None
) -> str:
    attempt_id = f"{number:08}-0000-4000-8000-000000000000"
    request = TriggerRequest("100", "3", value, None, trigger_id or attempt_id)
    history.begin(
        Attempt(attempt_id, "shop", "shop", request, "purchase", START, None, parent_id=parent),
        trigger_body(request),
    )
    return attempt_id


LOST = NoReply("reset", "maybe", "It broke.")
REJECTED = HistoryQuery(filters=(Filter(QueryField.OUTCOME, (Value("rejected"),)),))


def test_an_account_has_none_of_the_attempts_of_another(history: History) -> None:
    list(add_finished(history.path, attempts(20, "other"), "made up"))
    for query in (HistoryQuery(), word("example"), REJECTED, HistoryQuery(order=Order(SortColumn.CONTACT))):
        assert len(listed(history, query, "other").rows(0, 5)) == 5
        assert listed(history, query, "shop").total == 0
        assert list(history.search.attempts(query, "shop")) == []
        assert history.search.counts(query, "shop") == {}
        assert history.search.statistics(query, "shop", 20).total == 0


def settled_as(word: str, *, negated: bool = False) -> Filter:
    return Filter(QueryField.SETTLED, (Value(word),), negated)


def found_by_settlement(history: History) -> list[list[str]]:
    return [ids(history, HistoryQuery(filters=(settled_as(word),))) for word in VALUES[QueryField.SETTLED]]


def test_the_search_follows_what_becomes_of_an_attempt(history: History) -> None:
    one, two = begun(history, 1, "thor@example.com"), begun(history, 2, "sif@example.com")
    assert ids(history, HistoryQuery()) == [two, one]
    history.finish(one, Reply(400, 2008, "Never heard of", body=b"{}"), 5.0, None)
    assert ids(history, REJECTED) == ids(history, word("never heard")) == ids(history, word("thor")) == [one]
    history.finish(two, LOST, 1.0, None)
    assert ids(history, word("example")) == [two, one]
    history.note(two, "Asked Odin")
    assert ids(history, word("odin")) == [two]
    history.note(two, None)
    assert ids(history, word("odin")) == []
    assert found_by_settlement(history) == [[two], [], []]
    history.resolve(two, Settlement(True, "seen in Walhalla", START))
    assert ids(history, word("walhalla")) == [two]
    assert found_by_settlement(history) == [[], [two], []]
    history.resolve(two, Settlement(False, "", START))
    assert ids(history, word("walhalla")) == []
    assert found_by_settlement(history) == [[], [], [two]]
    assert ids(history, HistoryQuery(filters=(settled_as("no", negated=True),))) == [two, one]


def test_a_note_to_an_attempt_under_way_is_found_once_that_is_finished(history: History) -> None:
    one = begun(history, 1, "thor@example.com")
    history.note(one, "Asked Odin")
    history.finish(one, LOST, 1.0, None)
    assert ids(history, word("odin")) == [one]


def test_the_outcome_before_follows_all_that_happens(history: History) -> None:
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
            while under_way:
                history.finish(under_way.pop(), LOST, 2.5, None)
            forget_in_history(history.path, "shop", person("3", "thor@example.com", []))
        if number == 110:
            let_go(history.path, Retention("shop", rows=70), START)
        if number % 7 == 0:
            assert found_by_previous(history) == outcomes_before(history)
    assert found_by_previous(history) == outcomes_before(history)


def found_by_previous(history: History) -> dict[str, set[str]]:
    queries = {
        one.value: HistoryQuery(filters=(Filter(QueryField.PREVIOUS, (Value(one.value),)),))
        for one in Outcome
    }
    return {value: set(ids(history, query)) for value, query in queries.items()}


def outcomes_before(history: History) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {one.value: set() for one in Outcome}
    last: dict[tuple[str, str], Outcome] = {}
    for one in reversed(list(history.attempts("shop", 0))):
        key = one.request.key_id, one.request.external_id
        if key[0] == "3":
            key = key[0], folded(key[1])
        if key in last:
            found[last[key].value].add(one.attempt_id)
        if one.request.external_id != FORGOTTEN:
            last[key] = one.outcome
    return found


def test_what_was_deleted_is_not_found_and_its_row_may_be_another_attempts(history: History) -> None:
    list(add_finished(history.path, attempts(5), "made up"))
    assert len(ids(history, HistoryQuery(order=Order(SortColumn.CODE)))) == 5
    assert ids(history, word("example")) != []
    remove_owned(history.path, "shop", "made up")
    new = begun(history, 9, "hel@example.com")
    history.finish(new, LOST, 1.0, None)
    assert ids(history, HistoryQuery(order=Order(SortColumn.CODE))) == [new]
    assert ids(history, word("example")) == [new]


def test_a_forgotten_person_is_in_no_byte_of_the_home(history: History, home: Path) -> None:
    for number in range(3):
        one = begun(history, number, "thor@example.com")
        history.finish(
            one, Reply(400, 2008, "No: 3 - thor@example.com", body=b'{"a": "thor@example.com"}'), 1.0, None
        )
    other = begun(history, 8, "sif@example.com")
    history.finish(other, Reply(200, 0, "OK"), 1.0, None)
    assert len(ids(history, word("thor"))) == 3
    forget_in_history(history.path, "shop", person("3", "thor@example.com", []))
    held = b"".join(file.read_bytes() for file in home.iterdir() if file.is_file())
    assert b"thor" not in held
    assert b"sif" in held
    assert ids(history, word("thor")) == []
    assert ids(history, word("sif")) == [other]


def test_what_retention_lets_go_is_no_longer_found_by_its_words(history: History) -> None:
    for number in range(4):
        history.finish(begun(history, number, f"p{number}@example.com"), Reply(200, 0, "OK"), 1.0, None)
    assert len(ids(history, word("example"))) == 4
    let_go(history.path, Retention("shop", rows=2), START)
    assert len(ids(history, word("example"))) == 2
    history.close()
    assert b"p1@example.com" not in history.path.read_bytes()


def test_what_takes_long_can_be_stopped(path: Path) -> None:
    stop = Event()
    stop.set()
    with closing(History(path)) as history:
        search, everything = history.search, HistoryQuery()
        for asked in (
            lambda: search.counts(everything, None, stop),
            lambda: search.statistics(everything, None, 20, stop),
            lambda: next(search.attempts(everything, None, stop)),
            lambda: search.rows(everything, None, stop).read_first(),
            lambda: search.rows(everything, None, stop).count(),
            lambda: search.rows(everything, None, stop).read_all(),
        ):
            with pytest.raises(StoppedError):
                asked()


def test_a_search_that_is_running_ends_when_it_is_stopped(history: History) -> None:
    list(add_finished(history.path, attempts(1_000), "made up"))
    stop = Event()
    found = history.search.attempts(HistoryQuery(), "shop", stop)
    next(found)
    stop.set()
    with pytest.raises(StoppedError):
        list(found)


def test_a_row_that_arrives_later_belongs_to_the_next_search(history: History) -> None:
    one = begun(history, 1, "a@example.com")
    rows = history.search.rows(HistoryQuery(), "shop")
    begun(history, 2, "a@example.com")
    rows.count()
    assert rows.total == 1
    assert [row.attempt_id for row in rows.rows(0, 5)] == [one]


def test_the_chain_of_what_was_sent_again_is_whole_from_any_of_it(history: History) -> None:
    first = begun(history, 1, "a@example.com")
    second = begun(history, 2, "a@example.com", first)
    third = begun(history, 3, "a@example.com", second)
    beside = begun(history, 4, "a@example.com", first)
    begun(history, 5, "a@example.com")
    for one in (first, second, third, beside):
        chain = history.search.chain(one)
        assert [row.attempt_id for row in chain] == [first, second, third, beside]


def test_an_attempt_is_found_by_its_reference_and_by_its_id(history: History) -> None:
    one = begun(history, 1, "a@example.com")
    history.finish(one, LOST, 1.0, None)
    begun(history, 20_000_000, "a@example.com")
    reference = short_id(one)
    for said in (one, reference, reference.lower(), reference.replace("-", "")):
        assert ids(history, word(said)) == [one]
    assert ids(history, HistoryQuery(words=(Word("purchase"), Word(reference)))) == [one]
    assert ids(history, word(f"{reference[:-1]}0" if reference[-1] != "0" else f"{reference[:-1]}1")) == []


@pytest.mark.parametrize(
    ("trigger_id", "typed"),
    [
        ("41ed1471-bd2d-5bff-b85f-f5bccc27c4f7", "41ed1471-bd2d-5bff-b85f-f5bccc27c4f7"),
        ("41ed1471-bd2d-5bff-b85f-f5bccc27c4f7", "41ED1471-bd"),
        ("order-4711-Thor", "order-4711-thor"),
        ("order-4711-Thor", "4711"),
    ],
)
def test_an_attempt_is_found_by_the_beginning_of_its_trigger_id(
    history: History, trigger_id: str, typed: str
) -> None:
    one = begun(history, 1, "a@example.com", trigger_id=trigger_id)
    history.finish(one, LOST, 1.0, None)
    assert ids(history, word(typed)) == [one]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("Weiß", "weiss"), ("Søren Ærø", "soeren aeroe"), ("Müller", "mueller"), ("Müller", "MULLER"), ("Παπαδόγιαννης", "παπαδογ"),
        ("+44 7700 900511", "07700900511"), ("C-10006", "c10006"), ("AV2 1HT", "av21"), ("Đorđević", "dorde"),
    ],
)  # fmt: skip
def test_words_are_found_as_people_type_them(history: History, value: str, typed: str) -> None:
    one = begun(history, 1, value)
    history.finish(one, LOST, 1.0, None)
    assert ids(history, word(typed)) == [one]
    assert ids(history, HistoryQuery(words=(Word(typed, True),))) == []
