"""A query of the history as SQL over its index: what each term demands, and which of them is cheapest to begin with."""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.canonical import same_value
from app.domain.history_query import NO_VALUE, Column, Filter, HistoryQuery, QueryField, Value, Word
from app.domain.reference import beginnings_of
from app.store.attempt_index import AttemptIndex
from app.store.index_rows import OUTCOMES, folded
from app.store.text import microseconds, restored, searchable, stored

FEW = 200_000
"""So many attempts are sorted at once; more may be walked through in the order that is asked for."""

Bound = str | bytes | int

_COLUMNS = {
    QueryField.OUTCOME: "outcome",
    QueryField.CODE: "code",
    QueryField.STATUS: "status",
    QueryField.EVENT: "event",
    QueryField.KEY: "key",
    QueryField.CONTACT: "contact",
    QueryField.PROFILE: "profile",
}


_PREVIOUS = (
    "(SELECT earlier.outcome FROM attempts AS earlier WHERE earlier.contact = attempts.contact "
    "AND +earlier.key = attempts.key AND +earlier.account = attempts.account "
    "AND earlier.number < attempts.number ORDER BY earlier.number DESC LIMIT 1)"
)
"""The outcome before: the pluses leave SQLite only the index of the contact, which has the latest one at its end."""


@dataclass(frozen=True, slots=True)
class Term:
    """One demand on an attempt: `sql` with `{}` where the column is named, which with a `+` there uses no index.

    `indexed` is whether there is an index to begin with, `single` whether what it finds is one value,
    `span` whether it is a span of time.
    """

    sql: str
    values: tuple[Bound, ...] = ()
    indexed: bool = False
    single: bool = False
    span: bool = False

    def condition(self, *, by_index: bool = False) -> str:
        """The demand, by the index or by looking at each row."""
        return self.sql.format("" if by_index else "+")


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a query demands: terms, of which by the index of `driver` the fewest are found, and words to be matched.

    `found` is how many attempts the driver finds, up to FEW + 1, None without one; `matching` the same of the words, None
    also where the order is by time, in which words find one after another. `numbers` are the
    row numbers between which all of it lies, None where that is not known.
    """

    terms: tuple[Term, ...]
    match: str = ""
    driver: Term | None = None
    found: int | None = None
    matching: int | None = None
    numbers: tuple[int, int] | None = None

    @property
    def are_few(self) -> bool:
        """Whether so few are met with that they can be sorted at once."""
        return any(count is not None and count <= FEW for count in (self.found, self.matching))


def demands_of(index: AttemptIndex, query: HistoryQuery, account: str | None) -> Demands:
    """What the attempts on one account (None: on all) must be to be found. Raises StoreError."""
    terms = [_filter_term(index, one) for one in query.filters]
    if account is not None and _number_of_accounts(index) > 1:
        terms.append(_in("account", _names(index, "account", lambda text, _: text == account)))
    terms += _times(query.since, query.until)
    match = ""
    for word in query.words:
        if word.negated:
            terms.append(_without(word))
        elif references := _references(index, word.text):
            terms.append(_either(references, _phrase(word.text)))
        else:
            match = f"{match} {_phrase(word.text)}".lstrip()
    demands = _driven(index, Demands(tuple(terms), match))
    if match and query.order.column is not Column.TIME:
        demands = replace(demands, matching=_count(index, "words WHERE words MATCH ?", match))
    return replace(demands, numbers=_numbers_between(index, query) if query.since or query.until else None)


def _driven(index: AttemptIndex, demands: Demands) -> Demands:
    """The demands with the term by whose index the fewest are found, and how many they are."""
    counted = [
        (_count(index, f"attempts WHERE {term.condition(by_index=True)}", *term.values), term)
        for term in demands.terms
        if term.indexed
    ]
    found, driver = min(counted, key=lambda one: one[0], default=(None, None))
    return replace(demands, driver=driver, found=found)


def _count(index: AttemptIndex, found: str, *values: Bound) -> int:
    """How many there are, up to FEW + 1."""
    (row,) = index.all(f"SELECT count(*) FROM (SELECT 1 FROM {found} LIMIT {FEW + 1})", *values)
    count: int = row[0]
    return count


def _numbers_between(index: AttemptIndex, query: HistoryQuery) -> tuple[int, int]:
    """Row numbers between which all of the asked time lies: they rise with time, but for clocks that were set back."""
    (state,) = index.all("SELECT setback FROM state")
    oldest, newest = 0, sys.maxsize
    if query.since is not None:
        before = microseconds(query.since) - state["setback"]
        rows = index.all(
            "SELECT number FROM attempts WHERE started < ? ORDER BY started DESC LIMIT 1", before
        )
        oldest = rows[0]["number"] if rows else oldest
    if query.until is not None:
        after = microseconds(query.until) + state["setback"]
        rows = index.all("SELECT number FROM attempts WHERE started >= ? ORDER BY started LIMIT 1", after)
        newest = rows[0]["number"] if rows else newest
    return oldest, newest


def _filter_term(index: AttemptIndex, one: Filter) -> Term:
    term = _positive(index, one)
    return Term(f"({term.sql}) IS NOT TRUE", term.values) if one.negated else term


def _positive(index: AttemptIndex, one: Filter) -> Term:
    if one.field is QueryField.PREVIOUS:
        return Term(f"{_PREVIOUS} IN ({_listed(OUTCOMES[value.text] for value in one.values)})")
    column = _COLUMNS[one.field]
    match one.field:
        case QueryField.OUTCOME:
            return _in(column, [OUTCOMES[value.text] for value in one.values])
        case QueryField.CODE | QueryField.STATUS:
            return _numbers(index, column, one.values)
        case QueryField.CONTACT:
            return _contacts(one.values)
        case _:
            said = [_comparing(value) for value in one.values]
            return _in(
                column,
                _names(index, column, lambda text, more: any(is_it(text) or is_it(more) for is_it in said)),
            )


def _numbers(index: AttemptIndex, column: str, values: Sequence[Value]) -> Term:
    wanted = {value.text for value in values}
    known = _names(index, column, lambda text, _: text in wanted)
    if NO_VALUE not in wanted:
        return _in(column, known)
    if wanted == {NO_VALUE}:
        return Term(f"{{}}{column} IS NULL", indexed=True, single=True)
    return Term(f"({{0}}{column} IS NULL OR {{0}}{column} IN ({_listed(known)}))")


def _contacts(values: Sequence[Value]) -> Term:
    if len(values) == 1 and values[0].pattern and values[0].text.rfind("*") == 0:
        return Term("{}contact_end GLOB ?", (_glob(values[0].text[::-1]),), indexed=True)
    exact = [folded(value.text) for value in values if not value.pattern]
    patterns = [_glob(value.text) for value in values if value.pattern]
    parts = [f"{{0}}contact IN ({', '.join('?' * len(exact))})"] if exact else []
    parts += ["{0}contact GLOB ?"] * len(patterns)
    indexed = not patterns or (not exact and len(patterns) == 1 and not values[0].text.startswith("*"))
    return Term(f"({' OR '.join(parts)})", (*exact, *patterns), indexed, indexed and len(exact) == 1)


def _in(column: str, numbers: Iterable[int]) -> Term:
    listed = tuple(dict.fromkeys(numbers))
    return Term(f"{{}}{column} IN ({_listed(listed)})", (), True, len(listed) <= 1)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _names(index: AttemptIndex, kind: str, is_meant: Callable[[str, str], bool]) -> list[int]:
    rows = index.all("SELECT id, text, more FROM names WHERE kind = ?", kind)
    return [row["id"] for row in rows if is_meant(restored(row["text"]), restored(row["more"]))]


def _number_of_accounts(index: AttemptIndex) -> int:
    return len(_names(index, "account", lambda *_: True))


def _comparing(value: Value) -> Callable[[str], bool]:
    wanted = same_value("3", value.text)
    if not value.pattern:
        return lambda text: bool(text or not wanted) and same_value("3", text) == wanted
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
    return lambda text: pattern.fullmatch(same_value("3", text)) is not None


def _glob(pattern: str) -> str:
    return re.sub(r"[?\[]", r"[\g<0>]", folded(pattern))


def _phrase(text: str) -> str:
    quoted = searchable(text).replace("\0", " ").replace('"', '""')
    return f'"{quoted}" *'


def _without(word: Word) -> Term:
    return Term("{}number NOT IN (SELECT words.rowid FROM words WHERE words MATCH ?)", (_phrase(word.text),))


def _references(index: AttemptIndex, word: str) -> list[int]:
    """The attempts whose reference this word is, or whose id."""
    beginnings = beginnings_of(word) or ((word.lower(),) if len(word) == _ID_LENGTH else ())
    return [
        row["number"]
        for beginning in beginnings
        for row in index.all(
            "SELECT number FROM journal.attempts WHERE attempt_id BETWEEN ? AND ?",
            stored(beginning),
            stored(f"{beginning}\x7f"),
        )
    ]


_ID_LENGTH = 36


def _either(references: Sequence[int], match: str) -> Term:
    return Term(
        f"(number IN ({_listed(references)}) OR number IN (SELECT words.rowid FROM words WHERE words MATCH ?))",
        (match,),
    )


def _times(since: datetime | None, until: datetime | None) -> list[Term]:
    if since is None and until is None:
        return []
    conditions = ["{0}started >= ?"] if since else []
    conditions += ["{0}started < ?"] if until else []
    values = tuple(microseconds(moment) for moment in (since, until) if moment)
    return [Term(" AND ".join(conditions), values, indexed=True, span=True)]
