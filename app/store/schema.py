"""The schemas of the databases, as numbered migration steps.

Never change a published step; append a new one.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.domain.identifiers import search_text
from app.domain.model import Outcome
from app.store.attempt_rows import index_words

if TYPE_CHECKING:
    from sqlite3 import Connection

    from sqlite_utils import Database, Migrations


Step = str | Callable[[sqlite3.Connection], None]
"""An SQL script, or a function if SQL is not enough."""


class Schema(NamedTuple):
    """One kind of database; messages call it `what`."""

    what: str
    application_id: int
    steps: tuple[Step, ...]
    synchronous: Literal["FULL", "NORMAL"] = "NORMAL"

    @property
    def version(self) -> int:
        """The number of steps, which is the user_version of a current database."""
        return len(self.steps)

    def migrations(self) -> "Migrations":
        """The steps as migrations; each commits together with its record."""
        from sqlite_utils import Migrations

        migrations = Migrations(self.what)
        for number, step in enumerate(self.steps, start=1):
            migrations(name=f"{number:04}")(_migration(step))
        return migrations


def _migration(given: Step) -> "Callable[[Database], None]":
    def step(db: "Database") -> None:
        if isinstance(given, str):
            run_script(db.conn, given)
        else:
            given(db.conn)

    return step


def run_script(connection: "Connection", script: str) -> None:
    """Executes a script within the caller's transaction, which `executescript` would commit first."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement)


WORDS = "prefix='1 2 3 4 5 6 7', tokenize='unicode61 remove_diacritics 2'"


def add_functions(connection: sqlite3.Connection) -> None:
    """Adds the SQL function that gives the words of a contact."""
    connection.create_function("contact_words", 3, _contact_words, deterministic=True)


def _contact_words(contact_id: str, uid: str, fields: str) -> str:
    return search_text((contact_id, uid, *json.loads(fields).values()))


def _index_words_again(connection: sqlite3.Connection) -> None:
    add_functions(connection)
    connection.execute("DROP TABLE contacts_fts")
    connection.execute(CONTACT_WORDS)
    connection.execute(INDEX_WORDS.format(source="contacts"))


CONTACT_WORDS = f"CREATE VIRTUAL TABLE contacts_fts USING fts5(words, columnsize=0, {WORDS})"
INDEX_WORDS = (
    "INSERT INTO contacts_fts (rowid, words) "
    "SELECT number, contact_words(id, uid, fields) FROM {source} ORDER BY number"
)

# `number` is the contact id if that is a plain number, so that the rows are in numeric order. Other ids have numbers
# above all plain ones. `fields` is JSON; all indexes derive from the row. `origin` is `lookup` or `import`.
CONTACT_TABLES = f"""
CREATE TABLE contacts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, uid TEXT NOT NULL, email TEXT COLLATE NOCASE,
    name TEXT COLLATE NOCASE, fields TEXT NOT NULL, origin TEXT
);
CREATE TABLE field_values (
    field_id TEXT, value TEXT COLLATE NOCASE, contact INTEGER, PRIMARY KEY (field_id, value, contact)
) WITHOUT ROWID;
{CONTACT_WORDS};
"""

CONTACT_INDEXES = """
CREATE INDEX contacts_by_email ON contacts (email, number);
CREATE INDEX contacts_by_name ON contacts (name, number);
CREATE INDEX contacts_by_origin ON contacts (origin) WHERE origin IS NOT NULL;
"""

DROP_CONTACT_TABLES = """
DROP TABLE contacts;
DROP TABLE field_values;
DROP TABLE contacts_fts;
"""


def index_contacts(source: str) -> str:
    """The statements that index the contacts in `source`, a table like `contacts`."""
    return f"""
{INDEX_WORDS.format(source=source)};
{_index_values(source)}"""


def _index_values(source: str) -> str:
    return f"""
INSERT OR IGNORE INTO field_values
SELECT key, value, number FROM {source}, json_each(fields) WHERE value != ''
UNION ALL SELECT 'uid', uid, number FROM {source} WHERE uid != ''
UNION ALL SELECT 'id', id, number FROM {source}
ORDER BY 1, 2 COLLATE NOCASE, 3;
"""


CACHE = Schema(
    "cache",
    0x54444361,
    (
        """
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), refreshed_at INTEGER, complete INTEGER NOT NULL DEFAULT 0,
    source TEXT, contacts INTEGER NOT NULL DEFAULT 0
);
INSERT INTO state (one) VALUES (1);
CREATE TABLE events (id TEXT PRIMARY KEY, name TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE fields (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, string_id TEXT NOT NULL, application_type TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE origins (contact INTEGER PRIMARY KEY, origin TEXT NOT NULL);
CREATE TABLE looked_up (key_id TEXT, value TEXT, PRIMARY KEY (key_id, value)) WITHOUT ROWID;
CREATE TABLE contacts (
    number INTEGER PRIMARY KEY, id TEXT, uid TEXT NOT NULL, email TEXT, first_name TEXT, last_name TEXT
);
CREATE TABLE documents (number INTEGER PRIMARY KEY, fields TEXT NOT NULL);
CREATE TABLE field_values (
    field_id TEXT, value TEXT, contact INTEGER, PRIMARY KEY (field_id, value, contact)
) WITHOUT ROWID;
CREATE TABLE anchors (number INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE search_columns (position INTEGER PRIMARY KEY, field_id TEXT NOT NULL);
CREATE VIRTUAL TABLE search USING fts5(contact_id, contact_uid, rest, content='', columnsize=0);
""",
        """
CREATE TABLE kept_searches (search INTEGER PRIMARY KEY);
CREATE TABLE kept_found (contact INTEGER PRIMARY KEY);
""",
        "",
        # Only sandbox accounts are complete, and they are refreshed at once.
        f"""
UPDATE state SET refreshed_at = NULL, complete = 0, source = NULL, contacts = 0 WHERE complete;
ALTER TABLE contacts RENAME TO earlier;
DROP TABLE field_values;
DROP TABLE search;
DROP TABLE anchors;
DROP TABLE search_columns;
DROP TABLE kept_searches;
DROP TABLE kept_found;
{CONTACT_TABLES}
INSERT INTO contacts
SELECT number, iif(typeof(id) = 'text', id, number), iif(typeof(uid) = 'text', uid, ''), email, nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), ''),
    fields, origin
FROM earlier JOIN documents USING (number) LEFT JOIN origins ON contact = number
WHERE EXISTS (SELECT 1 FROM state WHERE contacts > 0);
{_index_values("contacts")}
{CONTACT_INDEXES}
DROP TABLE earlier;
DROP TABLE documents;
DROP TABLE origins;
""",
        _index_words_again,
    ),
)


def _decode_texts(*tables: str) -> Callable[[sqlite3.Connection], None]:
    """A step for texts with lone surrogates, which earlier versions stored as bytes."""

    def step(connection: sqlite3.Connection) -> None:
        connection.create_function("decoded", 1, lambda value: value.decode("utf-8", "replace"))
        for table in tables:
            columns = connection.execute(
                "SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", (table,)
            )
            for (name,) in columns.fetchall():
                connection.execute(
                    f"UPDATE OR REPLACE {table} SET {name} = decoded({name}) WHERE typeof({name}) = 'blob'"
                )

    return step


_decode_attempts = _decode_texts("attempts", "requests", "answers")


def _index_attempts(connection: sqlite3.Connection) -> None:
    _decode_attempts(connection)
    index_words(connection)


_OUTCOMES = " ".join(f"WHEN '{outcome}' THEN {place}" for place, outcome in enumerate(Outcome))


def _numeric(column: str) -> str:
    """An SQL sort key: numbers of any length by value, then everything else as text."""
    return (
        f"CASE WHEN {column} = '' OR {column} GLOB '*[^0-9]*' THEN 'x' || {column} "
        f"ELSE printf('%09d', length(ltrim({column}, '0'))) || ltrim({column}, '0') || ' ' || {column} END"
    )


# The marks are those of `domain.recipient`. `previous` is the outcome of the previous attempt with the same contact_mark.
HISTORY = Schema(
    "history",
    0x54444869,
    (
        """
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, attempt_id TEXT NOT NULL UNIQUE, parent_id TEXT, profile TEXT NOT NULL,
    account TEXT NOT NULL, place INTEGER NOT NULL, event_id TEXT NOT NULL, event_name TEXT, key_id TEXT NOT NULL,
    external_id TEXT NOT NULL, trigger_id TEXT, started_at INTEGER NOT NULL, predicted_code INTEGER,
    outcome TEXT NOT NULL, http_status INTEGER, reply_code INTEGER, reply_text TEXT, elapsed_ms REAL,
    owner TEXT, note TEXT, settlement TEXT CHECK (settlement IN ('arrived', 'did_not')), settlement_note TEXT,
    settled_at INTEGER, contact_mark INTEGER, send_mark INTEGER
);
CREATE INDEX attempts_by_event ON attempts (account, event_id);
CREATE INDEX attempts_by_contact ON attempts (contact_mark, outcome);
CREATE INDEX attempts_sent ON attempts (send_mark) WHERE outcome IN ('accepted', 'partial', 'sending');
CREATE INDEX attempts_unknown ON attempts (send_mark) WHERE outcome = 'unknown';
CREATE UNIQUE INDEX attempts_by_account ON attempts (account, place);
CREATE INDEX attempts_unsettled ON attempts (account) WHERE outcome = 'unknown' AND settlement IS NULL;
CREATE INDEX attempts_under_way ON attempts (owner) WHERE outcome = 'sending';
CREATE TABLE requests (
    attempt INTEGER PRIMARY KEY REFERENCES attempts (number) ON DELETE CASCADE, body BLOB NOT NULL, data TEXT
);
CREATE TABLE answers (
    attempt INTEGER PRIMARY KEY REFERENCES attempts (number) ON DELETE CASCADE, remedy TEXT,
    reason TEXT, sent TEXT, detail TEXT,
    body BLOB, body_length INTEGER, reply_text TEXT, errors TEXT,
    location TEXT, date TEXT, retry_after TEXT, limit_reset TEXT
);
""",
        """
CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))));
CREATE TABLE changes (id INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TRIGGER attempts_changed AFTER UPDATE OF outcome, external_id, note, settlement, settlement_note ON attempts
WHEN old.outcome != 'sending' BEGIN INSERT INTO changes (number) VALUES (old.number); END;
CREATE TRIGGER attempts_deleted AFTER DELETE ON attempts BEGIN INSERT INTO changes (number) VALUES (old.number); END;
""",
        # Searches use this file directly. Every index ends with the account, so that the attempts with one value are in
        # the order of recording, on one account and on all.
        f"""
DROP TRIGGER attempts_changed;
DROP TRIGGER attempts_deleted;
DROP TABLE changes;
DROP TABLE identity;
DROP INDEX attempts_by_account;
DROP INDEX attempts_by_contact;
DROP INDEX attempts_unsettled;
ALTER TABLE attempts DROP COLUMN place;
ALTER TABLE attempts ADD COLUMN previous TEXT;
ALTER TABLE attempts ADD COLUMN outcome_order INTEGER AS (CASE outcome {_OUTCOMES} END);
ALTER TABLE attempts ADD COLUMN event_order TEXT AS ({_numeric("event_id")});
ALTER TABLE attempts ADD COLUMN key_order TEXT AS ({_numeric("key_id")});
ALTER TABLE attempts ADD COLUMN settled TEXT AS (
    CASE outcome WHEN 'unknown' THEN replace(coalesce(settlement, 'no'), '_', '-') END
);
UPDATE attempts SET previous = ordered.previous FROM (
    SELECT number AS of_number, lag(outcome) OVER (PARTITION BY contact_mark ORDER BY number) AS previous
    FROM attempts WHERE contact_mark IS NOT NULL
) AS ordered WHERE number = of_number AND ordered.previous IS NOT NULL;
CREATE INDEX by_mark ON attempts (contact_mark);
CREATE INDEX by_account ON attempts (account);
CREATE INDEX by_started ON attempts (started_at, account, outcome, reply_code, event_id, elapsed_ms);
CREATE INDEX by_outcome ON attempts (outcome_order, account);
CREATE INDEX by_code ON attempts (reply_code, account);
CREATE INDEX by_status ON attempts (http_status, account);
CREATE INDEX by_event ON attempts (event_order, event_name, account);
CREATE INDEX by_key_id ON attempts (key_id COLLATE NOCASE, account);
CREATE INDEX by_key ON attempts (key_order, account);
CREATE INDEX by_contact ON attempts (external_id COLLATE NOCASE, account);
CREATE INDEX by_profile ON attempts (profile COLLATE NOCASE, account);
CREATE INDEX by_previous ON attempts (previous COLLATE NOCASE, account);
CREATE INDEX by_settled ON attempts (settled COLLATE NOCASE, account) WHERE settled IS NOT NULL;
CREATE INDEX by_text ON attempts (reply_text COLLATE NOCASE, account);
CREATE INDEX by_took ON attempts (elapsed_ms, account);
CREATE INDEX by_parent ON attempts (parent_id) WHERE parent_id IS NOT NULL;
CREATE VIRTUAL TABLE words USING fts5(text, columnsize=0, {WORDS});
CREATE TRIGGER words_deleted AFTER DELETE ON attempts BEGIN DELETE FROM words WHERE rowid = old.number; END;
""",
        "",  # the next step indexes the words
        # `contact_keys` has the id, the name and the keys of the contact, each between two line feeds.
        f"""
ALTER TABLE attempts ADD COLUMN contact_id TEXT;
ALTER TABLE attempts ADD COLUMN contact_name TEXT;
ALTER TABLE attempts ADD COLUMN contact_keys TEXT;
CREATE INDEX by_note ON attempts (note COLLATE NOCASE, account) WHERE note IS NOT NULL;
DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5(text, columnsize=0, {WORDS});
""",
        _index_attempts,
        # The rows of a run are sent in the order of their key; those that are skipped are in wave -1.
        """
ALTER TABLE attempts ADD COLUMN run_id TEXT;
CREATE INDEX by_run ON attempts (run_id COLLATE NOCASE, account) WHERE run_id IS NOT NULL;
CREATE TABLE bulk_runs (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, planned_at INTEGER NOT NULL,
    state TEXT NOT NULL, pause_reason TEXT, owner TEXT, plan TEXT NOT NULL,
    next_wave INTEGER NOT NULL DEFAULT 0, next_row INTEGER NOT NULL DEFAULT 0,
    planned INTEGER NOT NULL DEFAULT 0, sending INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE bulk_rows (
    run INTEGER, wave INTEGER, number INTEGER, line INTEGER NOT NULL, external_id TEXT NOT NULL, cells TEXT, data TEXT,
    parent_id TEXT, predicted INTEGER, state TEXT NOT NULL, code INTEGER, attempt_id TEXT,
    PRIMARY KEY (run, wave, number)
) WITHOUT ROWID;
""",
        # `team` has the marks of an attempt on a team's account, as JSON; `member` and `assigned` are for the attempts of
        # a team, which have a file of their own. The numbers of the outbox are never used again: they are part of ids.
        """
ALTER TABLE attempts ADD COLUMN team TEXT;
ALTER TABLE attempts ADD COLUMN member TEXT;
ALTER TABLE attempts ADD COLUMN assigned TEXT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, body TEXT
);
CREATE TABLE team_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
""",
        # With the number in them, these indexes are in the order of recording in spite of the columns that follow.
        """
DROP INDEX by_contact;
DROP INDEX by_status;
DROP INDEX by_code;
DROP INDEX by_text;
DROP INDEX by_took;
CREATE INDEX by_contact ON attempts (external_id COLLATE NOCASE, account, number, contact_name);
CREATE INDEX by_status ON attempts (http_status, account, number, outcome_order);
CREATE INDEX by_code ON attempts (reply_code, account, number, outcome_order);
CREATE INDEX by_text ON attempts (reply_text COLLATE NOCASE, account, number, outcome_order);
CREATE INDEX by_took ON attempts (elapsed_ms, account, number, outcome_order);
""",
        # Equal sends are found among those to the contact: an index of their own costs a large batch more than it saves.
        """
DROP INDEX attempts_sent;
DROP INDEX attempts_unknown;
""",
        _decode_attempts,
    ),
    synchronous="FULL",
)

NOTES = Schema(
    "file of drafts and templates",
    0x5444646B,
    (
        """
CREATE TABLE drafts (
    profile TEXT PRIMARY KEY, event_id TEXT NOT NULL, key_id TEXT NOT NULL, external_id TEXT NOT NULL,
    data_text TEXT NOT NULL, contact_id TEXT NOT NULL, saved_at INTEGER NOT NULL
);
CREATE TABLE templates (name TEXT PRIMARY KEY, event_id TEXT NOT NULL, data_text TEXT NOT NULL);
""",
        """
CREATE TABLE typed (event_id TEXT PRIMARY KEY, attempt_id TEXT NOT NULL, data_text TEXT NOT NULL);
""",
        # As JSON with the keys of a request; '' for none.
        """
ALTER TABLE drafts ADD COLUMN extras TEXT NOT NULL DEFAULT '';
ALTER TABLE templates ADD COLUMN extras TEXT NOT NULL DEFAULT '';
""",
        _decode_texts("drafts", "templates", "typed"),
    ),
)
