"""Text for people: harmless to a terminal, numbers and times as people write them, the short ids of attempts."""

import re
import unicodedata
from datetime import datetime

# The parts of emoji sequences; a joiner or variation selector is mere decoration only next to one of these.
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Scripts that ordinarily use joiners: Arabic to Myanmar, Khmer, Mongolian.
_JOINING = "\u0620-\u06dc\u06e5-\u070d\u0710-\u088e\u08a0-\u08e1\u08e3-\u109f\u1780-\u17b3\u1820-\u18aa"

# Terminals disagree on the width of these sequences; without the invisible parts they all agree.
_DECORATION = (
    f"(?<=[{_EMOJI}])[\ufe0e\ufe0f]"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    f"|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
)

# Controls, format characters, line separators, lone surrogates, blank letters, variation selectors, tags.
_UNSAFE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

HIDDEN = f"{_UNSAFE}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\U0001d159"
"""Every character, for a class of a regular expression, that shows nothing or looks like a space, but the space."""

_SURROGATE = "[\ud800-\udfff]"
_FOUND = f"(?P<decoration>{_DECORATION})|[{_UNSAFE}]"
_LONGEST_REPLACEMENT = len("⟨U+E0FFF⟩")
_TAB_WIDTH = 4
_MAY_BE_MARKS = "[\u0903-\u1cff\u302e\u302f\ua800-\uabff\U00011000-\U0001d1ff]"


def sanitize(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters; longer text ends in an ellipsis.

    A control character becomes its picture (a line feed `␊`, an escape `␛`); any other character that is invisible or
    changes the writing direction becomes its number (`⟨U+202E⟩`). The invisible parts of emoji, and joiners in the words
    of scripts that use them, are removed.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = re.sub(_FOUND, _visible, text[:limit])
    if len(text) > limit or len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def spacing_marks(text: str) -> int:
    """The number of spacing vowel signs, of which terminals disagree whether they take a cell."""
    if not re.search(_MAY_BE_MARKS, text):
        return 0
    return sum(unicodedata.category(character) == "Mc" for character in text)


def has_surrogates(text: str) -> bool:
    return not text.isascii() and re.search(_SURROGATE, text) is not None


def replace_surrogates(text: str) -> str:
    return re.sub(_SURROGATE, "\ufffd", text) if has_surrogates(text) else text


def sanitize_block(text: str, limit: int = 65536) -> str:
    """At most `limit` characters, sanitized, line ends kept, tabs expanded; a last line counts what is left out."""
    kept = len(text[:limit])
    shown = _block(text[:kept])
    if len(shown) > limit:
        kept = limit // _LONGEST_REPLACEMENT
        shown = _block(text[:kept])
    left_out = len(text) - kept
    return f"{shown}\n… {left_out:,} more characters are not shown" if left_out else shown


def _block(text: str) -> str:
    plain = text.replace("\r\n", "\n").expandtabs(_TAB_WIDTH)
    return "\n".join(re.sub(_FOUND, _visible, line) for line in plain.split("\n"))


def _visible(found: re.Match[str]) -> str:
    if found.lastgroup == "decoration":
        return ""
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


# Numbers and times


def whole_number(text: str | None) -> int | None:
    """The number in a text of at most 15 digits, from a header or a query; None for anything else."""
    stripped = (text or "").strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 16 else None


def count(number: int, word: str) -> str:
    """`1 event`, `1,000 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def percent(number: float, total: float) -> str:
    """A share in whole percent; `<1%` and `>99%` instead of a rounded 0% or 100%."""
    share = 100 * number / total
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{share:.0f}%"


def duration(seconds: float) -> str:
    """A rounded length of time, such as `45 seconds`, `1 minute`, `6 minutes` or `28 days`; ignores the sign."""
    length = abs(seconds)
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if length >= 2 * size or length == size:
            return count(round(length / size), unit)
    return count(round(length), "second")


def elapsed(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def is_today(moment: datetime, now: datetime) -> bool:
    return moment.astimezone().date() == now.astimezone().date()


def clock(moment: datetime, now: datetime) -> str:
    return f"{moment.astimezone():{'%H:%M:%S' if is_today(moment, now) else '%d %b %H:%M'}}"


def minute(moment: datetime, now: datetime) -> str:
    return f"{moment.astimezone():{'%H:%M' if is_today(moment, now) else '%d %b %H:%M'}}"


def age(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"


# Short ids, such as `K7M-2QXT`: the first 35 bits of the attempt id in digits and letters that nobody confuses.
# Of a million attempts, any given one shares its short id with a probability of 3 in 100,000; a look-up finds both.


_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 7
_FIRST_GROUP = 3
_VALUE = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_ATTEMPT_ID = re.compile(r"([0-9a-fA-F]{8})-([0-9a-fA-F])")
_UNUSED_BITS = 1
"""Unused bits of the ninth digit of the attempt id: 35 bits are eight digits and three quarters."""


def short_id(attempt_id: str) -> str:
    """The short id of an attempt, or the id itself if it is not a UUID."""
    found = _ATTEMPT_ID.match(attempt_id)
    if found is None:
        return attempt_id
    bits = int(found[1] + found[2], 16) >> _UNUSED_BITS
    text = "".join(_DIGITS[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{text[:_FIRST_GROUP]}-{text[_FIRST_GROUP:]}"


def id_prefixes(reference: str) -> tuple[str, ...]:
    """The prefixes of the attempt ids with this short id, in which O is 0, and I and L are 1; () if it is none."""
    digits = re.sub(r"[\s\-\u2010-\u2015]+", "", reference).upper()
    if len(digits) != _LENGTH or any(digit not in _VALUE for digit in digits):
        return ()
    bits = 0
    for digit in digits:
        bits = bits << 5 | _VALUE[digit]
    ids = (f"{bits << _UNUSED_BITS | low:09x}" for low in range(1 << _UNUSED_BITS))
    return tuple(f"{text[:8]}-{text[8]}" for text in ids)
