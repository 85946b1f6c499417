"""The numbered steps by which a database comes into being, and from an older version to this one.

Separate from `database` because it is data: a step, once published, is never changed, only followed by another.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations


class Schema(NamedTuple):
    """One kind of database: `what` names it in sentences, `steps` are SQL scripts in the order of their numbers."""

    what: str
    application_id: int
    steps: tuple[str, ...]
    synchronous: Literal["FULL", "NORMAL"] = "NORMAL"

    @property
    def version(self) -> int:
        """The number of steps, which a current database bears as its user_version."""
        return len(self.steps)

    def migrations(self) -> "Migrations":
        """The steps as migrations; each commits together with the record that it was applied."""
        from sqlite_utils import Migrations

        migrations = Migrations(self.what)
        for number, script in enumerate(self.steps, start=1):
            migrations(name=f"{number:04}")(_step(script))
        return migrations


def _step(script: str) -> "Callable[[Database], None]":
    def step(db: "Database") -> None:
        # executescript would commit first and so tear the step from its record.
        for statement in script.split(";\n"):
            if statement.strip():
                db.conn.execute(statement)

    return step


LONGEST_BEGINNING = 7
"""How many letters of a word the index of contacts looks up at once, without looking at every word that begins with them."""

WORDS = "tokenize='unicode61 remove_diacritics 2'"
WORD_BEGINNINGS = f"prefix='{' '.join(map(str, range(1, LONGEST_BEGINNING + 1)))}'"


def contact_tables(suffix: str, field_columns: int = 0) -> str:
    """The tables that hold the contacts, under other names while they are loaded.

    `number` is the contact id itself where it is a plain number, so that the rows stand in numeric order and an id
    needs no index; other ids get numbers above all plain ones, and are found in `field_values` under `id`.
    `anchors` has the positions of some contacts, kept true when one is added or removed.
    The word index keeps no text of its own; `documents` has every value and gives back what was indexed.
    """
    columns = "".join(f"f{number}, " for number in range(field_columns))
    return f"""
CREATE TABLE contacts{suffix} (
    number INTEGER PRIMARY KEY, id TEXT, uid TEXT NOT NULL, email TEXT, first_name TEXT, last_name TEXT
);
CREATE TABLE documents{suffix} (number INTEGER PRIMARY KEY, fields TEXT NOT NULL);
CREATE TABLE field_values{suffix} (
    field_id TEXT, value TEXT, contact INTEGER, PRIMARY KEY (field_id, value, contact)
) WITHOUT ROWID;
CREATE TABLE anchors{suffix} (number INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE search_columns{suffix} (position INTEGER PRIMARY KEY, field_id TEXT NOT NULL);
CREATE VIRTUAL TABLE search{suffix} USING fts5(
    contact_id, contact_uid, {columns}rest, content='', columnsize=0, {WORD_BEGINNINGS},
    {WORDS}
);
"""


def answer_tables(suffix: str) -> str:
    """The searches that the word index would answer slowly, and who is found by them: see `contacts.kept_answers`."""
    return f"""
CREATE TABLE kept_searches{suffix} (
    search INTEGER PRIMARY KEY, word_column TEXT NOT NULL, beginning TEXT NOT NULL, until INTEGER NOT NULL,
    UNIQUE (word_column, beginning)
);
CREATE TABLE kept_found{suffix} (
    contact INTEGER, search INTEGER, PRIMARY KEY (contact, search), UNIQUE (search, contact)
) WITHOUT ROWID;
"""


CONTACT_TABLES = (
    "contacts",
    "documents",
    "field_values",
    "anchors",
    "search_columns",
    "kept_searches",
    "kept_found",
    "search",
)

CACHE = Schema(
    "cache",
    0x54444361,
    (
        f"""
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
{contact_tables("")}""",
        answer_tables(""),
        # By their names, first and last together, contacts are sorted.
        """
INSERT OR IGNORE INTO field_values
SELECT '1 2', lower(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, ''))), number FROM contacts
WHERE trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) != '' ORDER BY 2, 3;
""",
    ),
)

# `place` counts the attempts of one account without gaps, so that a list of any length is asked for by position;
# whoever deletes attempts other than the oldest numbers the places anew. The marks are those of `domain.canonical`.
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
        # What `index.attempt_index` must read again. Not logged is the answer to what is `sending`: the index knows which
        # those are, and a send must not pay for them.
        """
CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))));
CREATE TABLE changes (id INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TRIGGER attempts_changed AFTER UPDATE OF outcome, external_id, note, settlement, settlement_note ON attempts
WHEN old.outcome != 'sending' BEGIN INSERT INTO changes (number) VALUES (old.number); END;
CREATE TRIGGER attempts_deleted AFTER DELETE ON attempts BEGIN INSERT INTO changes (number) VALUES (old.number); END;
""",
    ),
    synchronous="FULL",
)

# By these columns attempts are found and sorted; every text is in the form in which it is compared. The indexes are
# those of `index.attempt_index`: they are made after the first rows, which is faster by far.
HISTORY_INDEX = Schema(
    "index of the history",
    0x54444878,
    (
        """
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), history TEXT NOT NULL, last_change INTEGER NOT NULL);
CREATE TABLE names (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, more TEXT NOT NULL, rank INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, text, more)
);
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, started INTEGER NOT NULL, outcome INTEGER NOT NULL, account INTEGER NOT NULL,
    profile INTEGER NOT NULL, event INTEGER NOT NULL, key INTEGER NOT NULL, status INTEGER, code INTEGER, took REAL,
    contact TEXT NOT NULL, text TEXT
);
CREATE TABLE resends (number INTEGER PRIMARY KEY, parent TEXT NOT NULL);
CREATE INDEX resends_by_parent ON resends (parent);
CREATE VIRTUAL TABLE words USING fts5(
    text, columnsize=0, prefix='1 2 3 4 5 6', tokenize='unicode61 remove_diacritics 2'
);
""",
        # What it holds is read from the journal again. `contact_end` is the contact from its last letter to its first.
        """
DROP TABLE attempts;
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, started INTEGER NOT NULL, outcome INTEGER NOT NULL, account INTEGER NOT NULL,
    profile INTEGER NOT NULL, event INTEGER NOT NULL, key INTEGER NOT NULL, status INTEGER, code INTEGER, took REAL,
    contact TEXT NOT NULL, contact_end TEXT NOT NULL, text TEXT
);
DELETE FROM state;
""",
        # The latest start of all attempts, and by how much one ever began before another that was recorded earlier.
        """
ALTER TABLE state ADD COLUMN latest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN setback INTEGER NOT NULL DEFAULT 0;
DELETE FROM state;
""",
        # A fact is a combination of all that has few values; `attempts` of them have it. `previous` is the outcome before,
        # by the mark that the journal has of the contact. The parts are those of `index.parts`.
        """
DROP TABLE attempts;
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, started INTEGER NOT NULL, outcome INTEGER NOT NULL, account INTEGER NOT NULL,
    profile INTEGER NOT NULL, event INTEGER NOT NULL, key INTEGER NOT NULL, status INTEGER, code INTEGER,
    previous INTEGER, took REAL, contact TEXT NOT NULL, contact_end TEXT NOT NULL, text TEXT, mark INTEGER
);
CREATE TABLE facts (
    id INTEGER PRIMARY KEY, outcome INTEGER NOT NULL, account INTEGER NOT NULL, profile INTEGER NOT NULL,
    event INTEGER NOT NULL, key INTEGER NOT NULL, status INTEGER, code INTEGER, previous INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX facts_by_event ON facts (event, outcome, previous);
CREATE TABLE parts (
    part INTEGER PRIMARY KEY, first INTEGER, last INTEGER, facts BLOB NOT NULL, times BLOB NOT NULL, took BLOB NOT NULL
);
DELETE FROM state;
""",
        # What was settled about an unknown outcome; of no other there is anything to settle.
        """
ALTER TABLE attempts ADD COLUMN settled INTEGER;
ALTER TABLE facts ADD COLUMN settled INTEGER;
DELETE FROM state;
""",
    ),
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
    ),
)
