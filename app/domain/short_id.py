"""The short id of an attempt: seven characters to read out over the phone, such as `K7M-2QXT`.

They encode the first 35 bits of the attempt id with 32 digits and letters that nobody confuses (no I, L, O and U). The
probability that two of n attempts share a short id is about n²/2³⁶: 0.15% for 10,000 attempts, 7% for 70,000. Of a
million attempts, any given one shares its short id with a probability of 3 in 100,000. A look-up then finds both.
"""

import re

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
    """The prefixes of the attempt ids that have this short id; () if the text is not a short id.

    Ignores case, blanks and hyphens; reads O as 0, and I and L as 1.
    """
    digits = re.sub(r"[\s\-\u2010-\u2015]+", "", reference).upper()
    if len(digits) != _LENGTH or any(digit not in _VALUE for digit in digits):
        return ()
    bits = 0
    for digit in digits:
        bits = bits << 5 | _VALUE[digit]
    ids = (f"{bits << _UNUSED_BITS | low:09x}" for low in range(1 << _UNUSED_BITS))
    return tuple(f"{text[:8]}-{text[8]}" for text in ids)
