"""The contacts of a cache by rising number, all of them or those a search finds, as the windows need them."""

import json
from array import array
from collections.abc import Sequence

from app.store.cache_file import CacheFile
from app.store.contacts.kept_answers import WHOLE, KeptAnswers
from app.store.contacts.rows import NARROW, ContactRow, narrow_row
from app.store.contacts.search import Word
from app.store.contacts.write import ContactTables
from app.store.row_numbers import first_column, row_numbers


class Contacts:
    """Contacts in some order: all of them, or those with every one of `words`. Raises StoreError."""

    is_short = False

    def __init__(self, file: CacheFile, words: Sequence[Word] = ()) -> None:
        self._file = file
        self._words = words
        self._query = " ".join(word.match for word in words)

    def key_of(self, row: ContactRow) -> int | None:
        """See KeyOrder and FoundOrder."""
        with self._file.guarded() as connection:
            return next(iter(ContactTables(connection).numbers("id", row.id, 1)), None)

    def with_keys(self, keys: Sequence[int]) -> Sequence[ContactRow]:
        """See FoundOrder."""
        sql = f"SELECT {NARROW} FROM contacts WHERE number IN (SELECT value FROM json_each(?))"
        rows = {row["number"]: narrow_row(row) for row in self._file.all(sql, json.dumps(list(keys)))}
        return [rows[key] for key in keys if key in rows]


class ContactOrder(Contacts):
    """All contacts by rising row number: a KeyOrder."""

    def ends(self) -> tuple[int, int] | None:
        """See KeyOrder."""
        first, last = self._file.all(
            "SELECT (SELECT min(number) FROM contacts), (SELECT max(number) FROM contacts)"
        )[0]
        return None if first is None else (first, last)

    def step(self, key: int, rows: int) -> int | None:
        """See KeyOrder."""
        sign, order = (">=", "ASC") if rows > 0 else ("<=", "DESC")
        found = self._file.all(
            f"SELECT number FROM contacts WHERE number {sign} ? ORDER BY number {order} LIMIT 1 OFFSET {abs(rows)}",
            key,
        )
        return found[0][0] if found else None

    def distance(self, key: int, target: int) -> int:
        """See KeyOrder."""
        count: int = self._file.all(
            "SELECT count(*) FROM contacts WHERE number >= ? AND number < ?", key, target
        )[0][0]
        return count

    def from_key(self, key: int, skip: int, count: int) -> Sequence[ContactRow]:
        """See KeyOrder."""
        sql = f"SELECT {NARROW} FROM contacts WHERE number >= ? ORDER BY number LIMIT ? OFFSET ?"
        return [narrow_row(row) for row in self._file.all(sql, key, count, skip)]

    def anchors(self) -> Sequence[tuple[int, int]]:
        """(position, key) of some contacts, all through the order."""
        return [
            (row[0], row[1]) for row in self._file.all("SELECT position, number FROM anchors ORDER BY number")
        ]


class FoundContacts(Contacts):
    """Contacts with some words, by rising row number: a FoundOrder."""

    total = None

    def numbers(self, start: int, count: int, last: int | None) -> "array[int]":  # noqa: ARG002 - a FoundOrder may need either
        """See FoundOrder."""
        found, until = self._kept(-1 if last is None else last, count)
        if len(found) < count and until < WHOLE:
            sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?"
            found += [row[0] for row in self._file.all(sql, self._query, until, count - len(found))]
        return row_numbers(found)

    def _kept(self, key: int, count: int) -> tuple[list[int], int]:
        """What is kept of the contacts after `key`, and up to which one that is all."""
        with self._file.guarded() as connection:
            answers = KeptAnswers(connection)
            found = answers.after(self._words[0], key, count) if len(self._words) == 1 else None
            if found is not None:
                return found
            if any(answers.nobody(part) for word in self._words for part in word.parts):
                return [], WHOLE
        return [], key

    def all_numbers(self) -> "array[int]":
        """See FoundOrder."""
        with self._file.guarded() as connection:
            return first_column(
                connection.execute(
                    "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid", (self._query,)
                )
            )
