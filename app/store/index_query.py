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
from app.store.index_rows import OUTCOMES, SETTLED, folded
from app.store.text import microseconds, restored, searchable, stored

FEW = 60_000
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
    QueryField.PREVIOUS: "previous",
    QueryField.SETTLED: "settled",
}
_ATTEMPTS = "SELECT {{}}number AS number FROM attempts WHERE {}"
_WORDS = "SELECT rowid AS number FROM words WHERE words MATCH ?"


@dataclass(frozen=True, slots=True)
class Term:
    """One demand on an attempt: `sql` with `{}` where the column is named, which with a `+` there uses no index.

    `indexed` is whether there is an index to begin with, `single` whether what it finds is one value; `span` is the first
    microsecond that is meant and the one after the last, where it is about time. `numbers` is a statement that gives the row numbers of those that are meant, or,
    where `negated`, of all others, with `{}` where a `+` keeps SQLite from going through them by number; '' for what a fact says.
    """

    sql: str
    values: tuple[Bound, ...] = ()
    indexed: bool = False
    single: bool = False
    span: tuple[int, int] | None = None
    numbers: str = ""
    negated: bool = False

    def condition(self, *, by_index: bool = False) -> str:
        """The demand, by the index or by looking at each row."""
        return self.sql.format("" if by_index else "+")


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a query demands: terms, of which by the index of `driver` the fewest are found, and words to be matched.

    `found` is how many attempts the driver finds, up to FEW + 1, None without one; `matching` the same of the words, None
    also where the order is by time, in which words find one after another. `numbers` are the
    row numbers between which all of it lies, None where that is not known. `facts` is how many meet the terms about facts.
    """

    terms: tuple[Term, ...]
    match: str = ""
    facts: int = 0
    driver: Term | None = None
    found: int | None = None
    matching: int | None = None
    numbers: tuple[int, int] | None = None

    @property
    def are_few(self) -> bool:
        """Whether so few are met with that they can be sorted at once."""
        found = None if self.are_said else self.found
        return any(count is not None and count <= FEW for count in (found, self.matching))

    @property
    def are_said(self) -> bool:
        """Whether words are looked for, or must be missing, so that not each attempt can be asked for itself."""
        return any(_WORDS in term.numbers for term in self.number_terms)

    @property
    def fact_terms(self) -> tuple[Term, ...]:
        """What is asked of facts."""
        return tuple(term for term in self.terms if not term.numbers)

    @property
    def number_terms(self) -> tuple[Term, ...]:
        """What is asked of anything else."""
        matched = (Term("", (self.match,), numbers=_WORDS),) if self.match else ()
        return (*(term for term in self.terms if term.numbers), *matched)


def demands_of(index: AttemptIndex, query: HistoryQuery, account: str | None) -> Demands:
    """What the attempts on one account (None: on all) must be to be found. Raises StoreError."""
    terms = [_filter_term(index, one) for one in query.filters]
    if account is not None:
        its = _names(index, "account", lambda text, _: text == account)
        # Where every attempt is its own, the query is answered sooner without this term.
        if its != _names(index, "account", lambda *_: True):
            terms.append(_in("account", its))
    terms += _times(query.since, query.until)
    match = ""
    for word in query.words:
        if word.negated:
            terms.append(_without(word))
        elif references := _references(index, word.text):
            terms.append(_either(references, _phrase(word.text)))
        else:
            match = f"{match} {_phrase(word.text)}".lstrip()
    demands = Demands(tuple(terms), match)
    demands = _driven(index, replace(demands, facts=_with_facts(index, demands.fact_terms)))
    if match and query.order.column is not Column.TIME:
        demands = replace(demands, matching=_count(index, "words WHERE words MATCH ?", match))
    return replace(demands, numbers=_numbers_between(index, query) if query.since or query.until else None)


def _driven(index: AttemptIndex, demands: Demands) -> Demands:
    """The demands with the term by whose index the fewest are found, and how many they are."""
    counted = [
        (
            _count(index, f"attempts WHERE {term.condition(by_index=True)}", *term.values)
            if term.numbers
            else _with_facts(index, (term,)),
            term,
        )
        for term in demands.terms
        if term.indexed
    ]
    found, driver = min(counted, key=lambda one: one[0], default=(None, None))
    return replace(demands, driver=driver, found=found)


def _with_facts(index: AttemptIndex, terms: Sequence[Term]) -> int:
    """How many attempts meet these terms, each about a fact."""
    (row,) = index.all(f"SELECT coalesce(sum(attempts), 0) FROM facts WHERE {conditions(terms)}")
    count: int = row[0]
    return count


def conditions(terms: Sequence[Term]) -> str:
    """That all of these hold, each by its index; 1 for none."""
    return " AND ".join(term.condition(by_index=True) for term in terms) or "1"


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
    if not one.negated:
        return term
    return Term(f"({term.sql}) IS NOT TRUE", term.values, numbers=term.numbers, negated=True)


def _positive(index: AttemptIndex, one: Filter) -> Term:
    column = _COLUMNS[one.field]
    match one.field:
        case QueryField.OUTCOME | QueryField.PREVIOUS:
            return _in(column, [OUTCOMES[value.text] for value in one.values])
        case QueryField.SETTLED:
            return _in(column, [SETTLED[value.text] for value in one.values])
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
        sql = "{}contact_end GLOB ?"
        return Term(sql, (_glob(values[0].text[::-1]),), indexed=True, numbers=_numbers_of(sql))
    exact = [folded(value.text) for value in values if not value.pattern]
    patterns = [_glob(value.text) for value in values if value.pattern]
    parts = [f"{{0}}contact IN ({', '.join('?' * len(exact))})"] if exact else []
    parts += ["{0}contact GLOB ?"] * len(patterns)
    indexed = not patterns or (not exact and len(patterns) == 1 and not values[0].text.startswith("*"))
    sql = f"({' OR '.join(parts)})"
    return Term(sql, (*exact, *patterns), indexed, indexed and len(exact) == 1, numbers=_numbers_of(sql))


def _numbers_of(sql: str) -> str:
    return _ATTEMPTS.format(sql.format(""))


def _in(column: str, numbers: Iterable[int]) -> Term:
    listed = tuple(dict.fromkeys(numbers))
    return Term(f"{{}}{column} IN ({_listed(listed)})", (), True, len(listed) <= 1)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _names(index: AttemptIndex, kind: str, is_meant: Callable[[str, str], bool]) -> list[int]:
    rows = index.all("SELECT id, text, more FROM names WHERE kind = ?", kind)
    return [row["id"] for row in rows if is_meant(restored(row["text"]), restored(row["more"]))]


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
    return Term(f"{{}}number NOT IN ({_WORDS})", (_phrase(word.text),), numbers=_WORDS, negated=True)


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
    named = f"number IN ({_listed(references)})"
    return Term(
        f"({named} OR number IN ({_WORDS}))",
        (match,),
        numbers=f"{_ATTEMPTS.format(named)} UNION {_WORDS}",
    )


def _times(since: datetime | None, until: datetime | None) -> list[Term]:
    if since is None and until is None:
        return []
    span = (
        -sys.maxsize if since is None else microseconds(since),
        sys.maxsize if until is None else microseconds(until),
    )
    sql = "({0}started >= ? AND {0}started < ?)"
    return [Term(sql, span, indexed=True, span=span, numbers=_numbers_of(sql))]
