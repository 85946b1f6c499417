"""What a tester asks of the history, as a value: which attempts, and in which order.

It is written as a short line, `code:2008 event:12 since:1d thor`, which `query_text` reads; a screen may as well put
it together from its filters. Which rows that means in a database is not said here.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from app.domain.model import Outcome


class QueryField(StrEnum):
    """What can be asked of an attempt by `field:value`."""

    OUTCOME = "outcome"
    CODE = "code"
    STATUS = "status"
    EVENT = "event"
    """Its id or its name."""
    KEY = "key"
    CONTACT = "contact"
    PROFILE = "profile"
    PREVIOUS = "previous"
    """The outcome of the attempt recorded before it on the same external id, by the same key field, on its account."""
    SETTLED = "settled"
    """What somebody settled about its outcome, where that is unknown; no other has it."""


class Column(StrEnum):
    """What attempts can be sorted by."""

    TIME = "time"
    OUTCOME = "outcome"
    EVENT = "event"
    KEY = "key"
    CONTACT = "contact"
    STATUS = "status"
    CODE = "code"
    TEXT = "text"
    TOOK = "took"


class Order(NamedTuple):
    """A column, and which way; what has no value in that column stands last either way.

    Outcomes in the order of `Outcome`, events and keys by numeric id, texts with ASCII case ignored; equal ones by time.
    """

    column: Column = Column.TIME
    descending: bool = True


class Value(NamedTuple):
    """One value as it is compared, ASCII case ignored; in a `pattern` every `*` stands for any characters, also none."""

    text: str
    pattern: bool = False


class Filter(NamedTuple):
    """An attempt has one of these values in this field; or, where `negated`, none of them."""

    field: QueryField
    values: tuple[Value, ...]
    negated: bool = False


class Word(NamedTuple):
    """What stands in request, reply or note; or, where `negated`, does not.

    Compared are runs of letters and digits, upper and lower case and accents ignored: those of the text follow one
    another, and the last one may go on.
    """

    text: str
    negated: bool = False


class HistoryQuery(NamedTuple):
    """Attempts that pass every filter, contain every word, and began from `since` on and before `until`."""

    filters: tuple[Filter, ...] = ()
    words: tuple[Word, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = Order()

    @property
    def is_everything(self) -> bool:
        """Whether every attempt is meant."""
        return not (self.filters or self.words or self.since or self.until)

    @property
    def names_profile(self) -> bool:
        """Whether it asks for profiles, and so may mean other accounts than the live one."""
        return any(one.field is QueryField.PROFILE and not one.negated for one in self.filters)


NO_VALUE = "none"
"""How a query asks for attempts without a reply code or HTTP status."""

SETTLEMENTS = ("no", "arrived", "did-not")
"""How a query asks for unknown outcomes: nobody settled them, or somebody did, in the words of `history settle`."""

OUTCOMES = {outcome.value: outcome for outcome in Outcome}
NUMERIC = (QueryField.CODE, QueryField.STATUS)
