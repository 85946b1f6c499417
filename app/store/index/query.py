"""A query of the history as a whole: all that it demands of the index, and which of that is cheapest to begin with."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.history_query import Column, HistoryQuery
from app.store.index.attempt_index import AttemptIndex
from app.store.index.terms import (
    WORDS,
    Bound,
    Term,
    either,
    filter_term,
    names_meant,
    one_of,
    phrase,
    references_of,
    times,
    without,
)
from app.store.text import microseconds

FEW = 60_000
"""Up to so many attempts are found and then sorted; of more, an index of the order is walked through."""


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a query demands: terms, of which by the index of `driver` the fewest are found, and words to be matched.

    `found` is how many attempts the driver finds, up to FEW + 1; None where there is no driver. `matching` is the same
    for the words; None also where the order is by time, in which the word index gives them anyway. `numbers` are the first
    and last row number of all that can be found; None where they are not known. `facts` is how many attempts meet the
    terms about facts.
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
        """Whether so few are found by an index that they can be sorted at once."""
        found = None if self.need_words else self.found
        return any(count is not None and count <= FEW for count in (found, self.matching))

    @property
    def need_words(self) -> bool:
        """Whether the word index is needed: it cannot say of a single attempt whether it has a word, or lacks it."""
        return any(WORDS in term.numbers for term in self.number_terms)

    @property
    def fact_terms(self) -> tuple[Term, ...]:
        """What is asked of facts."""
        return tuple(term for term in self.terms if not term.numbers)

    @property
    def number_terms(self) -> tuple[Term, ...]:
        """What is asked of anything else."""
        matched = (Term("", (self.match,), numbers=WORDS),) if self.match else ()
        return (*(term for term in self.terms if term.numbers), *matched)


def demands_of(index: AttemptIndex, query: HistoryQuery, account: str | None) -> Demands:
    """What the attempts on one account (None: on all) must be to be found. Raises StoreError."""
    terms = [filter_term(index, one) for one in query.filters]
    if account is not None:
        its = names_meant(index, "account", lambda text, _: text == account)
        # Where every attempt is its own, the query is answered sooner without this term.
        if its != names_meant(index, "account", lambda *_: True):
            terms.append(one_of("account", its))
    terms += times(query.since, query.until)
    match = ""
    for word in query.words:
        if word.negated:
            terms.append(without(word))
        elif references := references_of(index, word.text):
            terms.append(either(references, phrase(word.text)))
        else:
            match = f"{match} {phrase(word.text)}".lstrip()
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
