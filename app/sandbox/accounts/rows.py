"""Contacts read from the account's database for the calls that list them; the only module that shows their values."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# The columns named in these statements are the builder's own (`c0`, `c1`, ...), never text from outside.
PER_VALUE = 100


@dataclass(frozen=True, slots=True)
class Rows:
    """The contact table of an account: `cells` maps key ids to columns; a field without one holds nothing."""

    db: sqlite3.Connection
    cells: Mapping[str, str]

    def of_values(
        self, key_id: str, values: Sequence[str], shown: Sequence[str]
    ) -> Iterator[tuple[int, dict[str, str | None]]]:
        """(place in `values`, contact) for at most 100 contacts a value, with the fields `shown`, id and uid."""
        cell = self.cells.get(key_id)
        if cell is None:
            return
        sql = f"""
            SELECT asked.key, {self._columns(("id", "uid", *shown))} FROM json_each(?) AS asked CROSS JOIN contact
            ON contact.n IN (SELECT other.n FROM contact AS other
                WHERE other.{cell} = asked.value AND other.{cell} != '' LIMIT {PER_VALUE})"""  # noqa: S608
        for place, *row in self.db.execute(sql, (json.dumps(values),)):
            yield place, _contact(("id", "uid", *shown), row)

    def page(
        self, wanted: Mapping[str, str], shown: str, skip_empty: bool, limit: int, offset: int
    ) -> list[dict[str, str | None]]:
        """The contacts with all the `wanted` values, in the order of the file, with the field `shown`."""
        if any(key not in self.cells or not searchable(value) for key, value in wanted.items()):
            return []
        tests = [f"{self.cells[key]} = ? AND {self.cells[key]} != ''" for key in wanted]
        if skip_empty:
            empty = "''"
            tests.append(f"{self.cells.get(shown, empty)} != ''")
        start = offset
        if not tests:
            # Rows are numbered without a gap, so that a late page need not be counted up to.
            tests, start = [f"n > {offset}"], 0
        sql = f"""
            SELECT {self._columns(("id", shown))} FROM contact WHERE {" AND ".join(tests)}
            ORDER BY n LIMIT ? OFFSET ?"""  # noqa: S608
        rows = self.db.execute(sql, (*wanted.values(), limit, start))
        return [_contact(("id", shown), row) for row in rows]

    def ids(self, limit: int, offset: int) -> list[str]:
        """Contact ids in the order of the file."""
        rows = self.db.execute("SELECT id FROM contact WHERE n > ? ORDER BY n LIMIT ?", (offset, limit))
        return [row[0] for row in rows]

    def _columns(self, keys: Iterable[str]) -> str:
        return ", ".join(f"contact.{cell}" if (cell := self.cells.get(key)) else "''" for key in keys)


def _contact(keys: Sequence[str], row: Sequence[str]) -> dict[str, str | None]:
    return {key: value or (value if key == "uid" else None) for key, value in zip(keys, row, strict=True)}


def searchable(value: str) -> bool:
    """Whether a value can be in a database at all: not empty, no NUL, no half of a surrogate pair."""
    try:
        return value != "" and b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
