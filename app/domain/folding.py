"""Texts as people search them: without accents and case, letters spelled out, numbers and codes without separators."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_SHORT = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th"})
_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

_CODE_LENGTH = 24
_LETTERS_OF_A_CODE = 3
_SHORTEST_NUMBER = 4
_SHORTEST_PHONE = 6
_LONGEST_NATIONAL = 10
# Values in parts, such as `C-10006`, `AV2 1HT` or `+44 (0)7700 900511`, and numbers that start with + or 0.
_IN_PARTS = re.compile(
    r"^(?=[^\n0-9]*[0-9])[+(]?\w+(?:[-./() ]+\w+){1,6}\)?$|^(?:\+|0)[0-9]{5,}$", re.MULTILINE
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
    return _without_accents(text.casefold()).translate(_SHORT)


def search_text(values: Iterable[str]) -> str:
    """The words by which any of the values are found: one value a line, then other ways to write them."""
    text = "\n".join(values)
    lines = [fold(text), *_codes(text)]
    if not text.isascii():
        spelled = _spelled_out(text)
        if spelled != lines[0]:
            lines += (line for line in spelled.split("\n") if line not in lines[0])
    return "\n".join(lines)


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
    """Whether the text is digits and the characters that people put between them."""
    return _NUMBER.fullmatch(text) is not None


def _without_accents(text: str) -> str:
    return _NOT_ASCII.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    letters = unicodedata.normalize("NFKD", found[0])
    return unicodedata.normalize("NFC", "".join(one for one in letters if not unicodedata.combining(one)))


def _spelled_out(text: str) -> str:
    if text.isascii():
        return text.lower()
    return fold(unicodedata.normalize("NFC", text).casefold().translate(_LONG))


def _codes(text: str) -> Iterator[str]:
    """Numbers and codes in the lines of a text without what separates their parts."""
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
    """The digits of a number as the index has them, with and without country code."""
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
