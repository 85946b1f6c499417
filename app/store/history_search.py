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
    EVERYTHING,
    NO_VALUE,
    AttemptStatistics,
    Bucket,
    CodeCount,
    EventShare,
    Filter,
    HistoryQuery,
    Order,
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
from app.store.attempt_rows import (
    LATEST_NAME,
    NARROW,
    WHOLE,
    AttemptRow,
    beginning,
    narrow_row,
    phrase,
    whole_attempt,
)
from app.store.history_file import HistoryFile, opened
from app.store.row_ids import ALL_ROWS, RowIds
from app.store.text import microseconds, moment, numeric_order, stored

Bound = str | bytes | int | float | None

Condition = tuple[str, Sequence[Bound]]
"""An SQL condition and the values that it binds."""

_LOWEST, _HIGHEST = -math.inf, math.inf
_OUTCOMES = tuple(Outcome)
_REJECTED = (Outcome.REJECTED, Outcome.PARTIAL)
_PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
_ID_LENGTH = 36
_PAGE = 50
GLANCE = 5000
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
_WITH_OUTCOME = (SortColumn.STATUS, SortColumn.CODE, SortColumn.TEXT, SortColumn.TOOK)
"""The columns whose index has the outcome too."""
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
    """The parts of a SELECT of attempts: its source, the conditions and their values, the column of the row number."""

    source: str
    where: str
    values: Sequence[Bound]
    number: str

    def run(self, connection: sqlite3.Connection, what: str, rest: str = "", *more: Bound) -> sqlite3.Cursor:
        """Selects `what`; `rest` ends the statement and binds `more`."""
        sql = f"SELECT {what} FROM {self.source} WHERE {self.where} {rest}"
        return connection.execute(sql, (*self.values, *more))


class Found:
    """The attempts on one account (None: on all) that match a query, up to row `newest`, as a Listing.

    If no index has the matching attempts in order, the first ones are searched for in the first `glance` attempts of all.
    """

    similar = False

    def __init__(self, query: HistoryQuery, account: str | None, newest: int, glance: int = GLANCE) -> None:
        self._query = query
        self._account = account
        self._newest = newest
        self._glance = glance

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        query = self._query
        if _is_indexed(query):
            sql, values = self._in_order(query.filters)
            return connection.execute(sql, (*values, limit))
        if query.order.column is SortColumn.TIME and not _has_pattern(query):
            return self._matching(connection, limit)
        # If many match, the first of them are among the first of all; if few match, sorting them takes no time.
        if 0 < limit < self._glance:
            sql, values = self._in_order(())
            among = f"number IN ({sql})", (*values, self._glance)
            found = self._matching(connection, limit, among=among).fetchall()
            if len(found) == limit:
                return found
        return self._matching(connection, limit, plus="+")

    def count(self, connection: sqlite3.Connection) -> int:
        chosen = selection(connection, self._query, self._account, self._newest)
        found: int = chosen.run(connection, "count(*)").fetchone()[0]
        return found

    def _in_order(self, filters: Iterable[Filter]) -> Condition:
        """A SELECT, which binds a limit too, of the attempts that pass the filters, read in the order of an index."""
        order, last = self._query.order, ["number"]
        conditions = [*map(_filter, filters), ("number <= ?", (self._newest,))]
        index = "" if order.column is SortColumn.TIME else f"INDEXED BY by_{order.column}"
        if self._account is not None:
            conditions.append(("+account = ?" if index else "likely(account = ?)", (stored(self._account),)))
            last = ["account", *last] if index else last  # as in the index
        where = " AND ".join(condition for condition, _ in conditions)
        sql = f"SELECT number FROM attempts {index} WHERE {where} ORDER BY {_ordered_by(order, last)} LIMIT ?"
        return sql, [value for _, bound in conditions for value in bound]

    def _matching(
        self, connection: sqlite3.Connection, limit: int, plus: str = "", among: Condition | None = None
    ) -> sqlite3.Cursor:
        """The first attempts that match; with a plus they are sorted, not searched for in the order of an index."""
        chosen = selection(connection, self._query, self._account, self._newest, among)
        order = _ordered_by(self._query.order, [chosen.number], plus)
        return chosen.run(connection, "number", f"ORDER BY {order} LIMIT ?", limit)

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
        self, query: HistoryQuery = EVERYTHING, account: str | None = None, stop: Event | None = None
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
        # While a run goes on, all are counted every second: that index needs no sorting.
        column = "outcome_order" if query.is_everything else "outcome"
        with opened(self._path, stop) as connection:
            found = selection(connection, query, account).run(
                connection, "outcome, count(*)", f"GROUP BY {column}"
            )
            return {Outcome(outcome): count for outcome, count in found}

    def statistics(
        self, query: HistoryQuery, account: str | None, most_buckets: int, stop: Event | None = None
    ) -> AttemptStatistics:
        """The statistics of the matching attempts, in at most `most_buckets` time buckets; for any thread."""
        with opened(self._path, stop) as connection:
            chosen = selection(connection, query, account)
            connection.execute(
                "CREATE TEMP TABLE chosen AS SELECT started_at, outcome, reply_code, http_status, event_id, elapsed_ms "
                f"FROM {chosen.source} WHERE {chosen.where}",
                chosen.values,
            )
            return _statistics(connection, most_buckets)

    def chain(self, attempt_id: str) -> Sequence[AttemptRow]:
        """This attempt and all that it was resent as or from, in the order of recording."""
        rows = self._file.all(
            f"{_CHAIN} SELECT {NARROW} FROM attempts WHERE attempt_id IN (SELECT id FROM chain) ORDER BY number",
            stored(attempt_id),
            _LONGEST_CHAIN,
        )
        return [narrow_row(row) for row in rows]


def selection(
    connection: sqlite3.Connection,
    query: HistoryQuery,
    account: str | None,
    newest: int | None = None,
    among: Condition | None = None,
) -> Selection:
    """The parts of the SELECT for a query on one account (None: on all), up to the row number `newest`.

    `among` is a further condition, which few attempts meet.
    """
    conditions = [*map(_filter, query.filters), *([] if among is None else [among])]
    matched = []
    for word in query.words:
        named = _named(connection, word)
        if word.negated or named or query.order.column is not SortColumn.TIME:
            # The plus keeps SQLite from reading all attempts with the word to find the few.
            conditions.append(_word(word, named, "" if among is None else "+"))
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


def _named(connection: sqlite3.Connection, word: Word) -> list[int]:
    """The row numbers of the attempts whose short id or id is this word."""
    beginnings = id_prefixes(word.text) or ((word.text.lower(),) if len(word.text) == _ID_LENGTH else ())
    sql = "SELECT number FROM attempts WHERE attempt_id BETWEEN ? AND ?"
    return [row[0] for start in beginnings for row in connection.execute(sql, (start, f"{start}\x7f"))]


def _word(word: Word, named: Sequence[int], plus: str) -> Condition:
    found = f"{plus}number IN (SELECT rowid FROM words WHERE words MATCH ?)"
    if named:
        found = f"({found} OR {plus}number IN ({_listed(named)}))"
    return f"NOT {found}" if word.negated else found, (beginning(word.text),)


def _is_indexed(query: HistoryQuery) -> bool:
    """Whether an index for the order has the values of all filters too."""
    if HistoryQuery(query.filters, order=query.order) != query:
        return False
    has_outcome = query.order.column in _WITH_OUTCOME
    return all(has_outcome and one.field is QueryField.OUTCOME for one in query.filters)


def _has_pattern(query: HistoryQuery) -> bool:
    values = (value for one in query.filters for value in one.values)
    return any(isinstance(value, Value) and value.pattern for value in values)


def _ordered_by(order: Order, last: Sequence[str], plus: str = "") -> str:
    way = "DESC" if order.descending else "ASC"
    columns = [f"{plus}{column} {way} NULLS LAST" for column in SORTED_BY[order.column]]
    return ", ".join([*columns, *(f"{plus}{column} {way}" for column in last)])


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _statistics(connection: sqlite3.Connection, most_buckets: int) -> AttemptStatistics:
    """The statistics of the rows in the temporary table `chosen`."""
    first, last = connection.execute("SELECT min(started_at), max(started_at) FROM chosen").fetchone()
    if first is None:
        return AttemptStatistics({}, 0, (), (), (), dict.fromkeys(_PERCENTILES))
    seconds = bucket_seconds(moment(first), moment(last), most_buckets)
    span = seconds * 1_000_000
    outcomes: Counter[Outcome] = Counter()
    codes: Counter[tuple[int | None, int | None]] = Counter()
    events: Counter[tuple[str, bool]] = Counter()
    buckets: dict[int, Counter[Outcome]] = {at: Counter() for at in range(first // span, last // span + 1)}
    for at, name, code, status, event_id, count in _groups(connection, span):
        outcome = Outcome(name)
        outcomes[outcome] += count
        codes[(None, None) if code == "" else (code, status)] += count
        events[event_id, outcome in _REJECTED] += count
        buckets[at][outcome] += count
    return AttemptStatistics(
        dict(outcomes),
        seconds,
        tuple(Bucket(moment(at * span), dict(counts)) for at, counts in buckets.items()),
        tuple(CodeCount(*pair, number) for pair, number in sorted(codes.items(), key=_by_number)),
        _event_shares(connection, events),
        _durations(connection),
    )


def _groups(connection: sqlite3.Connection, span: int) -> sqlite3.Cursor:
    """The number of chosen attempts by time in units of `span`, outcome, code ('' for none), status and event."""
    # Faster than GROUP BY, which would sort all attempts.
    connection.execute(
        "CREATE TEMP TABLE counted (at, outcome, code, status, event_id, count, "
        "PRIMARY KEY (at, outcome, code, status, event_id)) WITHOUT ROWID"
    )
    connection.execute(
        "INSERT INTO counted SELECT started_at / ?, outcome, coalesce(reply_code, ''), coalesce(http_status, ''), "
        "event_id, 1 FROM chosen WHERE true ON CONFLICT DO UPDATE SET count = count + 1",
        (span,),
    )
    return connection.execute("SELECT * FROM counted")


def _by_number(item: tuple[tuple[int | None, int | None], int]) -> tuple[int, bool, int, int]:
    (code, status), number = item
    return -number, code is None, code or 0, status or 0


def _event_shares(
    connection: sqlite3.Connection, counted: Counter[tuple[str, bool]]
) -> tuple[EventShare, ...]:
    """The events by rejection rate, each under its latest name."""
    shares = []
    for event_id in {event_id for event_id, _ in counted}:
        name = connection.execute(LATEST_NAME, (event_id,)).fetchone()
        rejected, others = counted[event_id, True], counted[event_id, False]
        shares.append(EventShare(event_id, name and name[0], rejected + others, rejected))
    return tuple(sorted(shares, key=lambda one: (-one.share, -one.attempts, numeric_order(one.event_id))))


def _durations(connection: sqlite3.Connection) -> dict[str, float | None]:
    """The percentiles of the duration in milliseconds, to the microsecond; None if no attempt has one."""
    # Counting them is faster than sorting them.
    connection.execute("CREATE TEMP TABLE took (us INTEGER PRIMARY KEY, count INTEGER)")
    connection.execute(
        "INSERT INTO took SELECT CAST(round(elapsed_ms * 1000) AS INTEGER), 1 FROM chosen "
        "WHERE elapsed_ms IS NOT NULL ON CONFLICT DO UPDATE SET count = count + 1"
    )
    known = connection.execute("SELECT coalesce(sum(count), 0) FROM took").fetchone()[0]
    places = [-(-known * percent // 100) for percent in _PERCENTILES.values()]
    first = ", ".join(["min(us) FILTER (WHERE place >= ?)"] * len(places))
    sql = f"SELECT {first} FROM (SELECT us, sum(count) OVER (ORDER BY us) AS place FROM took)"
    found = connection.execute(sql, places).fetchone()
    return {name: None if us is None else us / 1000 for name, us in zip(_PERCENTILES, found, strict=True)}
