"""Which searches the word index would answer slowly, and what their answers begin with, found out beforehand.

A sample of the contacts tells which beginnings of words very many have, and in which fields those are common: there
the index fills a screen at once. For every other field, who has the beginning is found out here.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.store.contacts.kept_answers import WHOLE, Answer, OwnWords
from app.store.contacts.search import Word
from app.store.contacts.write import ContactTables
from app.store.schema import LONGEST_BEGINNING

_MANY = 200_000
"""How many contacts with a word the index looks at in about five milliseconds."""

_SAMPLED_EVERY = 1000
_EARLY = _MANY // _SAMPLED_EVERY
_COMMON = 3
"""A beginning found so often among the first `_EARLY` of the sample fills a screen before `_MANY` are looked at."""

_SELDOM = 1
"""A beginning found no more often in the whole sample is one that few contacts have."""

_KEPT = 1000
_MOST_TOGETHER = 20_000
_LONGEST = 40
_FREQUENT = """
    SELECT substr(term, 1, ?1) AS beginning FROM temp.sampled WHERE length(term) >= ?1
    GROUP BY beginning HAVING count(DISTINCT doc) >= ?2
"""
_COLUMNS = """
    SELECT col, count(DISTINCT doc), count(DISTINCT CASE WHEN doc <= ?3 THEN doc END) FROM temp.sampled
    WHERE substr(term, 1, ?1) = ?2 GROUP BY col
"""


@dataclass(frozen=True, slots=True)
class _Slow:
    """A beginning that very many contacts have: in some columns a few each, in others not evenly."""

    beginning: str
    seldom: Sequence[str]
    uneven: Sequence[str]

    @property
    def match(self) -> str:
        """The MATCH expression for it in any of the columns that seldom have it."""
        return f"{{{' '.join(self.seldom)}}} : {Word('', self.beginning).match}"


class SlowSearches:
    """What is slow among the contacts in the tables with `suffix`. Makes temporary tables only, and drops them."""

    def __init__(self, connection: sqlite3.Connection, suffix: str = "") -> None:
        self._connection = connection
        self._suffix = suffix
        self._tables = ContactTables(connection, suffix)
        self._field_ids = self._tables.columns()

    def answers(self) -> Sequence[Answer]:
        """The answers to keep: none where there are too few contacts for anything to be slow."""
        sample = list(self._sampled())
        if len(sample) < _EARLY:
            return ()
        slow = self._slow(sample)
        uneven = (Word(column, one.beginning) for one in slow for column in one.uneven)
        return [*map(self._first, uneven), *self._seldom(slow)]

    def _sampled(self) -> Iterator[int]:
        """The row number of one in so many contacts."""
        sql = f"SELECT number FROM contacts{self._suffix} WHERE number > ? ORDER BY number LIMIT 1 OFFSET ?"
        row = self._run(sql, -1, 0).fetchone()
        while row is not None:
            yield row[0]
            row = self._run(sql, row[0], _SAMPLED_EVERY - 1).fetchone()

    def _slow(self, sample: Sequence[int]) -> Sequence[_Slow]:
        with self._words_of(sample) as words:
            self._run("CREATE TEMP TABLE sampled AS SELECT DISTINCT term, col, doc FROM temp.own_terms")
            try:
                early = sample[_EARLY - 1]
                return [self._divided(beginning, words.columns, early) for beginning in self._frequent()]
            finally:
                self._run("DROP TABLE temp.sampled")

    def _frequent(self) -> Iterator[str]:
        """The beginnings that very many contacts have, of one letter or more."""
        for length in range(1, _LONGEST):
            found = self._run(_FREQUENT, length, _EARLY).fetchall()
            if not found:
                return
            # Only these are the same in a search as in the index, whatever its rules about letters.
            yield from (row[0] for row in found if row[0].isascii() and row[0].isalnum())

    def _divided(self, beginning: str, columns: Sequence[str], early: int) -> _Slow:
        found = {row[0]: row for row in self._run(_COLUMNS, len(beginning), beginning, early)}
        seldom = [column for column in columns if column not in found or found[column][1] <= _SELDOM]
        others = [column for column in found if column not in seldom]
        if len(beginning) > LONGEST_BEGINNING:
            return _Slow(beginning, seldom, ["", *others])
        return _Slow(beginning, seldom, [column for column in others if found[column][2] < _COMMON])

    def _first(self, word: Word) -> Answer:
        numbers = self._found(word.match, _KEPT)
        return Answer(word, numbers, WHOLE if len(numbers) < _KEPT else numbers[-1])

    def _seldom(self, slow: Sequence[_Slow]) -> Iterator[Answer]:
        """All columns of a beginning are looked through at once; who has it in which is asked of these few contacts."""
        found = {one.beginning: self._found(one.match, _MOST_TOGETHER) for one in slow if one.seldom}
        with self._words_of(sorted({number for numbers in found.values() for number in numbers})):
            for one in slow:
                together = found.get(one.beginning, ())
                until = WHOLE if len(together) < _MOST_TOGETHER else together[-1]
                for column in one.seldom:
                    word = Word(column, one.beginning)
                    yield Answer(word, self._own(word, until), until)

    @contextmanager
    def _words_of(self, numbers: Iterable[int]) -> Iterator[OwnWords]:
        with OwnWords(self._connection, self._field_ids) as words:
            for number in numbers:
                contact = self._tables.get(number)
                if contact is not None:
                    words.add(number, contact)
            yield words

    def _own(self, word: Word, until: int) -> Sequence[int]:
        sql = "SELECT rowid FROM temp.own_words WHERE own_words MATCH ? AND rowid <= ? ORDER BY rowid"
        return [row[0] for row in self._run(sql, word.match, until)]

    def _found(self, match: str, count: int) -> Sequence[int]:
        sql = f"SELECT rowid FROM search{self._suffix} WHERE search{self._suffix} MATCH ? ORDER BY rowid LIMIT ?"
        return [row[0] for row in self._run(sql, match, count)]

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)
