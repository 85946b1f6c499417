"""What people type to find a contact, taken from the contacts themselves, and who has it, found without an index."""

import csv
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

FOUND = 50
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
OFTEN = ("example", "fairweather", "imogen", "moreau", "7700", "nowa", "mail", "saint", "zoe")
RARE = ("yaqtqki23wgn", "fairweather12", "c-99", "900123", "loki")
TOGETHER = ("zhang imogen", "fairweather c-9", "zoe mail 7700")

ELSEWHERE = (
    "first_name:ex",
    "city:example",
    "email:7700",
    "email:44",
    "last_name:c",
    "customer_number:a",
    "id:7700",
)
"""What very many contacts have, but few or none at the beginning of the field that is asked."""

_NAMED = {
    "first_name": "1",
    "last_name": "2",
    "email": "3",
    "city": "11",
    "customer_number": "10142",
    "id": "id",
}
_PICKED = 25


def picked(file: Path) -> list[Mapping[str, str]]:
    """Some contacts from all through an account folder's file, by column."""
    size = file.stat().st_size
    chance = random.Random(7)  # noqa: S311 - repeatable, no secret
    with file.open(encoding="utf-8", newline="") as lines:
        columns = next(csv.reader([lines.readline()]))
        found = []
        for _ in range(_PICKED):
            lines.seek(int(size * 0.999 * chance.random()) // 2 * 2)
            lines.buffer.readline()
            found.append(lines.buffer.readline().decode())
    return [dict(zip(columns, row, strict=True)) for row in csv.reader(found)]


def one_word(contacts: Sequence[Mapping[str, str]]) -> list[str]:
    """Every beginning of every word of some contacts, as it is being typed, and of words that very many have."""
    words = {word for contact in contacts for value in contact.values() for word in value.split()}
    return sorted({word[:end] for word in {*words, *OFTEN, *RARE} for end in range(1, len(word) + 1)})


def in_one_field(contacts: Sequence[Mapping[str, str]]) -> list[str]:
    """`field:value`, the value being typed; also words that very many contacts have, but not in that field."""
    asked = [
        f"{name}:{word[:end]}"
        for contact in contacts[:10]
        for name, key in _NAMED.items()
        for word in contact[key].split()[:1]
        for end in range(1, len(word) + 1)
    ]
    often = (f"{name}:{word[:end]}" for name in _NAMED for word in OFTEN for end in range(1, len(word) + 1))
    return sorted({*asked, *often, *ELSEWHERE})


def several_words(contacts: Sequence[Mapping[str, str]]) -> list[str]:
    """Words of one contact, in both orders, and very frequent ones that seldom meet."""
    together = [
        text
        for contact in contacts
        for first, last, city in [(contact["1"], contact["2"], contact["11"])]
        for text in (f"{first} {last}", f"{last[:3]} {first[:2]}", f"{first} {city} {last}", f"{city} {last}")
    ]
    return sorted({*together, *(f"{one} {other}" for one in OFTEN for other in OFTEN if one < other)})


def hostile() -> list[str]:
    """What may be typed or pasted too: very many words, words that never meet, phrases, operators, ten thousand letters."""
    letters = list(LETTERS)
    chance = random.Random(5)  # noqa: S311 - repeatable, no secret
    mixed = [" ".join(chance.sample(letters, count)) for count in (2, 3, 7, 16) for _ in range(25)]
    apart = [f"{name}:{one} {other}" for name in _NAMED for one in OFTEN for other in ("9", "com", "example")]
    both = [f"{one}:e {other}:9" for one in _NAMED for other in _NAMED if one != other]
    phrases = [
        "com.example",
        "saint-m",
        "c-9",
        "a.b.c.d",
        "e.c",
        "-e-",
        '"',
        "*",
        "a OR b",
        "NEAR(a b)",
        ":a",
        "email:",
    ]
    pasted = [
        (text * 10_000)[:10_000]
        for text in ("x", "a ", "é", "imogen ", "example.com ", "example.com/", '"', "@")
    ]
    return [*mixed, " ".join(letters), *apart, *both, *phrases, *pasted]


def who_has(file: Path, searches: Sequence[str]) -> dict[str, list[str]]:
    """The ids of the first contacts in which every word of a search begins some word, or its field, by a plain scan."""
    found: dict[str, list[str]] = {search: [] for search in searches}
    for row in _rows(file):
        text = _plain("\n".join(row.values()))
        for search, ids in found.items():
            if len(ids) < FOUND and all(_has(row, text, word) for word in search.split()):
                ids.append(row["id"])
        if all(len(ids) == FOUND for ids in found.values()):
            break
    return found


def _rows(file: Path) -> Iterator[Mapping[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _has(row: Mapping[str, str], text: str, word: str) -> bool:
    name, colon, value = word.rpartition(":")
    if colon:
        return value in text and row[_NAMED[name]].lower().startswith(value)
    forms = {value, value.replace("-", "")}  # a number is found without its hyphens, and the other way round
    return any(form in text and re.search(rf"(?<![^\W_]){re.escape(form)}", text) for form in forms)
