"""Where else in the cache a value is: in another field, or written otherwise in this one. For advice, not for the rules.

Separate from the cache because the rules compare exactly, and nothing here does.
"""

from app.domain.diagnosis import FieldMatch
from app.store.cache_file import CacheFile
from app.store.contacts.write import ContactTables
from app.store.text import comparable, numeric_order, restored, searchable, stored

_MOST_VARIANTS = 5
_LOOKED_AT = 50
_LONGEST = 1000
_HOLDERS = """
SELECT key, (SELECT contact FROM field_values WHERE field_id = key AND value = wanted LIMIT 1) AS contact,
    (SELECT contact FROM field_values WHERE field_id = key AND value = wanted LIMIT 1 OFFSET 1) AS another
FROM (
    SELECT id AS key, CASE id WHEN '3' THEN ?2 ELSE ?1 END AS wanted FROM fields WHERE NOT gone
    UNION ALL SELECT 'uid', ?1
) WHERE contact IS NOT NULL AND another IS NULL
"""


class ContactClues:
    """Clues about the values of the contacts of one cache. Raises StoreError."""

    def __init__(self, file: CacheFile) -> None:
        self._file = file

    def holders(self, value: str) -> tuple[FieldMatch, ...]:
        """See Clues: by numeric id of the field, then `id` and `uid`."""
        if not value:
            return ()
        with self._file.guarded() as connection:
            tables = ContactTables(connection)
            rows = connection.execute(_HOLDERS, (stored(value), comparable("3", value))).fetchall()
            found = [FieldMatch(restored(row["key"]), tables.id_of(row["contact"])) for row in rows]
            found += [FieldMatch("id", tables.id_of(number)) for number in tables.numbers("id", value, 1)]
        return tuple(sorted(found, key=lambda holder: numeric_order(holder.key_id)))

    def variants(self, key_id: str, value: str) -> tuple[str, ...]:
        """See Clues: a few, in no order that means anything."""
        wanted = value.strip().casefold()
        if not any(character.isalnum() for character in wanted) or len(value) > _LONGEST:
            return ()
        with self._file.guarded() as connection:
            tables = ContactTables(connection)
            query = f"{_column(key_id, tables)} : {_phrase(value)}"
            numbers = connection.execute(
                "SELECT rowid FROM search WHERE search MATCH ? LIMIT ?", (query, _LOOKED_AT)
            ).fetchall()
            contacts = [tables.get(row[0]) for row in numbers]
        values = {contact.value(key_id) for contact in contacts if contact is not None}
        known = sorted(one for one in values if one != value and one.strip().casefold() == wanted)
        return tuple(known[:_MOST_VARIANTS])


def _column(key_id: str, tables: ContactTables) -> str:
    if key_id == "uid":
        return "contact_uid"
    indexed = list(tables.columns())
    return f"f{indexed.index(key_id)}" if key_id in indexed else "rest"


def _phrase(value: str) -> str:
    quoted = searchable(value).replace("\0", " ").replace('"', '""')
    return f'"{quoted}"'
