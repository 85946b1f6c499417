"""Answers that are kept for the few searches which the word index would answer slowly.

It is slow where it must look at very many contacts to find a few: a word that nearly every contact has, but not in
the field that is asked, and long words, of which it does not know every beginning. Which ones those are is found out
by `slow_searches`; here they are read, and stay true while single contacts come and go.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.domain.model import Contact
from app.store.contacts.rows import word_columns, word_values
from app.store.contacts.search import Word
from app.store.schema import WORDS

WHOLE = (1 << 63) - 1
"""Higher than every row number: an answer that is whole up to here is whole."""


class Answer(NamedTuple):
    """The row numbers of the first contacts that have a word, all of those up to `until`."""

    word: Word
    numbers: Sequence[int]
    until: int


class KeptAnswers:
    """The answers about the contacts in the tables with `suffix`, within the caller's transactions."""

    def __init__(self, connection: sqlite3.Connection, suffix: str = "") -> None:
        self._connection = connection
        self._suffix = suffix

    def after(self, word: Word, number: int, count: int) -> tuple[list[int], int] | None:
        """At most `count` contacts after `number` that have the word, rising, and up to where those are all.

        None where no answer is kept.
        """
        kept = self._search(word)
        if kept is None:
            return None
        search, until = kept
        found = self._run(
            "SELECT contact FROM kept_found{} WHERE search = ? AND contact > ? AND contact <= ? "
            "ORDER BY contact LIMIT ?",
            *(search, number, until, count),
        )
        return [row[0] for row in found], max(number, until)

    def nobody(self, word: Word) -> bool:
        """Whether it is kept that no contact has the word."""
        return self.after(word, -1, 1) == ([], WHOLE)

    def keep(self, answers: Iterable[Answer]) -> None:
        """Keeps these answers and no others."""
        self._run("DELETE FROM kept_searches{}")
        self._run("DELETE FROM kept_found{}")
        for search, answer in enumerate(answers):
            word = answer.word
            self._run(
                "INSERT INTO kept_searches{} VALUES (?, ?, ?, ?)",
                *(search, word.column, word.beginning, answer.until),
            )
            self._connection.executemany(
                self._named("INSERT INTO kept_found{} VALUES (?, ?)"),
                ((number, search) for number in answer.numbers),
            )

    def join(self, contacts: Iterable[tuple[int, Contact]], field_ids: Sequence[str]) -> None:
        """Adds new contacts, by row number, to the answers they belong to; `field_ids` have columns of their own."""
        if self._run("SELECT 1 FROM kept_searches{} LIMIT 1").fetchone() is None:
            return
        with OwnWords(self._connection, field_ids) as words:
            for number, contact in contacts:
                words.add(number, contact)
            self._run(
                "INSERT OR IGNORE INTO kept_found{0} SELECT doc, search FROM temp.own_terms "
                "JOIN kept_searches{0} ON word_column IN ('', col) AND doc <= until "
                "AND substr(term, 1, length(beginning)) = beginning"
            )

    def leave(self, number: int) -> None:
        """Takes a contact out of every answer."""
        self._run("DELETE FROM kept_found{} WHERE contact = ?", number)

    def _search(self, word: Word) -> tuple[int, int] | None:
        found: tuple[int, int] | None = self._run(
            "SELECT search, until FROM kept_searches{} WHERE word_column = ? AND beginning = ?",
            *(word.column, word.beginning),
        ).fetchone()
        return found

    def _named(self, sql: str) -> str:
        return sql.format(self._suffix)

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(self._named(sql), values)


class OwnWords:
    """A passing word index of a few contacts, with the columns of the lasting one; its terms are `temp.own_terms`."""

    def __init__(self, connection: sqlite3.Connection, field_ids: Sequence[str]) -> None:
        self._connection = connection
        self._places = word_columns(field_ids)
        self.columns = ("contact_id", "contact_uid", *(f"f{n}" for n in range(len(field_ids))), "rest")

    def __enter__(self) -> "OwnWords":
        self.__exit__()
        self._connection.execute(
            f"CREATE VIRTUAL TABLE temp.own_words USING fts5({', '.join(self.columns)}, content='', columnsize=0, "
            f"{WORDS})"
        )
        self._connection.execute(
            "CREATE VIRTUAL TABLE temp.own_terms USING fts5vocab(temp, own_words, instance)"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.execute("DROP TABLE IF EXISTS temp.own_terms")
        self._connection.execute("DROP TABLE IF EXISTS temp.own_words")

    def add(self, number: int, contact: Contact) -> None:
        """Adds the words of a contact under a number of its own."""
        marks = ", ".join("?" * (len(self.columns) + 1))
        self._connection.execute(
            f"INSERT INTO temp.own_words (rowid, {', '.join(self.columns)}) VALUES ({marks})",
            (number, *word_values(contact, self._places)),
        )
