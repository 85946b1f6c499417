"""What a person types to find contacts, as a query of the word index.

Separate because none of it is SQL: words are taken apart, fields named by number, string id or name are
recognised, and everything is quoted, so that no text is an error or an operator.
"""

from collections.abc import Iterable, Mapping

from app.domain.model import Field
from app.store.text import searchable

_MOST_WORDS = 16
_LONGEST_WORD = 200


def field_columns(fields: Iterable[Field], columns: Mapping[str, str]) -> Mapping[str, str]:
    """Index columns by everything a field may be called; `columns` has those of the fields that own one."""
    named = {"id": "contact_id", "uid": "contact_uid"}
    for field in fields:
        for name in (field.name, field.string_id, field.id):
            if _plain(name):
                named[_plain(name)] = columns.get(field.id, "rest")
    return named


def match_query(search: str, named: Mapping[str, str]) -> str | None:
    """The MATCH expression for the words of `search`, each a prefix; None where nothing in it can be found.

    `field:value` looks for the value in that field alone.
    """
    words = search.split()[:_MOST_WORDS]
    return " ".join(filter(None, (_term(word, named) for word in words))) or None


def _term(word: str, named: Mapping[str, str]) -> str | None:
    name, colon, value = word.partition(":")
    column = named.get(_plain(name)) if colon else None
    if column:
        return _prefix(value) and f"{column} : {_prefix(value)}"
    return _prefix(word)


def _prefix(word: str) -> str | None:
    if not any(character.isalnum() for character in word):
        return None
    quoted = searchable(word[:_LONGEST_WORD]).replace("\0", " ").replace('"', '""')
    return f'"{quoted}" *'


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
