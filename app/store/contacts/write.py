"""Single contacts in and out of the cache's tables: what a look-up found, what a refresh must not lose.

Nothing here begins or ends a transaction; that is the caller's.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from app.domain.model import Contact
from app.store.contacts.kept_answers import KeptAnswers
from app.store.contacts.rows import (
    FIRST_ODD,
    NARROW,
    document,
    narrow_values,
    plain_number,
    value_rows,
    whole_contact,
    word_columns,
    word_values,
)
from app.store.text import comparable, restored, stored

Origin = Literal["lookup", "import"]


class ContactTables:
    """The tables that hold contacts, live ones or those with `suffix`, through one connection with named rows."""

    def __init__(self, connection: sqlite3.Connection, suffix: str = "") -> None:
        self._connection = connection
        self._suffix = suffix

    def number_of(self, contact_id: str) -> int | None:
        """The row number that a contact of this id has, or would have; None for an odd id that is not there."""
        number = plain_number(contact_id)
        return next(iter(self.numbers("id", contact_id, 1)), None) if number is None else number

    def numbers(self, key_id: str, value: str, limit: int = -1) -> list[int]:
        """The first row numbers of contacts with this value, rising; empty values find nobody, -1 is all."""
        if not value:
            return []
        number = plain_number(value) if key_id == "id" else None
        if number is not None:
            sql = self._named("SELECT number FROM contacts{} WHERE number = ? LIMIT ?")
            found = self._connection.execute(sql, (number, limit))
        else:
            sql = self._named(
                "SELECT contact FROM field_values{} WHERE field_id = ? AND value = ? ORDER BY contact LIMIT ?"
            )
            found = self._connection.execute(sql, (stored(key_id), comparable(key_id, value), limit))
        return [row[0] for row in found]

    def id_of(self, number: int) -> str:
        """The contact id of a row number."""
        row = None if number < FIRST_ODD else self._one("SELECT id FROM contacts{} WHERE number = ?", number)
        return str(number) if row is None else restored(row["id"])

    def get(self, number: int) -> Contact | None:
        """One contact with all its values; None where there is none."""
        row = self._one(
            f"SELECT {NARROW}, fields FROM contacts{{0}} JOIN documents{{0}} USING (number) WHERE number = ?",
            number,
        )
        return None if row is None else whole_contact(row)

    def add(self, contact: Contact) -> int:
        """Adds a contact that is not there; its row number."""
        number = self.number_of(contact.id)
        if number is None:
            number = self._next_odd()
        self.put(number, contact)
        return number

    def put(self, number: int, contact: Contact) -> None:
        """Adds a contact that is not there under a row number of its own."""
        self._run(
            f"INSERT INTO contacts{{}} ({NARROW}) VALUES (?, ?, ?, ?, ?, ?)", *narrow_values(number, contact)
        )
        self._run("INSERT INTO documents{} VALUES (?, ?)", number, document(contact))
        for row in value_rows(number, contact):
            self._run("INSERT OR IGNORE INTO field_values{} VALUES (?, ?, ?)", *row)
        self._words("", number, contact)
        self._answers().join([(number, contact)], self.columns())
        self._run("UPDATE anchors{} SET position = position + 1 WHERE number > ?", number)

    def remove(self, number: int) -> Contact | None:
        """Takes a contact out of every table; the contact, None where there was none."""
        contact = self.get(number)
        if contact is not None:
            self._words("delete", number, contact)
            self._answers().leave(number)
            for row in value_rows(number, contact):
                self._run("DELETE FROM field_values{} WHERE field_id = ? AND value = ? AND contact = ?", *row)
            self._run("DELETE FROM documents{} WHERE number = ?", number)
            self._run("DELETE FROM contacts{} WHERE number = ?", number)
            # An anchor stands at a row that is there; one of many may be missing.
            self._run("DELETE FROM anchors{} WHERE number = ?", number)
            self._run("UPDATE anchors{} SET position = position - 1 WHERE number > ?", number)
        return contact

    def columns(self) -> Sequence[str]:
        """The field ids that have a column of the word index, in the order of the columns."""
        sql = f"SELECT field_id FROM search_columns{self._suffix} ORDER BY position"
        return [restored(row["field_id"]) for row in self._connection.execute(sql)]

    def place_anchors(self, every: int) -> None:
        """Anchors the first contact and every so many from there, and no others."""
        self._run("DELETE FROM anchors{}")
        self._run(
            "INSERT INTO anchors{0} SELECT number, place - 1 FROM "
            "(SELECT number, row_number() OVER (ORDER BY number) AS place FROM contacts{0}) WHERE place % ? = 1",
            every,
        )

    def join_answers(self, numbers: Iterable[int]) -> None:
        """Adds contacts that are there to the answers that are kept."""
        contacts = ((number, contact) for number in numbers if (contact := self.get(number)) is not None)
        self._answers().join(contacts, self.columns())

    def _answers(self) -> KeptAnswers:
        return KeptAnswers(self._connection, self._suffix)

    def _words(self, command: str, number: int, contact: Contact) -> None:
        columns = self.columns()
        names = ["rowid", "contact_id", "contact_uid", *(f"f{n}" for n in range(len(columns))), "rest"]
        values = [number, *word_values(contact, word_columns(columns))]
        if command:
            names.insert(0, f"search{self._suffix}")
            values.insert(0, command)
        marks = ", ".join("?" * len(values))
        self._run(f"INSERT INTO search{{}} ({', '.join(names)}) VALUES ({marks})", *values)

    def _next_odd(self) -> int:
        row = self._one("SELECT max(number) AS highest FROM contacts{}")
        return FIRST_ODD if row is None else max(FIRST_ODD, (row["highest"] or 0) + 1)

    def _named(self, sql: str) -> str:
        return sql.format(self._suffix)

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(self._named(sql), values).fetchone()
        return row

    def _run(self, sql: str, *values: object) -> None:
        self._connection.execute(self._named(sql), values)


def copy_survivors(connection: sqlite3.Connection, suffix: str) -> int:
    """Copies looked-up and imported contacts to the tables with `suffix`, if those lack them; how many it copied."""
    live, new = ContactTables(connection), ContactTables(connection, suffix)
    kept: list[tuple[int, str]] = []
    for row in connection.execute("SELECT contact, origin FROM origins ORDER BY contact").fetchall():
        contact = live.get(row["contact"])
        if contact is not None:
            number = new.number_of(contact.id)
            if number is None or new.get(number) is None:
                kept.append((new.add(contact), row["origin"]))
    connection.execute("DELETE FROM origins")
    connection.executemany("INSERT INTO origins VALUES (?, ?)", kept)
    return len(kept)


def remember(connection: sqlite3.Connection, contact: Contact, origin: Origin) -> int:
    """Adds a contact, or what is new about it, and marks where it came from; its row number."""
    tables = ContactTables(connection)
    number = tables.number_of(contact.id)
    earlier = None if number is None else tables.get(number)
    merged = _merged(earlier or Contact(contact.id, "", {}), contact)
    if number is None or earlier is None:
        number = tables.add(merged)
        connection.execute("UPDATE state SET contacts = contacts + 1")
    elif merged != earlier:
        tables.remove(number)
        number = tables.add(merged)
    connection.execute("INSERT OR IGNORE INTO origins VALUES (?, ?)", (number, origin))
    return number


def _merged(earlier: Contact, later: Contact) -> Contact:
    fields = {**earlier.fields, **later.fields}
    return Contact(later.id, later.uid or earlier.uid, {key: text for key, text in fields.items() if text})


def remember_lookup(
    connection: sqlite3.Connection, key_id: str, value: str, contacts: Iterable[Contact]
) -> None:
    """Makes the contacts with (key, value) those that the account answered with: no more, no fewer."""
    tables = ContactTables(connection)
    found = {remember(connection, contact, "lookup") for contact in contacts}
    held = set(tables.numbers(key_id, value))
    for number in held - found:
        _change(connection, number, key_id, "")
    for number in found - held:
        _change(connection, number, key_id, value)
    connection.execute(
        "INSERT OR IGNORE INTO looked_up VALUES (?, ?)", (stored(key_id), comparable(key_id, value))
    )


def _change(connection: sqlite3.Connection, number: int, key_id: str, value: str) -> None:
    """Gives a contact another value; one that has lost its id is gone."""
    tables = ContactTables(connection)
    contact = tables.remove(number)
    if contact is None:
        return
    match key_id:
        case "id":
            connection.execute("DELETE FROM origins WHERE contact = ?", (number,))
            connection.execute("UPDATE state SET contacts = contacts - 1")
        case "uid":
            tables.add(replace(contact, uid=value))
        case _:
            fields = {**contact.fields, key_id: value}
            tables.add(replace(contact, fields={name: text for name, text in fields.items() if text}))
