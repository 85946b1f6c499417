"""Account folders of any size: the built-in account plus invented people, determined by the seed."""

import csv
import os
import random
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from app.sandbox.accounts.folder import CONTACTS, EVENTS, FIELDS, Progress, open_contacts, read_fields

UNUSED_ID = 999_999
"""The contact id that the built-in account never has: it produces reply 2012."""

_STEP = 5000

# fmt: off
_FIRST = (
    "Imogen", "Łukasz", "Sakura", "Ελένη", "Björn", "Astrid", "Chidi", "Amara", "Yūki", "Noor", "Freya",
    "Сергій", "María", "José", "François", "Ana", "Zoë", "Ingrid", "Tomáš", "Aylin", "Mei", "Rahul",
    "Ольга", "Søren", "Grace", "Oliver", "Ruth", "Idris", "Petra", "Jonas", "Lerato", "Kofi", "Hana",
    "Léa", "Marek", "Nadia",
)
_SURNAMES = (
    "Fairweather", "Źrebiński", "Hoshimi", "Παπαδοπούλου", "Ångström", "Okafor", "Tanaka", "Haddad",
    "Müller", "García", "Lefèvre", "Costa", "Jansen", "Novák", "Yılmaz", "Zhang", "Sharma", "Шевченко",
    "Østergaard", "Whitlock", "Brennan", "Mensah", "Dvořáková", "Petit", "Kowalska", "Aziz", "Moreau",
    "Lindqvist", "Byrne",
)
# fmt: on
_CITIES = (
    "Ashcombe Vale",
    "Nowa Brzezina",
    "Άγιος Λέανδρος",
    "青葉野市",
    "Saint-Vérin",
    "Kirschental",
    "Puerto Sereno",
)
_HOSTS = ("example.com", "mail.example.com", "post.example.com", "shop.example.com")
_WITHOUT_MARKS = str.maketrans({"ø": "o", "ł": "l", "ı": "i"})
_UID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB"


def write_demo_folder(folder: Path, sample: Path, contacts: int, seed: int, progress: Progress) -> None:
    """Writes an account folder of `contacts` contacts, those of the sample among them.

    Calls `progress` with (contacts written, contacts in all). Replaces an earlier folder only when complete.
    Raises OSError.
    """
    making = folder.with_name(f"{folder.name}.{os.urandom(4).hex()}.making")
    making.mkdir(parents=True, mode=0o700)
    try:
        for name in (EVENTS, FIELDS):
            shutil.copyfile(sample / name, making / name)
        _write_contacts(making / CONTACTS, sample, contacts, seed, progress)
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def sample_size(sample: Path) -> int:
    """The number of contacts in the sample, with which every demo account begins."""
    with open_contacts(sample / CONTACTS, read_fields(sample)) as own:
        return sum(len(chunk) for chunk in own.chunks(lambda *_: None))


def _write_contacts(file: Path, sample: Path, contacts: int, seed: int, progress: Progress) -> None:
    with (
        open_contacts(sample / CONTACTS, read_fields(sample)) as own,
        file.open("w", encoding="utf-8", newline="") as target,
    ):
        written = csv.writer(target)
        written.writerow(["id", "uid", *own.columns])
        count = highest = 0
        for chunk in own.chunks(lambda *_: None):
            written.writerows(chunk)
            count += len(chunk)
            highest = max([highest, *(int(row[0]) for row in chunk)])
        invented = _people(own.columns, highest + 1, seed)
        while count < contacts:
            some = min(_STEP, contacts - count)
            written.writerows(next(invented) for _ in range(some))
            count += some
            progress(count, contacts)


def _people(columns: tuple[str, ...], first: int, seed: int) -> Iterator[list[str]]:
    """Endless rows for these columns, by ascending id; each has six values."""
    chance = random.Random(seed)  # noqa: S311 - repeatable data, no secret
    number = first
    while True:
        if number != UNUSED_ID:
            given = _person(number, chance.getrandbits(96))
            yield [str(number), _uid(number, chance), *(given.get(column, "") for column in columns)]
        number += 1


def _person(number: int, bits: int) -> dict[str, str]:
    bits, first = divmod(bits, len(_FIRST))
    bits, last = divmod(bits, len(_SURNAMES))
    bits, city = divmod(bits, len(_CITIES))
    bits, host = divmod(bits, len(_HOSTS))
    # Ofcom reserves these numbers for drama. Two people may share one.
    bits, phone = divmod(bits, 100_000)
    return {
        "1": _FIRST[first],
        "2": _SURNAMES[last],
        "3": f"{_letters(_FIRST[first])}.{_letters(_SURNAMES[last])}{number}@{_HOSTS[host]}",
        "11": _CITIES[city],
        "37": f"+44 7700 9{phone:05}",
        "10142": f"C-{10_000 + number}",
    }


def _letters(name: str) -> str:
    """A name for an e-mail address: Latin letters without accents, or `kontakt` if it has none."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_WITHOUT_MARKS))
    return "".join(letter for letter in plain if "a" <= letter <= "z") or "kontakt"


def _uid(number: int, chance: random.Random) -> str:
    bits = chance.getrandbits(42)
    start = "".join(_UID[bits >> shift & 63] for shift in range(0, 42, 6))
    return f"{start}{number:x}"
