"""What a person types to find contacts, as words for the word index.

Separate because none of it is SQL: words are taken apart, fields named by number, string id or name are
recognised, and everything is quoted, so that no text is an error or an operator.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from string import punctuation
from typing import NamedTuple

from app.domain.model import Field
from app.store.text import searchable

_MOST_WORDS = 16
_LONGEST_WORD = 200
_PART = re.compile("[a-z0-9]+")


class Word(NamedTuple):
    """How a word begins that is looked for, and in which column of the index; '': in any."""

    column: str
    beginning: str

    @property
    def match(self) -> str:
        """The MATCH expression for it."""
        quoted = '"{}" *'.format(self.beginning.replace('"', '""'))
        return f"{self.column} : {quoted}" if self.column else quoted

    @property
    def parts(self) -> "Sequence[Word]":
        """Words that everybody who is found has too: its runs of letters and digits, where it is certain where they end."""
        if not self.beginning.isascii():
            return ()
        return [Word(self.column, part) for part in _PART.findall(self.beginning)]


def is_quick(words: Sequence[Word]) -> bool:
    """Whether the index answers at once: for one word, whose beginnings it knows. Several have to be found in one contact."""
    return len(words) == 1 and len(words[0].parts) <= 1


def field_columns(fields: Iterable[Field], columns: Mapping[str, str]) -> Mapping[str, str]:
    """Index columns by everything a field may be called; `columns` has those of the fields that own one."""
    named = {"id": "contact_id", "uid": "contact_uid"}
    for field in fields:
        for name in (field.name, field.string_id, field.id):
            if _plain(name):
                named[_plain(name)] = columns.get(field.id, "rest")
    return named


def wanted_words(search: str, named: Mapping[str, str]) -> Sequence[Word]:
    """The words of `search`, each a prefix; none where nothing in it can be found.

    `field:value` looks for the value in that field alone.
    """
    words = (_word(word, named) for word in search.split()[:_MOST_WORDS])
    return [word for word in words if any(character.isalnum() for character in word.beginning)]


def _word(word: str, named: Mapping[str, str]) -> Word:
    name, colon, value = word.partition(":")
    column = named.get(_plain(name)) if colon else None
    return Word(column, _beginning(value)) if column else Word("", _beginning(word))


def _beginning(word: str) -> str:
    text = searchable(word[:_LONGEST_WORD]).replace("\0", " ")
    return (text.lower() if text.isascii() else text).strip(punctuation)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
