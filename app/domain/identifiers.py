"""Ids and values as people type, paste and search them."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote

from app.domain.model import ExternalEvent
from app.domain.text import HIDDEN, count

_AROUND = rf"^[\s{HIDDEN}]+|[\s{HIDDEN}]+$"
# Groups of three digits after the same separator: comma, full stop, apostrophe, underscore or space of any width.
_GROUPED = (
    r"[0-9]{1,3}(?P<mark>[,.'\u2019\u02bc_ \u00a0\u2000-\u200a\u202f\u205f])[0-9]{3}(?:(?P=mark)[0-9]{3})*"
)
_BETWEEN_WORDS = r"[\s_\-./]+"

SHOWN_CANDIDATES = 5


class Resolved(NamedTuple):
    """The event id; `said` is a sentence about its interpretation, None for a plain id."""

    event_id: str
    said: str | None = None


class Unresolved(NamedTuple):
    """No event id; `sentence` says why and names the candidates, and `events` holds the first few of them."""

    sentence: str
    events: tuple[ExternalEvent, ...] = ()


def bare(text: str) -> str:
    """The text without spaces and invisible characters around it."""
    return text if text.isascii() and text.isalnum() else re.sub(_AROUND, "", text)


def plain_id(text: str) -> str | None:
    """The digits of an id, without surrounding spaces and thousands separators; None for other text."""
    trimmed = bare(text)
    if trimmed.isascii() and trimmed.isdecimal():
        return trimmed
    found = re.fullmatch(_GROUPED, trimmed)
    return trimmed.replace(found["mark"], "") if found else None


def resolve_event(text: str, events: Callable[[], Iterable[ExternalEvent]]) -> Resolved | Unresolved:
    """The event that `text` means, by its id or its name.

    A name matches exactly, else without regard to case and the characters between words, and only if it is that of one
    event: what only begins or resembles a name could become that of another event. Calls `events` only for a name.
    """
    digits = plain_id(text)
    if digits is not None:
        return Resolved(
            digits, None if digits == text.strip() else f"{text!r} was read as event id {digits}."
        )
    if not bare(text):
        return Unresolved("The event id is missing.")
    known, wanted = list(events()), _words(bare(text))
    found = [event for event in known if event.name == bare(text)]
    found = found or [event for event in known if wanted and _words(event.name) == wanted]
    if len(found) == 1:
        return Resolved(found[0].id, f"{text!r} was read as event {_label(found[0])}.")
    found = found or [event for event in known if wanted and wanted in _words(event.name)]
    return _unresolved(text, found, known)


def _unresolved(text: str, found: Sequence[ExternalEvent], known: Sequence[ExternalEvent]) -> Unresolved:
    near = tuple(found[:SHOWN_CANDIDATES])
    if len(found) > 1:
        more = " and more" if len(found) > SHOWN_CANDIDATES else ""
        return Unresolved(f"{text!r} may be any of {_labels(near)}{more}. Give the id of one.", near)
    if not known:
        return Unresolved(
            f"The event id must be digits, not {text!r}: there are no events in the cache to search by name. Refresh."
        )
    if not near:
        by_name = {_words(event.name): event for event in known}
        names = get_close_matches(_words(text), by_name, SHOWN_CANDIDATES, 0.6)
        near = tuple(by_name[name] for name in names)
    hint = f" Is it {_labels(near)}?" if near else ""
    return Unresolved(
        f"The event id must be digits, or the name of an event; {text!r} is neither.{hint}", near
    )


def _words(name: str) -> str:
    return re.sub(_BETWEEN_WORDS, " ", name.casefold()).strip()


def _label(event: ExternalEvent) -> str:
    return f"{event.id} ({event.name})"


def _labels(events: Iterable[ExternalEvent]) -> str:
    *others, last = [_label(event) for event in events]
    return f"{', '.join(others)} or {last}" if others else last


# External ids


MAX_LENGTH = 1000
"""A longer text is no external id that somebody mistyped."""

_NAMED = 3
_FOUND = f"[{HIDDEN}]"
_BLANK = r"[\s\u2800\u3164\uffa0]"
_AROUND_VALUE = " \"'“”‘’„‚«»‹›`´<>,;"
_PART = r'[^\s<>()\[\]"“”„«»,;:|\\?@]'
_ADDRESS = rf"(?<!@)(?<!{_PART}){_PART}+@{_PART}+\.{_PART}++(?!@)"


class Reading(NamedTuple):
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
        if " " in shown and not inside and re.fullmatch(_ADDRESS, joined):
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
    return (found.strip("'‘’`´.") for found in re.findall(_ADDRESS, decoded))


def _without_hidden(text: str) -> str:
    """The text without invisible characters; those that look like a space become one."""
    return bare(re.sub(_FOUND, lambda found: " " if re.match(_BLANK, found[0]) else "", text))


def hidden_words(text: str) -> str:
    """Names the spaces around the text and the invisible characters in it, by code and place; '' for none."""
    if not text.strip(" "):
        return f"nothing but {count(len(text), 'space')}" if text else ""
    before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    spaces = [(before, "before it"), (after, "after it")]
    named = [f"{count(number, 'space')} {where}" for number, where in spaces if number]
    runs = [
        (character, [place for place, _ in places])
        for character, places in groupby(enumerate(text, start=1), key=lambda one: one[1])
        if re.match(_FOUND, character)
    ]
    named += [_run(character, places) for character, places in runs[:_NAMED]]
    more = sum(len(places) for _, places in runs[_NAMED:])
    return " and ".join([*named, *([f"{more} more invisible characters"] if more else [])])


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


# Search


_SHORT = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th"})
_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

_CODE_LENGTH = 24
_LETTERS_OF_A_CODE = 3
_SHORTEST_NUMBER = 4
_SHORTEST_PHONE = 6
_LONGEST_NATIONAL = 10
# Values in parts, such as `C-10006`, `AV2 1HT` or `+44 (0)7700 900511`, and numbers that start with + or 0.
_IN_PARTS = re.compile(
    r"^(?=[^\n0-9]*+[0-9])[+(]?\w++(?:[-./() ]++\w++){1,6}+\)?$|^(?:\+|0)[0-9]{5,}+$", re.MULTILINE
)
_NUMBER = re.compile(r"[+(]?[-+./() 0-9]*[0-9][-./() 0-9]*", re.ASCII)
_DIGIT = re.compile(r"[0-9]")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_COUNTRY = re.compile(r"^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})")


def fold(text: str) -> str:
    """The text in lower case, each letter as its plain one: `ß` as ss, `ø` as o, `ü` as u, `æ` as ae."""
    if text.isascii():
        return text.lower()
    return _NOT_ASCII.sub(_plain_letters, text.casefold())


def search_text(values: Iterable[str]) -> str:
    """The words by which any of the values are found: one value a line, then other ways to write them."""
    text = "\n".join(values)
    if text.isascii():
        return "\n".join([text.lower(), *_codes(text)])
    lines = text.split("\n")
    folded = "\n".join(map(fold, lines))
    spelled = [_spelled_out(line) for line in lines if not line.isascii()]
    return "\n".join([folded, *_codes(text), *(line for line in spelled if line not in folded)])


def search_forms(word: str) -> tuple[str, ...]:
    """The beginnings of indexed words that a typed word, or a number typed in several words, may mean."""
    forms = [fold(word), _spelled_out(word), *(_number_forms(word) if is_number(word) else ())]
    joined = _NOT_ALPHANUMERIC.sub("", forms[0])
    if _DIGIT.search(joined):
        forms.append(joined)
    return tuple(dict.fromkeys(forms))


def is_found_by(value: str, typed: str) -> bool:
    """Whether a word of a search text, or the number that all of it is, begins a word of this value."""
    words = [typed] if is_number(typed) else typed.split()
    text = search_text([value])
    return any(
        re.search(rf"(?<![^\W_]){re.escape(form)}", text)
        for word in words
        for form in search_forms(word.rpartition(":")[2])
        if form.strip()
    )


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _plain_letters(found: re.Match[str]) -> str:
    letters = unicodedata.normalize("NFKD", found[0])
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", plain).translate(_SHORT)


def _spelled_out(text: str) -> str:
    if text.isascii():
        return text.lower()
    return fold(unicodedata.normalize("NFC", text).casefold().translate(_LONG))


def _codes(text: str) -> Iterator[str]:
    for found in _IN_PARTS.finditer(text):
        value = found[0]
        if is_number(value):
            yield from _indexed_numbers(value)
        elif len(value) <= _CODE_LENGTH and _DIGIT.search(value):
            parts = _NOT_ALPHANUMERIC.split(value)
            if not any(part.isalpha() and len(part) > _LETTERS_OF_A_CODE for part in parts):
                yield fold("".join(parts))


def _indexed_numbers(value: str) -> Iterator[str]:
    digits, is_international = _digits(value)
    yield digits
    if is_international and len(digits) > _SHORTEST_PHONE:
        yield _national(digits)
    elif value.startswith("0"):
        yield _NOT_DIGITS.sub("", value)


def _number_forms(text: str) -> Iterator[str]:
    digits, is_international = _digits(text)
    forms = [digits, _national(digits) if is_international or len(digits) > _LONGEST_NATIONAL else ""]
    return (form for form in forms if len(form) >= _SHORTEST_NUMBER)


def _digits(text: str) -> tuple[str, bool]:
    """The digits without leading zeros, and whether a country code is written before them."""
    digits = _NOT_DIGITS.sub("", text.replace("(0)", ""))
    return digits.lstrip("0"), "+" in text or digits.startswith("00")


def _national(digits: str) -> str:
    """The digits of an international number without its country code."""
    return _COUNTRY.sub("", digits).lstrip("0")
