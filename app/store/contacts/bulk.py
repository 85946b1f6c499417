"""Many new contacts at once: staged as their documents, and spread over the tables by SQLite itself.

Separate from `write`, which takes contacts one by one: here Python touches each contact once, and whatever
takes long is a single statement, during which other threads run.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from app.domain.model import Contact
from app.store.contacts.rows import EMAIL, FIRST_NAME, FIRST_ODD, LAST_NAME, NAME, document
from app.store.contacts.write import ContactTables
from app.store.database import transaction
from app.store.text import stored

_SORTING_KILOBYTES = 32_768
_VALUES_AT_ONCE = 250_000
_PAGES_AT_ONCE = 2000
_NO_MERGING = {"automerge": 0, "crisismerge": 1000}
_MERGING = {"automerge": 4, "crisismerge": 16}
_BEFORE_ALL = ("", "", -1)
# What SQLite's JSON functions would not give back as it was put in.
_AWKWARD = ("\\u0000", "\\ud")


def _value_of(field_id: str) -> str:
    return f"""json_extract(fields, '$."{field_id}"')"""


_NAME = f"trim(coalesce({_value_of(FIRST_NAME)}, '') || ' ' || coalesce({_value_of(LAST_NAME)}, ''))"
_VALUES = f"""
    SELECT key AS field_id, CASE key WHEN '{EMAIL}' THEN lower(value) ELSE value END AS value, number AS contact
    FROM staged, json_each(fields) WHERE fields IS NOT NULL AND value != ''
    UNION ALL SELECT '{NAME}', lower({_NAME}), number FROM staged WHERE fields IS NOT NULL AND {_NAME} != ''
    UNION ALL SELECT 'uid', uid, number FROM staged WHERE fields IS NOT NULL AND uid != ''
    UNION ALL SELECT 'id', id, number FROM staged WHERE fields IS NOT NULL AND number >= {FIRST_ODD}
"""


class ContactBulk:
    """New contacts for the tables with `suffix`, through a connection of which it owns the temporary tables.

    `stage` keeps them beside the cache, `spread` adds what is staged. For tables that are only being made, `settle_later`
    leaves it to `settle` to bring values and words into their order, which then costs a third less.
    """

    def __init__(
        self, connection: sqlite3.Connection, suffix: str = "", *, settle_later: bool = False
    ) -> None:
        self._connection = connection
        self._suffix = suffix
        self._settle_later = settle_later
        self._columns = list(ContactTables(connection, suffix).columns())
        self._known = frozenset(self._columns)
        self._awkward: dict[int, Contact] = {}
        # Sorting a million contacts' values in the few megabytes of the default takes many times as long.
        self._run(f"PRAGMA cache_size = -{_SORTING_KILOBYTES}")
        self.discard()
        self._run(
            "CREATE TEMP TABLE staged (number INTEGER PRIMARY KEY, id TEXT, uid TEXT, fields TEXT, rest TEXT)"
        )
        self._run("CREATE TEMP TABLE raw_values (field_id TEXT, value TEXT, contact INTEGER)")
        if settle_later:
            self._configure_words(_NO_MERGING)

    def discard(self) -> None:
        """Drops what is staged."""
        self._run("DROP TABLE IF EXISTS temp.staged")
        self._run("DROP TABLE IF EXISTS temp.raw_values")

    def stage(self, contacts: Iterable[tuple[int, Contact]]) -> None:
        """Keeps (row number, contact) for `spread`, within the caller's transaction; of two with one number the first."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?)", map(self._staged, contacts)
        )

    def spread(self) -> int:
        """Adds what is staged and not there yet, within the caller's transaction; how many that were."""
        self._run(f"DELETE FROM staged WHERE number IN (SELECT number FROM contacts{self._suffix})")
        awkward = self._run("SELECT number FROM staged WHERE fields IS NULL").fetchall()
        for (number,) in awkward:
            ContactTables(self._connection, self._suffix).put(number, self._awkward[number])
        added = len(awkward) + self._spread_plain()
        self._awkward.clear()
        self._run("DELETE FROM staged")
        return added

    def settle(self) -> None:
        """Brings into order what waits for it, in short transactions of its own: others may write meanwhile."""
        self._add_values()
        self._merge_words()
        self._configure_words(_MERGING)

    def _add_values(self) -> None:
        self._run("CREATE INDEX temp.sorted_values ON raw_values (field_id, value, contact)")
        after: Sequence[object] | None = _BEFORE_ALL
        while after is not None:
            until = self._values_until(after)
            bounds = "> (?1, ?2, ?3)" + (" AND (field_id, value, contact) <= (?4, ?5, ?6)" if until else "")
            with transaction(self._connection):
                self._run(
                    f"INSERT OR IGNORE INTO field_values{self._suffix} SELECT * FROM raw_values "
                    f"WHERE (field_id, value, contact) {bounds} ORDER BY field_id, value, contact",
                    *after,
                    *(until or ()),
                )
            after = until

    def _values_until(self, after: Sequence[object]) -> Sequence[object] | None:
        found: Sequence[object] | None = self._run(
            "SELECT * FROM raw_values WHERE (field_id, value, contact) > (?, ?, ?) "
            f"ORDER BY field_id, value, contact LIMIT 1 OFFSET {_VALUES_AT_ONCE - 1}",
            *after,
        ).fetchone()
        return found

    def _merge_words(self) -> None:
        """All segments of the word index into one; a negative number of pages is how FTS5 is told to begin that."""
        pages, changed = -_PAGES_AT_ONCE, True
        while changed:
            before = self._connection.total_changes
            with transaction(self._connection):
                self._tell_words("merge", pages)
            changed = pages < 0 or self._connection.total_changes - before >= 2
            pages = _PAGES_AT_ONCE

    def _configure_words(self, settings: Mapping[str, int]) -> None:
        with transaction(self._connection):
            for command, value in settings.items():
                self._tell_words(command, value)

    def _tell_words(self, command: str, value: int) -> None:
        self._run(
            f"INSERT INTO search{self._suffix} (search{self._suffix}, rank) VALUES (?, ?)", command, value
        )

    def _staged(self, numbered: tuple[int, Contact]) -> tuple[int, object, object, str | None, str | None]:
        number, contact = numbered
        text = document(contact)
        uid = stored(contact.uid)
        identifier = None if number < FIRST_ODD else stored(contact.id)
        if (
            isinstance(uid, bytes)
            or isinstance(identifier, bytes)
            or ("\\" in text and any(mark in text for mark in _AWKWARD))
        ):
            self._awkward.setdefault(number, contact)
            return number, None, None, None, None
        rest = None if contact.fields.keys() <= self._known else self._rest(contact.fields)
        return number, identifier, uid, text, rest

    def _rest(self, fields: Mapping[str, str]) -> str:
        return " ".join(text for key, text in sorted(fields.items()) if key not in self._known)

    def _spread_plain(self) -> int:
        added = self._run(
            f"INSERT INTO contacts{self._suffix} SELECT number, id, uid, {_value_of(EMAIL)}, "
            f"{_value_of(FIRST_NAME)}, {_value_of(LAST_NAME)} FROM staged WHERE fields IS NOT NULL"
        ).rowcount
        self._run(
            f"INSERT INTO documents{self._suffix} SELECT number, fields FROM staged WHERE fields IS NOT NULL"
        )
        names = "".join(f"f{place}, " for place in range(len(self._columns)))
        words = "".join(f"{_value_of(field_id)}, " for field_id in self._columns)
        self._run(
            f"INSERT INTO search{self._suffix} (rowid, contact_id, contact_uid, {names}rest) "
            f"SELECT number, coalesce(id, number), uid, {words}rest FROM staged WHERE fields IS NOT NULL"
        )
        if self._settle_later:
            self._run(f"INSERT INTO raw_values {_VALUES}")
        else:
            self._run(f"INSERT OR IGNORE INTO field_values{self._suffix} {_VALUES} ORDER BY 1, 2, 3")
        return added

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)
