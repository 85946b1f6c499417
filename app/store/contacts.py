"""The contacts of a cache: exact look-ups, search as you type, adding and removing contacts.

Functions that take a connection work within the caller's transaction.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from hashlib import blake2b
from itertools import chain, groupby, islice
from pathlib import Path
from string import ascii_lowercase, punctuation
from threading import Event
from typing import Literal, NamedTuple

from app.domain.diagnosis import FieldMatch
from app.domain.identifiers import differs_by, fold, is_number, search_forms, search_text
from app.domain.model import Contact, Field, KeptContact, ListOrder
from app.domain.recipient import EMAIL, FIRST_NAME, LAST_NAME, contact_name, normalize, plain_name
from app.domain.text import replace_surrogates
from app.store.cache_file import CacheFile, opened
from app.store.database import BUSY_SECONDS, transaction
from app.store.row_ids import RowIds
from app.store.schema import index_contacts, run_script
from app.store.text import numeric_order

Origin = Literal["lookup", "import"]

BY_ID = ListOrder("id")
NEAREST = ListOrder("nearness")
"""Contacts that have the searched words themselves, then those that have words beginning with them; each by id."""
FIRST_ODD = 1 << 62
MAX_WORDS = 16
MAX_TERMS = 20_000
MAX_NEAR = 5
MAX_NEAREST = 50
MAX_NEARLY = 1000
SHORTEST_NEAR = 4
NEAR = 0.75
"""How alike two words must be, as difflib measures it: one letter of four, or two of eight, may differ."""
MAX_WORD_LENGTH = 80
MAX_VARIANTS = 5
MAX_CANDIDATES = 50
MAX_VALUE_LENGTH = 1000
PAGE_ROWS = 500
IMPORT_BATCH = 25_000
SORT_MEMORY_KIB = 32_768

_READ = "number, id, uid, fields"
_FOUND_BY_WORDS = "SELECT rowid FROM contacts_fts WHERE contacts_fts MATCH ?"
_FOUND_BY_VALUE = "SELECT contact FROM field_values WHERE field_id = ? AND value >= ? AND value < ?"

_TOKEN = re.compile(r"[^\W_]+")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

StagedRow = tuple[int, str, str, str | None, str | None, str, Origin | None]


class ContactTable:
    """The contacts of one cache file, for use on one thread. Raises StoreError."""

    def __init__(self, file: CacheFile) -> None:
        self._file = file

    def count(self, key_id: str, value: str, limit: int) -> int:
        with self._file.guarded() as connection:
            return len(exact(connection, key_id, value, limit))

    def find(self, key_id: str, value: str, limit: int) -> tuple[Contact, ...]:
        """The first contacts with exactly this value, in numeric order; field 3 ignores ASCII case."""
        with self._file.guarded() as connection:
            found = [get(connection, number) for number in exact(connection, key_id, value, limit)]
        return tuple(contact for contact in found if contact is not None)

    def kept(self, key_id: str, value: str) -> KeptContact | None:
        """The one contact with this value, with all values that find it alone; None if there is not exactly one."""
        found = self.find(key_id, value, 2)
        if len(found) != 1:
            return None
        values = {**found[0].fields, "uid": found[0].uid}
        keys = [text for key, text in values.items() if self.count(key, text, 2) == 1]
        return KeptContact(found[0].id, contact_name(found[0]), tuple(dict.fromkeys(keys)))

    def get(self, contact_id: str) -> Contact | None:
        return next(iter(self.find("id", contact_id, 1)), None)

    def search(
        self,
        text: str = "",
        fields: Iterable[Field] = (),
        order: ListOrder = BY_ID,
        stop: Event | None = None,
    ) -> RowIds[Contact]:
        """Contacts that have, for every word of `text`, a word that begins with it, or else one that is similar.

        Ignores case and accents, and what separates the parts of numbers and codes.

        `field:value` finds contacts with a value that begins with `value` in one of the `fields`, given by id, string
        id or name. `order` is by `id`, `email` or `name`. Once `stop` is set, methods for workers raise StoppedError.
        """

        @contextmanager
        def apart() -> Iterator[sqlite3.Connection]:
            with opened(self._file.path, stop) as file, file.guarded() as connection:
                yield connection

        return RowIds(ContactListing(parse_search(text, fields), order), self._file.guarded, apart)

    def containing(self, text: str, limit: int) -> Iterator[Contact]:
        """Contacts with `text` anywhere in a value (any case), in numeric order; limit 0 means no limit."""
        wanted = text.casefold()

        def has_it(contact: Contact) -> bool:
            values = (contact.id, contact.uid, *contact.fields.values())
            return any(wanted in value.casefold() for value in values)

        return islice(filter(has_it, self._may_contain(text)), limit or None)

    def _may_contain(self, text: str) -> Iterator[Contact]:
        # JSON does not escape these texts, and LIKE ignores the case of ASCII letters only.
        plain = text.isascii() and text.isprintable() and not {'"', "\\", "%", "_"} & {*text}
        sql = (
            f"SELECT {_READ} FROM contacts WHERE number > ?1 AND (fields LIKE ?2 OR uid LIKE ?2 OR id LIKE ?2) "
            f"ORDER BY number LIMIT {PAGE_ROWS}"
        )
        last = -1
        while rows := self._file.all(sql, last, f"%{text}%" if plain else "%"):
            yield from map(_contact, rows)
            last = rows[-1]["number"]

    def origins(self) -> Mapping[Origin, int]:
        """The number of contacts looked up and imported; a partial refresh keeps them."""
        rows = self._file.all(
            "SELECT origin, count(*) AS number FROM contacts WHERE origin IS NOT NULL GROUP BY origin"
        )
        return {row["origin"]: row["number"] for row in rows}

    # Hints about a rejected trigger

    def holders(self, value: str, fields: Iterable[Field]) -> tuple[FieldMatch, ...]:
        """The key fields in which exactly one contact has this value: fields by numeric id, then `id` and `uid`."""
        keys = sorted((*(field.id for field in fields), "id", "uid"), key=numeric_order)
        found = [(key_id, self.find(key_id, value, 2)) for key_id in keys]
        return tuple(FieldMatch(key_id, contacts[0].id) for key_id, contacts in found if len(contacts) == 1)

    def variants(self, key_id: str, value: str) -> tuple[str, ...]:
        """A few values of this field that differ from `value` only in case or surrounding blanks."""
        wanted = value.strip().casefold()
        if not any(map(str.isalnum, wanted)) or len(value) > MAX_VALUE_LENGTH:
            return ()
        sql = f"SELECT {_READ} FROM contacts WHERE number IN ({_FOUND_BY_WORDS} LIMIT {MAX_CANDIDATES})"
        values = {_contact(row).value(key_id) for row in self._file.all(sql, _phrase(fold(value)))}
        known = sorted(one for one in values if one != value and one.strip().casefold() == wanted)
        return tuple(known[:MAX_VARIANTS])

    def nearly(self, key_id: str, value: str) -> Contact | None:
        """The one contact with a value of this field in which one or two letters differ; never for a number."""
        folded = normalize(key_id, value)
        if is_number(value) or not SHORTEST_NEAR <= len(value) <= MAX_VALUE_LENGTH:
            return None
        with self._file.guarded() as connection:
            match, values = Search(tuple(_forms(value.split()[:MAX_WORDS])), ()).nearly(connection)
            rows = connection.execute(f"{match} LIMIT {MAX_NEARLY + 1}", values).fetchall() if match else []
            if len(rows) > MAX_NEARLY:
                return None
            known = [contact for row in rows if (contact := get(connection, row[0])) is not None]
        near = [one for one in known if differs_by(normalize(key_id, one.value(key_id)), folded, 2)]
        return near[0] if len(near) == 1 else None


# Search


class ContactListing:
    """The sorted contacts that match a search, as a Listing.

    If the words are the beginnings of no contact's words, those that contain them match, and if there are none either,
    those with words that differ by a letter or two. Then `similar` is set.
    """

    def __init__(self, search: "Search", order: ListOrder) -> None:
        self._search = search
        self._order = order
        self.similar = False
        self._use(search.found())

    def _use(self, found: "Found") -> None:
        sql, self._values = found
        way = " DESC" if self._order.descending else ""
        if self._order.column in ("id", NEAREST.column):
            self._ids = f"{sql or 'SELECT number FROM contacts'} ORDER BY 1{way}"
        else:
            # The plus rules out the row number: a scan of the sort index takes the same time for few and many, without a sort.
            among = f" WHERE +number IN ({sql})" if sql else ""
            column = self._order.column
            self._ids = f"SELECT number FROM contacts{among} ORDER BY {column}{way} NULLS LAST, number{way}"
        self._count = f"SELECT count(*) FROM ({sql})" if sql else "SELECT contacts FROM state"

    def ids(self, connection: sqlite3.Connection, limit: int) -> Iterable[Sequence[int]]:
        found = self._run(connection, limit)
        first = found.fetchone()
        for look in (self._search.containing, partial(self._search.near, connection)):
            if first is None and not self.similar and self._search.may_be_similar:
                self._use(look())
                found = self._run(connection, limit)
                first = found.fetchone()
                self.similar = first is not None
        if first is None:
            return ()
        nearest = [] if self.similar else self._nearest(connection)
        others = (row for row in chain((first,), found) if row[0] not in nearest)
        return islice(chain(((number,) for number in nearest), others), None if limit < 0 else limit)

    def _nearest(self, connection: sqlite3.Connection) -> Sequence[int]:
        if self._order != NEAREST or not self._search.words:
            return []
        sql, values = self._search.whole()
        whole = [row[0] for row in connection.execute(f"{sql} ORDER BY 1 LIMIT {MAX_NEAREST}", values)]
        if self._search.beginnings:
            return whole
        # The words of one address may all be words of another one, such as mr.thor@example.com.
        keys = (EMAIL, "id")
        typed = [number for key in keys for number in exact(connection, key, self._search.typed, MAX_NEAREST)]
        return list(dict.fromkeys((*typed, *whole)))

    def _run(self, connection: sqlite3.Connection, limit: int) -> sqlite3.Cursor:
        return connection.execute(f"{self._ids} LIMIT ?", (*self._values, limit))

    def count(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute(self._count, self._values).fetchone()[0])

    def rows(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Sequence[Contact]:
        sql = f"SELECT {_READ} FROM contacts WHERE number IN (SELECT value FROM json_each(?))"
        rows = {row["number"]: row for row in connection.execute(sql, (json.dumps(list(ids)),))}
        return [_contact(rows[number]) for number in ids if number in rows]

    def id_of(self, connection: sqlite3.Connection, row: Contact) -> int | None:
        return next(iter(exact(connection, "id", row.id, 1)), None)


Found = tuple[str, list[str]]
"""A SELECT of the row numbers of the contacts, '' if all match, and the values that it binds."""


class Search(NamedTuple):
    """The words, each as the forms that it may have, and a field id and value prefix for each `field:value`."""

    words: tuple[tuple[str, ...], ...]
    beginnings: tuple[tuple[str, str], ...]
    typed: str = ""

    @property
    def may_be_similar(self) -> bool:
        """Whether there are words to be similar to: a single letter is part of nearly every word."""
        return bool(self.words) and not any(len(one[0]) == 1 and one[0].isascii() for one in self.words)

    def found(self) -> Found:
        return self._matching(self.words)

    def whole(self) -> Found:
        match = " AND ".join(f"({' OR '.join(map(_phrase, forms))})" for forms in self.words)
        return self._within([_FOUND_BY_WORDS], [match])

    def containing(self) -> Found:
        """The contacts with a form of each word anywhere in their words."""
        # What contains a longer form contains the shorter one in it too.
        words = dict.fromkeys(
            tuple(one for one in forms if not any(other in one for other in forms if other != one))
            for forms in self.words
        )
        parts = " AND ".join(f"({' OR '.join(['instr(c0, ?)'] * len(forms))})" for forms in words)
        values = [storable(form) for forms in words for form in forms]
        # The table in which FTS5 keeps the words takes half the time.
        return self._within([f"SELECT id FROM contacts_fts_content WHERE {parts}"], values, "id")

    def near(self, connection: sqlite3.Connection) -> Found:
        """The contacts with words that differ by a letter or two from those that no contact has."""
        _open_terms(connection)
        return self._matching([_near_terms(connection, token) for token in self._tokens])

    def nearly(self, connection: sqlite3.Connection) -> Found:
        """The contacts with words like all those that are like any contact's; an empty SELECT if no word is."""
        _open_terms(connection)
        return self._matching(filter(None, [_similar_terms(connection, token) for token in self._tokens]))

    @property
    def _tokens(self) -> Iterable[str]:
        return dict.fromkeys(token for forms in self.words for token in _TOKEN.findall(forms[0]))

    def _matching(self, words: Iterable[Sequence[str]]) -> Found:
        match = " AND ".join(f"({' OR '.join(map(_beginning, forms)) or _phrase('')})" for forms in words)
        return self._within([_FOUND_BY_WORDS], [match]) if match else self._within([], [])

    def _within(self, parts: list[str], values: list[str], column: str = "+rowid") -> Found:
        # The plus rules out the row id: FTS5 would repeat the search for every contact in the other set.
        column = column if parts else "contact"
        parts = [*parts, *[_FOUND_BY_VALUE] * len(self.beginnings)]
        for field_id, value in self.beginnings:
            values = [*values, field_id, value, f"{value}\U0010ffff"]
        return "".join(parts[:1]) + "".join(f" AND {column} IN ({part})" for part in parts[1:]), values


def parse_search(text: str, fields: Iterable[Field]) -> Search:
    """The words of a search, without those that contain no letter or digit."""
    names = {"id": "id", "uid": "uid"}
    if ":" in text:
        names |= {
            plain_name(name): one.id for one in fields for name in (one.name, one.string_id, one.id) if name
        }
    words, beginnings = [], []
    for word in text.split()[:MAX_WORDS]:
        name, colon, value = word[:MAX_WORD_LENGTH].partition(":")
        field_id = names.get(plain_name(name)) if colon else None
        wanted = word[:MAX_WORD_LENGTH] if field_id is None else value
        if not any(map(str.isalnum, wanted)):
            continue
        if field_id is None:
            words.append(wanted)
        else:
            beginnings.append((field_id, storable(wanted)))
    return Search(tuple(_forms(words)), tuple(beginnings), storable(text.strip()))


def _forms(words: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The forms of each word, and of each number, which may be typed in several words."""
    for together, some in groupby(words, is_number):
        if together:
            yield search_forms(" ".join(some))
        else:
            yield from (search_forms(word.strip(punctuation)) for word in some)


def _beginning(form: str) -> str:
    """The MATCH expression for the beginnings of words; those of a number in several words may be apart."""
    return f"({' AND '.join(f'{_phrase(part)} *' for part in form.split())})"


def _open_terms(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'contacts_fts', 'row')"
    )


_TERMS = "SELECT term FROM temp.terms WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ? LIMIT ?"


def _near_terms(connection: sqlite3.Connection, token: str) -> Sequence[str]:
    """The indexed words that begin with a token or, if there are none, that differ from it by a letter or two."""
    if connection.execute(_TERMS, (token, f"{token}\U0010ffff", 0, MAX_VALUE_LENGTH, 1)).fetchone():
        return (token,)
    return _similar_terms(connection, token)


def _similar_terms(connection: sqlite3.Connection, token: str) -> Sequence[str]:
    """The indexed words that differ from a token by at most a letter or two; () for a short token."""
    if len(token) < SHORTEST_NEAR:
        return ()
    half, sizes = len(token) // 2, (len(token) - 2, len(token) + 2)
    # The likeliest first, since only so many are compared.
    starts = (token[:half], *_with_another_first_letter(token, max(half, 3)), token[:1])
    rows = (
        row
        for start in starts
        for row in connection.execute(_TERMS, (start, f"{start}\U0010ffff", *sizes, MAX_TERMS))
    )
    return get_close_matches(token, {row[0] for row in islice(rows, MAX_TERMS)}, MAX_NEAR, NEAR)


def _with_another_first_letter(token: str, length: int) -> Iterator[str]:
    """The beginnings of the words that a token may mean if its first letter is one too many, swapped or another one."""
    yield token[1 : length + 1]
    yield token[1] + token[0] + token[2:length]
    yield from (letter + token[1:length] for letter in ascii_lowercase)


def _phrase(text: str) -> str:
    escaped = storable(text).replace('"', '""')
    return f'"{escaped}"'


# Single contacts


def exact(connection: sqlite3.Connection, key_id: str, value: str, limit: int = -1) -> list[int]:
    """The row numbers of the first contacts with exactly this value; field 3 ignores ASCII case. Limit -1 means all."""
    if not value:
        return []
    same = "" if key_id == EMAIL else " AND value = ?2 COLLATE BINARY"
    sql = (
        f"SELECT contact FROM field_values WHERE field_id = ?1 AND value = ?2{same} ORDER BY contact LIMIT ?3"
    )
    return [row[0] for row in connection.execute(sql, (storable(key_id), storable(value), limit))]


def get(connection: sqlite3.Connection, number: int) -> Contact | None:
    row = connection.execute(f"SELECT {_READ} FROM contacts WHERE number = ?", (number,)).fetchone()
    return None if row is None else _contact(row)


def put(connection: sqlite3.Connection, number: int, contact: Contact, origin: Origin | None = None) -> None:
    """Adds a contact, or replaces the one with this row number, which keeps its origin if it has one."""
    known = connection.execute("SELECT origin FROM contacts WHERE number = ?", (number,)).fetchone()
    origin = (known and known["origin"]) or origin
    remove(connection, number)
    row = (number, *staged_row(contact, origin)[1:])
    connection.execute("INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute(
        "INSERT INTO contacts_fts (rowid, words) VALUES (?, ?)",
        (number, search_text((contact.id, contact.uid, *contact.fields.values()))),
    )
    connection.executemany("INSERT OR IGNORE INTO field_values VALUES (?, ?, ?)", _values(connection, number))
    connection.execute("UPDATE state SET contacts = contacts + 1")


def remove(connection: sqlite3.Connection, number: int) -> None:
    connection.executemany(
        "DELETE FROM field_values WHERE field_id = ? AND value = ? AND contact = ?",
        _values(connection, number),
    )
    connection.execute("DELETE FROM contacts_fts WHERE rowid = ?", (number,))
    gone = connection.execute("DELETE FROM contacts WHERE number = ?", (number,)).rowcount
    connection.execute("UPDATE state SET contacts = contacts - ?", (gone,))


def merge(connection: sqlite3.Connection, contact: Contact, origin: Origin) -> int:
    """Adds a contact or its new values, and its origin; returns its row number."""
    number = number_of(connection, contact.id)
    known = get(connection, number)
    earlier = known or Contact(contact.id, "", {})
    fields = {key: text for key, text in {**earlier.fields, **contact.fields}.items() if text}
    merged = Contact(contact.id, contact.uid or earlier.uid, fields)
    if merged == known:
        connection.execute(
            "UPDATE contacts SET origin = coalesce(origin, ?) WHERE number = ?", (origin, number)
        )
    else:
        put(connection, number, merged, origin)
    return number


def remember_lookup(
    path: Path,
    key_id: str,
    value: str,
    contacts: Iterable[Contact],
    busy_seconds: float = BUSY_SECONDS,
) -> None:
    """Records that exactly these contacts have this value, until the next refresh; others lose it. Raises StoreError."""
    with (
        opened(path, busy_seconds=busy_seconds) as file,
        file.guarded() as connection,
        transaction(connection),
    ):
        found = {merge(connection, contact, "lookup") for contact in contacts}
        held = set(exact(connection, key_id, value))
        for number in held - found:
            _change(connection, number, key_id, "")
        for number in found - held:
            _change(connection, number, key_id, value)
        connection.execute("INSERT OR IGNORE INTO looked_up VALUES (?, ?)", _looked_up(key_id, value))


def is_looked_up(connection: sqlite3.Connection, key_id: str, value: str) -> bool:
    sql = "SELECT 1 FROM looked_up WHERE key_id = ? AND value = ?"
    return connection.execute(sql, _looked_up(key_id, value)).fetchone() is not None


def _change(connection: sqlite3.Connection, number: int, key_id: str, value: str) -> None:
    """Changes a value of a contact; a change of its id deletes the contact."""
    contact = get(connection, number)
    if contact is None:
        return
    match key_id:
        case "id":
            remove(connection, number)
            return
        case "uid":
            contact = replace(contact, uid=value)
        case _:
            fields = {**contact.fields, key_id: value}
            contact = replace(contact, fields={name: text for name, text in fields.items() if text})
    put(connection, number, contact)


def number_of(connection: sqlite3.Connection, contact_id: str) -> int:
    number = new_number(contact_id)
    # Caches of an earlier version number the other ids in the order of insertion.
    known = exact(connection, "id", contact_id, 1) if number >= FIRST_ODD else []
    return known[0] if known else number


def new_number(contact_id: str) -> int:
    """The id itself if it is a plain number; for other ids, such as `007`, a number above all plain ones."""
    if contact_id.isascii() and contact_id.isdigit() and len(contact_id) <= 18:
        number = int(contact_id)
        if str(number) == contact_id:
            return number
    digest = blake2b(storable(contact_id).encode(), digest_size=8).digest()
    return FIRST_ODD | int.from_bytes(digest, "big") >> 2


# Many contacts


def make_staging(connection: sqlite3.Connection) -> None:
    # With the default of 2 MB, sorting a million values takes many times as long.
    connection.execute(f"PRAGMA cache_size = -{SORT_MEMORY_KIB}")
    connection.execute(
        "CREATE TEMP TABLE staged "
        "(number INTEGER PRIMARY KEY, id TEXT, uid TEXT, email TEXT, name TEXT, fields TEXT, origin TEXT)"
    )


def stage(connection: sqlite3.Connection, contacts: Iterable[Contact], origin: Origin | None = None) -> None:
    """Adds contacts to the temporary table; of two with the same id the first counts."""
    connection.executemany(
        "INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)",
        (staged_row(contact, origin) for contact in contacts),
    )


def staged_row(contact: Contact, origin: Origin | None) -> StagedRow:
    document = _encode(contact.fields)
    texts = f"{contact.id}{contact.uid}{document}"
    if "\\u0000" in document or not _is_storable(texts):
        contact = Contact(
            storable(contact.id),
            storable(contact.uid),
            {storable(key): storable(text) for key, text in contact.fields.items()},
        )
        document = _encode(contact.fields)
    fields = contact.fields
    name = f"{fields.get(FIRST_NAME, '')} {fields.get(LAST_NAME, '')}".strip(" ")
    return (
        new_number(contact.id),
        contact.id,
        contact.uid,
        fields.get(EMAIL) or None,
        name or None,
        document,
        origin,
    )


def import_contacts(path: Path, contacts: Iterable[Contact]) -> Iterator[int]:
    """Adds contacts or their new values; yields how many are on disk so far. Raises StoreError."""
    remaining = iter(contacts)
    done: set[int] = set()
    with opened(path) as file:
        with file.guarded() as connection:
            make_staging(connection)
        while batch := list(islice(remaining, IMPORT_BATCH)):
            with file.guarded() as connection, transaction(connection):
                numbers = [number_of(connection, contact.id) for contact in batch]
                _import(connection, numbers, batch)
            done.update(numbers)
            yield len(done)


def _import(connection: sqlite3.Connection, numbers: Sequence[int], batch: Sequence[Contact]) -> None:
    known = {
        row[0]
        for row in connection.execute(
            "SELECT number FROM contacts WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
    }
    new: dict[int, Contact] = {}
    others = [
        contact
        for number, contact in zip(numbers, batch, strict=True)
        if number in known or new.setdefault(number, contact) is not contact
    ]
    stage(connection, new.values(), "import")
    connection.execute("INSERT INTO contacts SELECT * FROM staged ORDER BY number")
    run_script(connection, index_contacts("staged"))
    connection.execute("UPDATE state SET contacts = contacts + ?", (len(new),))
    connection.execute("DELETE FROM staged")
    for contact in others:
        merge(connection, contact, "import")


# Rows and values


def storable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which SQLite cannot store, and for NUL, which would end the text."""
    return replace_surrogates(text).replace("\0", "\ufffd")


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _contact(row: sqlite3.Row) -> Contact:
    return Contact(row["id"], row["uid"], json.loads(row["fields"]))


def _values(connection: sqlite3.Connection, number: int) -> list[tuple[str, str, int]]:
    contact = get(connection, number)
    if contact is None:
        return []
    values = {**contact.fields, "uid": contact.uid, "id": contact.id}
    return [(key, storable(text), number) for key, text in values.items() if text]


def _looked_up(key_id: str, value: str) -> tuple[str, str]:
    return storable(key_id), storable(normalize(key_id, value))
