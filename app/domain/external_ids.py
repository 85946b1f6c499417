"""External ids as people paste them, with invisible characters, quotes, a name or other cells around the value."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import unquote

from app.domain.identifiers import bare
from app.domain.sanitize import HIDDEN

MAX_LENGTH = 1000
"""A longer text is no external id that somebody mistyped."""

_NAMED = 3
_FOUND = re.compile(f"[{HIDDEN}]")
_BLANK = re.compile(r"[\s\u2800\u3164\uffa0]")
_AROUND_VALUE = " \"'“”‘’„‚«»‹›`´<>,;"
_PART = r'[^\s<>()\[\]"“”„«»,;:|\\?@]'
_ADDRESS = re.compile(rf"(?<!@)(?<!{_PART}){_PART}+@{_PART}+\.{_PART}++(?!@)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that an external id may mean, what is wrong with the text as it is, and the step to the value."""

    value: str
    fault: str
    step: str


def readings(text: str, *, is_email: bool) -> tuple[Reading, ...]:
    """What else an external id may mean, the likeliest first; () if nothing is odd about it."""
    if len(text) > MAX_LENGTH:
        return ()
    found: dict[str, Reading] = {}
    for one in _readings(text, is_email):
        if one.value != text:
            found.setdefault(one.value, one)
    return tuple(found.values())


def _readings(text: str, is_email: bool) -> Iterator[Reading]:
    shown = _without_hidden(text)
    inside = set(_addresses(shown)) - {shown}
    address = [Reading(one, "is more than an e-mail address", "Use the address in it") for one in inside]
    if len(address) > 1:  # nobody can tell which one is meant
        address = []
    if is_email:
        yield from address
        joined = "".join(shown.split())
        if " " in shown and not inside and _ADDRESS.fullmatch(joined):
            yield Reading(joined, "has spaces in it", "Remove them")
    cells = [bare(cell) for cell in bare(text).split("\t")]
    if len(cells) > 1:
        for cell in filter(None, cells):
            yield Reading(cell, f"is a row of {len(cells)} cells", "Use one of them")
    elif hidden := hidden_words(text):
        yield Reading(shown, f"has {hidden}", "Remove it" if hidden.startswith("1 ") else "Remove them")
    yield Reading(shown.strip(_AROUND_VALUE), "has quotes or punctuation around it", "Remove them")
    yield from address


def _addresses(text: str) -> Iterator[str]:
    decoded = unquote(text) if "mailto:" in text.lower() else text
    return (found.strip("'‘’`´.") for found in _ADDRESS.findall(decoded))


def _without_hidden(text: str) -> str:
    """The text without invisible characters; those that look like a space become one."""
    return bare(_FOUND.sub(lambda found: " " if _BLANK.match(found[0]) else "", text))


def hidden_words(text: str) -> str:
    """Names the spaces around the text and the invisible characters in it, by code and place; '' for none."""
    if not text.strip(" "):
        return f"nothing but {_spaces(len(text))}" if text else ""
    before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    spaces = [(before, "before it"), (after, "after it")]
    named = [f"{_spaces(number)} {where}" for number, where in spaces if number]
    runs = [
        (character, [place for place, _ in places])
        for character, places in groupby(enumerate(text, start=1), key=lambda one: one[1])
        if _FOUND.match(character)
    ]
    named += [_run(character, places) for character, places in runs[:_NAMED]]
    more = sum(len(places) for _, places in runs[_NAMED:])
    return " and ".join([*named, *([f"{more} more invisible characters"] if more else [])])


def _spaces(number: int) -> str:
    return f"{number} space{'' if number == 1 else 's'}"


def _run(character: str, places: list[int]) -> str:
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "").lower()
    named = f"{len(places)} {code} ({name})" if name else f"{len(places)} {code}"
    return f"{named} at character {places[0]}"


def differs_by(one: str, other: str, letters: int) -> bool:
    """Whether at most this number of letters was mistyped: left out, added, replaced, or swapped with the next."""
    pairs = enumerate(zip(one, other, strict=False))
    shared = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    one, other = one[shared:], other[shared:]
    if not one or not other or not letters:
        return len(one) + len(other) <= letters
    swapped = one[:2] == other[1::-1] and differs_by(one[2:], other[2:], letters - 1)
    return swapped or any(
        differs_by(one[left_out:], other[added:], letters - 1) for left_out, added in ((1, 1), (1, 0), (0, 1))
    )
