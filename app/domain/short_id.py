"""The short id of an attempt, called its reference: seven characters that can be read out over the telephone, such as `K7M-2QXT`.

They are the first 35 bits of the attempt id, in the 32 digits and letters that are not mistaken for one another (no
I, L, O and U). Two attempts out of n share one with a chance of about n²/2³⁶: 0.15 % for 10,000 attempts, 7 % for
70,000; out of a million, any given one shares its reference with another with a chance of 3 in 100,000. A look-up
then finds both.
"""

import re

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 7
_FIRST_GROUP = 3
_VALUE = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_ATTEMPT_ID = re.compile(r"([0-9a-fA-F]{8})-([0-9a-fA-F])")
_UNUSED_BITS = 1
"""Of the ninth digit of the attempt id: 35 bits are eight digits and three quarters."""


def short_id(attempt_id: str) -> str:
    """The reference of an attempt; the id itself where it is no UUID."""
    found = _ATTEMPT_ID.match(attempt_id)
    if found is None:
        return attempt_id
    bits = int(found[1] + found[2], 16) >> _UNUSED_BITS
    text = "".join(_DIGITS[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{text[:_FIRST_GROUP]}-{text[_FIRST_GROUP:]}"


def id_prefixes(reference: str) -> tuple[str, ...]:
    """How the ids of the attempts with this reference begin; () for a text that is no reference.

    Case, blanks and hyphens do not matter; O is read as 0, I and L as 1.
    """
    digits = re.sub(r"[\s\-\u2010-\u2015]+", "", reference).upper()
    if len(digits) != _LENGTH or any(digit not in _VALUE for digit in digits):
        return ()
    bits = 0
    for digit in digits:
        bits = bits << 5 | _VALUE[digit]
    ids = (f"{bits << _UNUSED_BITS | low:09x}" for low in range(1 << _UNUSED_BITS))
    return tuple(f"{text[:8]}-{text[8]}" for text in ids)
