"""Runs queries on the history.

A new filter is a row of `domain.history_query.QueryField`, of COLUMNS here, and of the help page `queries`.
"""

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event

from app.domain.history_query import (
    NO_VALUE,
    AttemptStatistics,
    Bucket,
    CodeCount,
    EventShare,
    Filter,
    HistoryQuery,
    QueryField,
    Range,
    SortColumn,
    Value,
    Word,
    bucket_seconds,
)
from app.domain.identifiers import fold
from app.domain.model import Attempt, Outcome
from app.domain.text import id_prefixes
from app.store.attempt_rows import NARROW, WHOLE, AttemptRow, beginning, narrow_row, phrase, whole_attempt
from app.store.history_file import HistoryFile, opened
from app.store.row_ids import ALL_ROWS, RowIds
from app.store.text import Stored, microseconds, moment, numeric_order, restored, restored_or_none, stored

Bound = str | bytes | int | float | None

Condition = tuple[str, Sequence[Bound]]
"""An SQL condition and the values that it binds."""

_LOWEST, _HIGHEST = -math.inf, math.inf
_OUTCOMES = tuple(Outcome)
_REJECTED = (Outcome.REJECTED, Outcome.PARTIAL)
_ID_LENGTH = 36
_PAGE = 50
_LONGEST_CHAIN = 1000


@dataclass(frozen=True, slots=True)
class _Field:
    """The columns with the value of a filter, in the form that `bound` returns.

    `pattern` is the condition for a value with stars, and `only` one that must hold as well. With `by_contact` attempts
    match too if the contact that they found has this key or name.
    """

    columns: tuple[str, ...]
    bound: Callable[[str], Bound] = stored
    collation: str = "NOCASE"
    pattern: str = "{column} LIKE ? ESCAPE '\\'"
    only: str = ""
    by_contact: bool = False


def _number(text: str) -> Bound:
    return None if text == NO_VALUE else int(text)


def _text_or_none(text: str) -> Bound:
    return None if text == NO_VALUE else stored(text)


def _outcome(text: str) -> Bound:
    return _OUTCOMES.index(Outcome(text))


# Few attempts have a note, and an index has them all.
_NOTE_LIKE = (
    "number IN (SELECT number FROM attempts WHERE {column} IS NOT NULL AND {column} LIKE ? ESCAPE '\\')"
)
# Of attempts whose contact is known its keys decide; a number may be anybody's value of another field.
_BY_OWN_KEY = "contact_id IS NULL AND (key_id IN ('3', 'id', 'uid') OR external_id GLOB '*[^0-9]*')"

COLUMNS: Mapping[QueryField, _Field] = {
    QueryField.OUTCOME: _Field(("outcome_order",), _outcome, "BINARY"),
    QueryField.CODE: _Field(("reply_code",), _number, "BINARY"),
    QueryField.STATUS: _Field(("http_status",), _number, "BINARY"),
    QueryField.EVENT: _Field(("+event_id", "+event_name")),
    QueryField.KEY: _Field(("key_id",)),
    QueryField.CONTACT: _Field(("external_id",), by_contact=True),
    QueryField.PERSON: _Field(("external_id",), only=_BY_OWN_KEY, by_contact=True),
    QueryField.NOTE: _Field(("note",), _text_or_none, pattern=_NOTE_LIKE),
    QueryField.TOOK: _Field(("elapsed_ms",), _number, "BINARY"),
    QueryField.PROFILE: _Field(("profile",)),
    QueryField.PREVIOUS: _Field(("previous",)),
    QueryField.SETTLED: _Field(("settled",)),
    QueryField.RUN: _Field(("run_id",)),
}
SORTED_BY: Mapping[SortColumn, tuple[str, ...]] = {
    SortColumn.TIME: (),
    SortColumn.OUTCOME: ("outcome_order",),
    SortColumn.EVENT: ("event_order", "event_name"),
    SortColumn.KEY: ("key_order",),
    SortColumn.CONTACT: ("external_id COLLATE NOCASE",),
    SortColumn.STATUS: ("http_status",),
    SortColumn.CODE: ("reply_code",),
    SortColumn.TEXT: ("reply_text COLLATE NOCASE",),
    SortColumn.TOOK: ("elapsed_ms",),
}
_CHAIN = """
WITH RECURSIVE chain (id) AS (
    VALUES (?1)
    UNION SELECT parent_id FROM attempts JOIN chain ON attempt_id = chain.id WHERE parent_id IS NOT NULL
    UNION SELECT attempt_id FROM attempts JOIN chain ON parent_id = chain.id
    LIMIT ?2
)
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts of a SELECT: its tables, its conditions and their values, and the column of the row number."""

    source: str
    where: str
    values: Sequence[Bound]
    number: str


class Found:
    """The attempts on one account (None: on all) that match a query, up to row `newest`, as a Listing."""

    similar = False

    def __init__(self, query: HistoryQuery, account: str | None, newest: int) -> None:
        self._selection = selection(query, account, newest)
        self._order = _ordered_by(query, self._selection.number)

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        chosen = self._selection
        sql = f"SELECT number FROM {chosen.source} WHERE {chosen.where} ORDER BY {self._order} LIMIT ?"
        return connection.execute(sql, (*chosen.values, limit))

    def count(self, connection: sqlite3.Connection) -> int:
        chosen = self._selection
        sql = f"SELECT count(*) FROM {chosen.source} WHERE {chosen.where}"
        found: int = connection.execute(sql, chosen.values).fetchone()[0]
        return found

    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[AttemptRow]:
        sql = f"SELECT {NARROW} FROM attempts WHERE number IN ({_listed(ids)})"
        rows = {row["number"]: narrow_row(row) for row in connection.execute(sql)}
        return [rows[number] for number in ids if number in rows]

    def id_of(self, connection: sqlite3.Connection, row: AttemptRow) -> int | None:
        sql = "SELECT number FROM attempts WHERE attempt_id = ?"
        found = connection.execute(sql, (stored(row.attempt_id),)).fetchone()
        return None if found is None else found[0]


class HistorySearch:
    """Searches the history. Raises StoreError; methods with a `stop` raise StoppedError once it is set."""

    def __init__(self, file: HistoryFile) -> None:
        self._file = file
        self._path: Path = file.path

    def rows(self, query: HistoryQuery, account: str | None, stop: Event | None = None) -> RowIds[AttemptRow]:
        """The attempts that match a query now, as rows of a table."""
        newest = self._file.one("SELECT max(number) FROM attempts")
        found = Found(query, account, 0 if newest is None or newest[0] is None else newest[0])
        return RowIds(found, self._file.guarded, lambda: opened(self._path, stop))

    def attempts(
        self, query: HistoryQuery, account: str | None, stop: Event | None = None
    ) -> Iterator[Attempt]:
        """The attempts that match a query now, read page by page; for any thread."""
        with opened(self._path, stop) as connection:
            newest = connection.execute("SELECT coalesce(max(number), 0) FROM attempts").fetchone()[0]
            ids = (row[0] for row in Found(query, account, newest).ids(connection, ALL_ROWS))
            while page := list(islice(ids, _PAGE)):
                sql = f"SELECT {WHOLE} WHERE number IN ({_listed(page)})"
                whole = {row["number"]: whole_attempt(row) for row in connection.execute(sql)}
                yield from (whole[number] for number in page if number in whole)

    def counts(
        self, query: HistoryQuery, account: str | None, stop: Event | None = None
    ) -> Mapping[Outcome, int]:
        """The number of matching attempts by outcome; for any thread."""
        chosen = selection(query, account)
        sql = f"SELECT outcome, count(*) FROM {chosen.source} WHERE {chosen.where} GROUP BY outcome"
        with opened(self._path, stop) as connection:
            return {Outcome(outcome): count for outcome, count in connection.execute(sql, chosen.values)}

    def statistics(
        self, query: HistoryQuery, account: str | None, most_buckets: int, stop: Event | None = None
    ) -> AttemptStatistics:
        """The statistics of the matching attempts, in at most `most_buckets` time buckets; for any thread."""
        chosen = selection(query, account)
        with opened(self._path, stop) as connection:
            connection.execute(
                "CREATE TEMP TABLE chosen AS SELECT started_at, outcome, reply_code, http_status, event_id, elapsed_ms "
                f"FROM {chosen.source} WHERE {chosen.where}",
                chosen.values,
            )
            connection.execute("CREATE INDEX temp.chosen_by_took ON chosen (elapsed_ms)")
            return _statistics(connection, most_buckets)

    def chain(self, attempt_id: str) -> Sequence[AttemptRow]:
        """This attempt and all that it was resent as or from, in the order of recording."""
        rows = self._file.all(
            f"{_CHAIN} SELECT {NARROW} FROM attempts WHERE attempt_id IN (SELECT id FROM chain) ORDER BY number",
            stored(attempt_id),
            _LONGEST_CHAIN,
        )
        return [narrow_row(row) for row in rows]


def selection(query: HistoryQuery, account: str | None, newest: int | None = None) -> Selection:
    """The parts of the SELECT for a query on one account (None: on all), up to the row number `newest`."""
    conditions = [*map(_filter, query.filters)]
    matched = []
    for word in query.words:
        if word.negated or _beginnings(word):
            conditions.append(_word(word))
        else:
            matched.append(beginning(word.text))
    if account is not None:
        # Most attempts are on one account, so the index of any other condition finds fewer rows.
        conditions.append(("likely(account = ?)", (stored(account),)))
    for sign, limit in ((">=", query.since), ("<", query.until)):
        if limit is not None:
            conditions.append((f"started_at {sign} ?", (microseconds(limit),)))
    if newest is not None:
        # The plus keeps SQLite from scanning all row numbers if another index finds fewer rows.
        conditions.append(("+number <= ?", (newest,)))
    source, number = "attempts", "number"
    if matched:
        # Search the words first: their table is in the order of recording too.
        source, number = "words CROSS JOIN attempts ON number = words.rowid", "words.rowid"
        conditions.append(("words MATCH ?", (" AND ".join(matched),)))
    values = [value for _, bound in conditions for value in bound]
    return Selection(source, " AND ".join(condition for condition, _ in conditions) or "1", values, number)


def _filter(one: Filter) -> Condition:
    field = COLUMNS[one.field]
    conditions = [condition for column in field.columns for condition in _column(field, column, one.values)]
    if field.only:
        conditions = [(f"({sql} AND {field.only})", bound) for sql, bound in conditions]
    if field.by_contact:
        conditions += [_contact(value) for value in one.values if isinstance(value, Value)]
    found = f"({' OR '.join(condition for condition, _ in conditions)})"
    values = [value for _, bound in conditions for value in bound]
    return f"{found} IS NOT TRUE" if one.negated else found, values


def _column(field: _Field, column: str, values: Iterable[Value | Range]) -> Iterator[Condition]:
    """The conditions, of which one must hold for a column."""
    exact: list[Bound] = []
    for value in values:
        match value:
            case Range(low, high):
                limits = (_LOWEST if low is None else low, _HIGHEST if high is None else high)
                yield f"{column} BETWEEN ? AND ?", limits
            case Value(text, pattern=True):
                yield field.pattern.format(column=column), (_like(text),)
            case Value(text):
                exact.append(field.bound(text))
    known = [value for value in exact if value is not None]
    if known:
        yield f"{column} COLLATE {field.collation} IN ({', '.join('?' * len(known))})", known
    if None in exact:
        yield f"{column} IS NULL", ()


def _contact(value: Value) -> Condition:
    """The condition for attempts on a contact with this key or name, whatever key they were sent with."""
    if value.pattern:
        return "contact_name LIKE ? ESCAPE '\\'", (_like(value.text),)
    return (
        "number IN (SELECT number FROM words CROSS JOIN attempts ON number = words.rowid "
        "WHERE words MATCH ? AND instr(lower(contact_keys), lower(?)))",
        (phrase(fold(value.text)), stored(f"\n{value.text}\n")),
    )


def _like(pattern: str) -> str:
    return re.sub(r"[\\%_]", r"\\\g<0>", pattern).replace("*", "%")


def _beginnings(word: Word) -> Sequence[str]:
    """The prefixes of the attempt ids that a word matches, if it is a short id or an id."""
    return id_prefixes(word.text) or ((word.text.lower(),) if len(word.text) == _ID_LENGTH else ())


def _word(word: Word) -> Condition:
    found = "SELECT rowid FROM words WHERE words MATCH ?"
    values: list[Bound] = [beginning(word.text)]
    for start in _beginnings(word):
        found += " UNION SELECT number FROM attempts WHERE attempt_id BETWEEN ? AND ?"
        values += (start, f"{start}\x7f")
    return f"number {'NOT ' if word.negated else ''}IN ({found})", values


def _ordered_by(query: HistoryQuery, number: str) -> str:
    way = "DESC" if query.order.descending else "ASC"
    # Few rows may match the filters: sort them instead of searching for them in the order of an index.
    plus = "+" if query.filters or query.words else ""
    columns = [f"{plus}{column} {way} NULLS LAST" for column in SORTED_BY[query.order.column]]
    return ", ".join([*columns, f"{number} {way}"])


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _statistics(connection: sqlite3.Connection, most_buckets: int) -> AttemptStatistics:
    """The statistics of the rows in the temporary table `chosen`."""
    first, last = connection.execute("SELECT min(started_at), max(started_at) FROM chosen").fetchone()
    if first is None:
        return AttemptStatistics({}, 0, (), (), (), None, None)
    seconds = bucket_seconds(moment(first), moment(last), most_buckets)
    span = seconds * 1_000_000
    outcomes: Counter[Outcome] = Counter()
    codes: Counter[tuple[int | None, int | None]] = Counter()
    events: Counter[tuple[Stored, bool]] = Counter()
    buckets: dict[int, Counter[Outcome]] = {at: Counter() for at in range(first // span, last // span + 1)}
    for at, name, code, status, event_id, count in connection.execute(
        f"SELECT started_at / {span}, outcome, reply_code, iif(reply_code IS NULL, NULL, http_status), event_id, "
        "count(*) FROM chosen GROUP BY 1, 2, 3, 4, 5"
    ):
        outcome = Outcome(name)
        outcomes[outcome] += count
        codes[code, status] += count
        events[event_id, outcome in _REJECTED] += count
        buckets[at][outcome] += count
    return AttemptStatistics(
        dict(outcomes),
        seconds,
        tuple(Bucket(moment(at * span), dict(counts)) for at, counts in buckets.items()),
        tuple(CodeCount(*pair, number) for pair, number in sorted(codes.items(), key=_by_number)),
        _event_shares(connection, events),
        *_percentiles(connection, 50, 95, 99, 100),
    )


def _by_number(item: tuple[tuple[int | None, int | None], int]) -> tuple[int, bool, int, int]:
    (code, status), number = item
    return -number, code is None, code or 0, status or 0


def _event_shares(
    connection: sqlite3.Connection, counted: Counter[tuple[Stored, bool]]
) -> tuple[EventShare, ...]:
    """The events by rejection rate, each under its latest name."""
    shares = []
    for event_id in {event_id for event_id, _ in counted}:
        name = connection.execute(
            "SELECT event_name FROM attempts WHERE event_id COLLATE NOCASE = ?1 AND event_id = ?1 "
            "AND event_name IS NOT NULL ORDER BY number DESC LIMIT 1",
            (event_id,),
        ).fetchone()
        rejected, others = counted[event_id, True], counted[event_id, False]
        shares.append(
            EventShare(restored(event_id), restored_or_none(name and name[0]), rejected + others, rejected)
        )
    return tuple(sorted(shares, key=lambda one: (-one.share, -one.attempts, numeric_order(one.event_id))))


def _percentiles(connection: sqlite3.Connection, *percents: int) -> Iterator[float | None]:
    """The percentiles of the duration in milliseconds; None if no attempt has one."""
    known = connection.execute("SELECT count(elapsed_ms) FROM chosen").fetchone()[0]
    for percent in percents:
        place = -(-known * percent // 100) - 1
        row = connection.execute(
            "SELECT elapsed_ms FROM chosen WHERE elapsed_ms IS NOT NULL ORDER BY elapsed_ms LIMIT 1 OFFSET ?",
            (max(0, place),),
        ).fetchone()
        yield None if row is None else row[0]
