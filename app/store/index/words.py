"""How the word index of the history takes very many texts: gathered in memory, and merged once they are all there.

As it comes it merges what it has written again and again, which takes half as long as everything else.
"""

import sqlite3
from collections.abc import Mapping

_GATHERING = {"hashsize": 32 << 20, "automerge": 0, "crisismerge": 2000}
_USUAL = {"automerge": 4, "crisismerge": 16}
_PAGES = 2000
"""How many pages one statement merges, which nothing can stop."""


def words_come(connection: sqlite3.Connection) -> None:
    """To be called before very many texts are added."""
    _set(connection, _GATHERING)


def merge_words(connection: sqlite3.Connection) -> None:
    """Merges what was added since, by short statements."""
    # A negative number makes one merge of all that there is, which positive ones go on with.
    pages = -_PAGES
    done = True
    while done:
        before = connection.total_changes
        _set(connection, {"merge": pages})
        # As the documentation of the word index has it: the command alone counts as one change.
        done = connection.total_changes - before > 1
        pages = _PAGES
    _set(connection, _USUAL)


def _set(connection: sqlite3.Connection, settings: Mapping[str, int]) -> None:
    connection.executemany("INSERT INTO words (words, rank) VALUES (?, ?)", settings.items())
