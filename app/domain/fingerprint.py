"""Canonical event data, and fingerprints that find equal contacts and equal triggers.

A fingerprint is a 64-bit number, so that its index stays small for a million attempts. Two different values share one
with a probability of 1 in 10^19; the only consequence is a needless warning.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b

from app.domain.model import JsonObject, TriggerRequest

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ASCII_LOWER = str.maketrans(_UPPER, _UPPER.lower())
_ASCII_CASE_IGNORED = "3"
_EXACT_WHOLE = 2**53


def normalize(key_id: str, value: str) -> str:
    """The value in the form used for comparison: lower case (ASCII) for field 3, unchanged for other fields."""
    if key_id != _ASCII_CASE_IGNORED:
        return value
    return value.lower() if value.isascii() else value.translate(_ASCII_LOWER)


def canonical_json(data: JsonObject | None) -> str:
    """Event data as JSON with sorted keys and the shortest form of each number; '' for None and `{}`."""
    return json.dumps(_plain(data), sort_keys=True, separators=(",", ":")) if data else ""


def contact_fingerprint(account: str, key_id: str, external_id: str) -> int:
    """The fingerprint of a contact key: equal for all attempts on an account with this key field and value."""
    return _mark(account, key_id, normalize(key_id, external_id))


def request_fingerprint(account: str, request: TriggerRequest, data: str) -> int:
    """The fingerprint of account, event, contact key and `data`, which is in the form of `canonical_json`."""
    value = normalize(request.key_id, request.external_id)
    return _mark(account, request.key_id, value, request.event_id, data)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_WHOLE:
        return int(value)
    return value


def _mark(*parts: str) -> int:
    digest = blake2b(digest_size=8)
    for part in parts:
        text = part.encode("utf-8", "replace")
        digest.update(len(text).to_bytes(8, "big") + text)
    return int.from_bytes(digest.digest(), "big", signed=True)
