"""What each word and filter of a query of the history demands, as SQL over its index: a term for each.

Separate from `query`, which counts what the terms find, to begin with the cheapest: here nothing is weighed.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.fingerprint import normalize
from app.domain.history_query import NO_VALUE, Filter, QueryField, Value, Word
from app.domain.short_id import id_prefixes
from app.store.index.attempt_index import AttemptIndex
from app.store.index.rows import OUTCOMES, SETTLED, folded
from app.store.text import microseconds, restored, searchable, stored

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
WORDS = "SELECT rowid AS number FROM words WHERE words MATCH ?"


@dataclass(frozen=True, slots=True)
class Term:
    """One demand on an attempt: `sql` with `{}` where the column is named, which with a `+` there uses no index.

    `indexed` is whether an index has it, `single` whether that index is asked for one value only. `span`, where the demand is
    about time, is the first microsecond that is meant and the one after the last. `numbers` is a statement for the row
    numbers of those that are meant or, where `negated`, of all others, with `{}` where a `+` keeps SQLite from going
    through them by number; '' where a fact says it.
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


def filter_term(index: AttemptIndex, one: Filter) -> Term:
    """What a filter demands."""
    term = _positive(index, one)
    if not one.negated:
        return term
    return Term(f"({term.sql}) IS NOT TRUE", term.values, numbers=term.numbers, negated=True)


def _positive(index: AttemptIndex, one: Filter) -> Term:
    column = _COLUMNS[one.field]
    match one.field:
        case QueryField.OUTCOME | QueryField.PREVIOUS:
            return one_of(column, [OUTCOMES[value.text] for value in one.values])
        case QueryField.SETTLED:
            return one_of(column, [SETTLED[value.text] for value in one.values])
        case QueryField.CODE | QueryField.STATUS:
            return _numbers(index, column, one.values)
        case QueryField.CONTACT:
            return _contacts(one.values)
        case _:
            said = [_comparing(value) for value in one.values]
            return one_of(
                column,
                names_meant(
                    index, column, lambda text, more: any(is_it(text) or is_it(more) for is_it in said)
                ),
            )


def _numbers(index: AttemptIndex, column: str, values: Sequence[Value]) -> Term:
    wanted = {value.text for value in values}
    known = names_meant(index, column, lambda text, _: text in wanted)
    if NO_VALUE not in wanted:
        return one_of(column, known)
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


def one_of(column: str, numbers: Iterable[int]) -> Term:
    """That a column has one of these numbers."""
    listed = tuple(dict.fromkeys(numbers))
    return Term(f"{{}}{column} IN ({_listed(listed)})", (), True, len(listed) <= 1)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def names_meant(index: AttemptIndex, kind: str, is_meant: Callable[[str, str], bool]) -> list[int]:
    """The numbers of the names of a kind that are meant, by their text and what more is said of them."""
    rows = index.all("SELECT id, text, more FROM names WHERE kind = ?", kind)
    return [row["id"] for row in rows if is_meant(restored(row["text"]), restored(row["more"]))]


def _comparing(value: Value) -> Callable[[str], bool]:
    wanted = normalize("3", value.text)
    if not value.pattern:
        return lambda text: bool(text or not wanted) and normalize("3", text) == wanted
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
    return lambda text: pattern.fullmatch(normalize("3", text)) is not None


def _glob(pattern: str) -> str:
    return re.sub(r"[?\[]", r"[\g<0>]", folded(pattern))


def phrase(text: str) -> str:
    """The MATCH expression for a word by its beginning."""
    quoted = searchable(text).replace("\0", " ").replace('"', '""')
    return f'"{quoted}" *'


def without(word: Word) -> Term:
    """That a word is missing."""
    return Term(f"{{}}number NOT IN ({WORDS})", (phrase(word.text),), numbers=WORDS, negated=True)


def references_of(index: AttemptIndex, word: str) -> list[int]:
    """The attempts whose reference this word is, or whose id."""
    beginnings = id_prefixes(word) or ((word.lower(),) if len(word) == _ID_LENGTH else ())
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


def either(references: Sequence[int], match: str) -> Term:
    """That an attempt is one of those referred to, or has the words."""
    named = f"number IN ({_listed(references)})"
    return Term(
        f"({named} OR number IN ({WORDS}))",
        (match,),
        numbers=f"{_ATTEMPTS.format(named)} UNION {WORDS}",
    )


def times(since: datetime | None, until: datetime | None) -> list[Term]:
    """That an attempt was begun in this time, if one is given."""
    if since is None and until is None:
        return []
    span = (
        -sys.maxsize if since is None else microseconds(since),
        sys.maxsize if until is None else microseconds(until),
    )
    sql = "({0}started >= ? AND {0}started < ?)"
    return [Term(sql, span, indexed=True, span=span, numbers=_numbers_of(sql))]
